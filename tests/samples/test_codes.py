"""The prepared codes (`make codes`): each gets the verdict that is written beside it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient

from credentials.presentation import Challenge, challenge_text
from samples.codes.cases import CASES, TEN, Case
from samples.codes.page import create_app
from samples.codes.pictures import code_image, png, write_pictures
from samples.codes.stick import Folder, FolderTaken, prepare
from verifier import MemoryReplay, Refused, load_policy, read_bundle, sight, verify
from verifier.bundle import TrustedBundle
from verifier.roots import load_root
from verifier.scan import scan_bytes
from verifier.state import StateFolder
from verifier.sync import Silent, open_source, synchronise
from verifier.words import Words

NOW = int(time.time())
QUESTION = Challenge(nonce=bytes(16), aud=bytes(8), profile=2, issued_at=NOW)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return prepare(tmp_path_factory.mktemp("codes") / "kit", NOW)


@pytest.fixture
def phone() -> FlaskClient:
    return create_app(NOW, clock=lambda: float(NOW)).test_client()


def verdicts(folder: Folder) -> dict[str, tuple[str, str, str]]:
    """Return code and both headlines of each case, under the terminal's bundle."""
    bundle = read_bundle(folder.terminal / "bundle.cose", root=load_root())
    return {case.key: _verdict(case, bundle) for case in CASES if case.key != "damaged"}


def _verdict(case: Case, bundle: TrustedBundle) -> tuple[str, str, str]:
    text = case.show(NOW, NOW)
    assert text is not None
    at, policy = datetime.fromtimestamp(NOW, UTC), load_policy("default")
    try:
        code = verify(text, bundle=bundle, policy=policy, now=at, replay=MemoryReplay()).code
    except Refused as refused:
        code = refused.code
    return str(code), Words("id").word(code), Words("en").word(code)


def test_each_code_is_what_it_says_before_and_after_the_sync(folder: Folder) -> None:
    before = verdicts(folder)
    source = open_source(str(folder.stick))
    now = datetime.fromtimestamp(NOW, UTC)
    outcome = synchronise(
        source, StateFolder(folder.terminal), root=load_root(), now=now, progress=Silent()
    )
    assert outcome.fetched[0].base is not None  # the delta, not the whole
    after = verdicts(folder)
    assert len(TEN) == 10
    for case in CASES:
        if case.key == "damaged":
            continue
        words = [case.word[language].partition(" (")[0] for language in ("id", "en")]
        assert after[case.key] == (case.code, *words)
        assert (before[case.key] == after[case.key]) is (case.before is None)
    assert before["revoked"][0] == "VALID"


def test_the_torn_code_is_seen_and_not_read() -> None:
    torn = sight.look(np.asarray(code_image(None, module=4)))
    assert (torn.texts, torn.located) == ([], True)


def test_pictures_and_the_table_lie_beside(folder: Folder) -> None:
    write_pictures(folder, NOW)
    names = {path.name for path in folder.codes.iterdir()}
    assert {"02-revoked.png", "07-print.png", "10-damaged.png", "README.md"} <= names
    assert "| REVOKED (before the sync: VALID) |" in (folder.codes / "README.md").read_text("utf-8")


def test_a_folder_of_somebody_else_is_left_alone(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(FolderTaken):
        prepare(tmp_path, NOW)
    assert (tmp_path / "thesis.txt").exists()
    assert prepare(folder.path, NOW).stick.is_dir()


def test_the_phone_answers_what_it_was_asked_by_text_or_picture(phone: FlaskClient) -> None:
    assert phone.get("/codes/challenge.json").get_json() == {"text": "", "svg": ""}
    assert phone.get("/codes/challenge.png").status_code == 404
    question = challenge_text(QUESTION)
    for asked in (question.encode(), png(code_image(question))):
        assert phone.post("/question", data=asked).status_code == 200
        answer = phone.get("/codes/challenge.json").get_json()
        assert answer["text"].startswith("ID1:")
        assert scan_bytes(phone.get("/codes/challenge.png").data) == answer["text"]
        phone.delete("/question")
    for nonsense in (b"", b"IDC:", b"https://example.org", b"\xff", png(code_image("ID1:X"))):
        assert phone.post("/question", data=nonsense).status_code == 422
    assert phone.get("/codes/challenge.json").get_json()["text"] == ""


def test_the_page_has_all_it_needs_and_asks_nobody_else(phone: FlaskClient) -> None:
    told = phone.get("/cases.json").get_json()
    assert [one["key"] for one in told] == [case.key for case in CASES]
    assert all(one["next"]["id"] and one["next"]["en"] for one in told)
    for path in ("/", "/page.css", "/page.js"):
        answer = phone.get(path)
        assert answer.status_code == 200
        assert b"http" not in answer.data
    assert phone.get("/codes/damaged.json").get_json()["svg"].startswith("<svg")
    for path in ("/page.py", "/codes/none.json", "/codes/none.png"):
        assert phone.get(path).status_code == 404
