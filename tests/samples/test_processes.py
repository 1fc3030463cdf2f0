"""Programs that were started are stopped: at the end, on failure, and when we are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from samples.demo import teller
from samples.processes import ProcessFailed, Service, Services, free_port, python

SERVER = """
from http.server import BaseHTTPRequestHandler, HTTPServer
HTTPServer(("127.0.0.1", {port}), BaseHTTPRequestHandler).serve_forever()
"""
SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
PARENT = """
import time
from pathlib import Path
from samples.processes import Services, python
with Services() as services:
    command = python("-c", "import time; time.sleep(60)")
    service = services.start("child", command, {{}}, Path({log!r}))
    print(service.process.pid, flush=True)
    time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    until = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


def started(services: Services, code: str, log: Path) -> Service:
    return services.start("test", python("-c", code), {}, log)


def test_all_are_stopped_when_something_fails(tmp_path: Path) -> None:
    begun: list[Service] = []

    def fail() -> None:
        with Services() as services:
            begun.append(started(services, SLEEP, tmp_path / "log"))
            started(services, "raise SystemExit(1)", tmp_path / "log").wait_done(seconds=10)

    with pytest.raises(ProcessFailed):
        fail()
    assert begun[0].process is not None
    assert begun[0].process.poll() is not None


def test_one_that_ignores_the_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("samples.processes.STOP_SECONDS", 0.3)
    with Services() as services:
        service = started(services, STUBBORN, tmp_path / "log")
        time.sleep(0.3)
    assert service.process is not None
    assert service.process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_children_end_however_the_parent_ends(tmp_path: Path, how: signal.Signals) -> None:
    code = PARENT.format(log=str(tmp_path / "log"))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.send_signal(how)
    parent.wait(10)
    parent.stdout.close()
    assert wait_until_gone(child)


def test_a_program_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    with Services() as services:
        service = started(services, "raise SystemExit('no database')", tmp_path / "log")
        with pytest.raises(ProcessFailed, match="no database"):
            service.wait_ready(f"http://127.0.0.1:{free_port()}/", seconds=10)


def test_a_program_that_never_answers_is_told(tmp_path: Path) -> None:
    with Services() as services:
        service = started(services, SLEEP, tmp_path / "log")
        with pytest.raises(ProcessFailed, match="does not answer"):
            service.wait_ready(f"http://127.0.0.1:{free_port()}/", seconds=0.3)


def test_an_answer_with_an_error_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    with Services() as services:
        service = started(services, SERVER.format(port=port), tmp_path / "log")
        with pytest.raises(ProcessFailed, match="does not answer"):
            service.wait_ready(f"http://127.0.0.1:{port}/", seconds=1)


def ask_terminal(isolation: list[str], *forbid: str) -> subprocess.CompletedProcess[str]:
    """Run the bank's terminal while a server listens on the address that it must not reach."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        command = [*isolation, sys.executable, "-m", "samples.demo.teller", port, *forbid]
        return subprocess.run(
            [*command, "check", "ID1:AAA", "--json"], capture_output=True, text=True, check=False
        )


def test_a_terminal_with_a_network_refuses_to_play_offline() -> None:
    assert ask_terminal([]).returncode == teller.NETWORK_FOUND


def test_a_terminal_with_forbidden_sockets_verifies() -> None:
    done = ask_terminal([], teller.FORBID)
    assert done.returncode == 2, done.stderr
    assert "BUNDLE_NEEDED" in done.stdout


def test_a_terminal_in_a_namespace_verifies_where_there_are_namespaces() -> None:
    isolation = teller.find_isolation()
    done = ask_terminal(isolation, *([] if isolation else [teller.FORBID]))
    assert done.returncode == 2, done.stderr
    assert "BUNDLE_NEEDED" in done.stdout
