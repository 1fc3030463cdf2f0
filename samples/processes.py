"""Starting the product's programs as real processes, and stopping every one of them again.

Used by the demo and by `make run`. A process started here ends with us, whatever happens: on a
normal end, on Ctrl-C, on a failure, and (on Linux) even when we are killed outright.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
LAST_LINES = 25
STOP_SECONDS = 12.0
PR_SET_PDEATHSIG = 1


class ProcessFailed(Exception):
    """A program ended or never answered. The text holds its last log lines."""


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def python(*arguments: str) -> list[str]:
    """Return the command that runs this environment's Python."""
    return [sys.executable, *arguments]


def run_command(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> str:
    """Run a short command to its end; return its output. ProcessFailed with the error text."""
    done = subprocess.run(
        arguments, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False
    )
    with log.open("a", encoding="utf-8") as file:
        file.write(done.stderr)
    if done.returncode:
        command = " ".join(arguments[1:6])
        raise ProcessFailed(f"{command} … ended with {done.returncode}\n{_tail(done.stderr)}")
    return done.stdout


@dataclass(slots=True)
class Service:
    """One running program; its output goes to `log`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it in its own process group."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - we start no threads
            )

    def check(self) -> None:
        """Raise ProcessFailed when it has ended."""
        if self.process is None or self.process.poll() is not None:
            raise ProcessFailed(f"{self.name} has stopped. {self.last_lines()}")

    def wait_ready(self, url: str, *, seconds: float = 30) -> None:
        """Wait until `url` answers 200; ProcessFailed when it does not."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.check()
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                urllib.request.urlopen(url, timeout=2) as answer,
            ):
                if answer.status == 200:
                    return
            time.sleep(0.05)
        raise ProcessFailed(f"{self.name} does not answer at {url}. {self.last_lines()}")

    def wait_done(self, *, seconds: float = 60) -> None:
        """Wait until it ended by itself, well; ProcessFailed otherwise."""
        if self.process is None or self.process.wait(seconds):
            raise ProcessFailed(f"{self.name} failed. {self.last_lines()}")

    def last_lines(self) -> str:
        """Return the end of its log."""
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return f"Last lines of {self.log}:\n{_tail(text)}"

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the program (gunicorn and the worker stop their children themselves)."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def stop(self, until: float) -> None:
        """Wait for the end until `until` (monotonic), then kill whatever is left of the group."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Services:
    """Everything that was started; as a context manager, nothing survives it."""

    def __init__(self) -> None:
        """Start with none."""
        self.running: list[Service] = []

    def __enter__(self) -> Self:
        """Let SIGTERM and SIGINT end us normally, so that the services end as well.

        A shell starts background programs with SIGINT ignored; `kill -INT` shall work there too.
        """
        signal.signal(signal.SIGTERM, _raise_exit)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop all, in the reverse order."""
        self.stop()

    def start(
        self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path
    ) -> Service:
        """Start a program and remember it."""
        service = Service(name, command, env, log)
        self.running.append(service)
        service.start()
        return service

    def check(self) -> None:
        """Raise ProcessFailed when any of them has ended."""
        for service in self.running:
            service.check()

    def stop(self) -> None:
        """Stop all together; a second Ctrl-C does not leave any behind."""
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        for service in reversed(self.running):
            service.ask_to_stop()
        until = time.monotonic() + STOP_SECONDS
        for service in reversed(self.running):
            service.stop(until)
        self.running.clear()
        signal.signal(signal.SIGINT, previous)


def _end_with_parent() -> None:
    """Ask Linux to send us SIGTERM when the parent dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _raise_exit(_signal: int, _frame: object) -> None:
    raise SystemExit(143)


def _tail(text: str) -> str:
    return "\n".join("  | " + line for line in text.splitlines()[-LAST_LINES:])
