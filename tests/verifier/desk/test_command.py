"""`python -m verifier desk` as it is started at a counter, in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
import requests

from samples.vectors_world import CARD
from tests.verifier.conftest import BUNDLE, Run
from tests.verifier.desk.attacks import noise

ROOT = Path(__file__).parents[3]
ROOT_FLAGS = ("--bundle", str(BUNDLE), "--port", "0")


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def one(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "verifier", "desk", *ROOT_FLAGS, *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
        running.append(process)
        return process

    yield one
    for process in running:
        process.kill()
        process.communicate()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def test_a_turnstile_reads_one_line_of_json_for_each_check(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start("--json-lines", "--gate", "--policy", "airport")
    opened: dict[str, Any] = json.loads(line(process.stdout))
    address = opened["desk"]
    assert opened["development_trust"] is True
    page = requests.get(address, timeout=20).text
    assert 'data-gate="yes"' in page
    token = page.split('name="token" content="')[1].split('"')[0]
    for text in (CARD.shown(), "https://example.org"):
        requests.post(
            f"{address}checks",
            json={"text": text, "source": "text"},
            headers={"Desk-Token": token},
            timeout=20,
        )
    first, second = json.loads(line(process.stdout)), json.loads(line(process.stdout))
    assert (first["number"], second["number"]) == (1, 2)
    assert {"accepted", "code", "help_code", "tone", "bundle_version", "policy"} <= set(first)
    assert "portrait" not in first
    assert (second["accepted"], second["code"], second["help_code"]) == (
        False,
        "PREFIX_UNKNOWN",
        "1-2",
    )
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_a_desk_tells_its_address_and_ends_with_an_interrupt(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start("--lang", "en", "--name", "Gate 4")
    assert "DEVELOPMENT TRUST" in line(process.stdout)
    told = line(process.stdout)
    assert told.startswith("Checking desk: http://127.0.0.1:")
    assert "Gate 4" in requests.get(told.split()[2], timeout=20).text
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_a_desk_that_is_ended_in_the_middle_of_a_hard_picture_ends_well(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start("--json-lines")
    address: str = json.loads(line(process.stdout))["desk"]
    token = requests.get(address, timeout=20).text.split('name="token" content="')[1].split('"')[0]
    headers = {"Desk-Token": token, "Content-Type": "image/jpeg"}
    for _ in range(6):  # the closest look waits until it is held still
        requests.post(f"{address}frames", data=noise(), headers=headers, timeout=20)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--policy", "default"), "BUNDLE_NEEDED"),
        (("--bundle", str(BUNDLE), "--policy", "none"), "POLICY_NOT_FOUND"),
        (("--bundle", str(BUNDLE), "--port", "99999"), "USAGE"),
        (("--bundle", str(ROOT / "README.md")), "BUNDLE_FORMAT"),
    ],
)
def test_what_keeps_a_desk_closed_is_said(
    run: Callable[..., Run], arguments: tuple[str, ...], code: str
) -> None:
    done = run("desk", *arguments)
    assert done.code == 2
    assert code in done.err
