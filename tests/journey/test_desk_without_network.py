"""A machine whose network is cut: sync from a stick, ten codes, ten right verdicts (`make codes`).

What the page must say stands in `samples.codes.cases`, written by hand; the walk is `cut_off`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from samples.codes.cases import TEN, find_case
from samples.demo.teller import find_isolation
from tests.journey.cut_off import IN_VIEW, ROOT

TONES = {
    "good": "good", "challenge": "good",
    "revoked": "stop", "expired": "stop", "forged": "stop", "unknown": "stop", "foreign": "stop",
    "screenshot": "again", "print": "again", "damaged": "again",
}  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was read on the page of a desk in a namespace without a network."""
    command = [sys.executable, "-m", "tests.journey.cut_off", str(tmp_path_factory.mktemp("desk"))]
    done = subprocess.run(
        [*find_isolation(), *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_there_is_no_network(told: dict[str, Any]) -> None:
    if find_isolation():  # some systems permit no network namespace: then it runs as it is
        assert told["interfaces"] == ["lo"]
        assert told["reached"] is False


def test_the_stick_brings_what_was_revoked_since_yesterday(told: dict[str, Any]) -> None:
    assert (told["before"]["code"], told["before"]["word"]) == ("VALID", "VALID")
    assert told["sync"]["changed"]
    assert [name.rpartition(".")[2] for name in told["sync"]["files"]] == ["delta"]
    assert told["sync"]["bytes"] < 2000
    assert told["en"]["revoked"]["word"] == "REVOKED"


def test_the_camera_reads_each_code_in_indonesian(told: dict[str, Any]) -> None:
    said = {(one["code"], one["word"]) for one in told["camera"]}
    for key in IN_VIEW:
        case = find_case(key)
        assert case is not None
        assert (case.code, case.word["id"]) in said


@pytest.mark.parametrize("key", [case.key for case in TEN])
def test_each_of_ten_codes_gets_its_verdict_in_english(told: dict[str, Any], key: str) -> None:
    case, read = find_case(key), told["en"][key]
    assert case is not None
    assert (read["code"], read["word"], read["tone"]) == (case.code, case.word["en"], TONES[key])
    assert read["icon"] == f"#icon-{read['tone']}"
    assert read["next"]
    assert read["short"]


def test_the_answer_to_the_challenge_and_the_damaged_code_are_told_in_indonesian(
    told: dict[str, Any],
) -> None:
    assert told["id"]["damaged"]["word"] == "TIDAK TERBACA"
    assert told["id"]["challenge"]["word"] == "SAH"
    assert "ponsel ini menjawab tantangan" in told["id"]["challenge"]["facts"]
    assert "this phone answered the challenge" in told["en"]["challenge"]["facts"]
