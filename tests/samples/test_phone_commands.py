"""The phone as a command: what it says when something is missing, and what it keeps."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from credentials.jwk import b64url_encode
from credentials.presentation import parse_presentation
from credentials.qr_text import from_text
from samples.keys import sample_pem
from samples.phone.commands import main
from samples.phone.errors import PhoneError
from samples.phone.messages import TEXTS
from samples.phone.outbox import codes_from_outbox
from samples.phone.screens import STEPS, WORDS
from samples.phone.store import Home, State, StoredCredential
from tests.samples.scripted_api import Reply, scripted_api

NIK = "3171011708909316"
PERSON = ["--nik", NIK, "--email", "budi.9316@example.org", "--phone", "+6286910000001"]
POLICY = {
    "server_time": "2026-11-23T05:00:00Z",
    "consent_version": "1",
    "platforms": {"android": {"supported": True}},
    "pin": {"length": 6, "blocked": [], "rules": ["no_sequence"]},
    "face": {"prompts": 5, "frame_max_bytes": 100},
    "kiosk_ca": "PEM",
}


def status_answer(**changes: object) -> dict[str, object]:
    return {
        "enrolment": "enr_1",
        "state": "STARTED",
        "next": {"step": "contact", "deadline_at": None},
        "poll_seconds": 1,
        "contact": {"email_masked": "b***@example.org", "phone_masked": "+62***01"},
        "face": {"outcome": None, "attempts_left": 3, "reasons": [], "notes": []},
        "activation": None,
        "wallet": None,
        "notice": None,
        "warnings": [],
        **changes,
    }


def enrolled(folder: Path) -> Home:
    """Enrol a phone against a scripted API."""
    started, seen = status_answer(), status_answer()
    with scripted_api(Reply(body=POLICY), Reply(202, started), Reply(body=seen)) as api:
        assert main(["--home", str(folder), "--api", api.url, "enrol", *PERSON]) == 0
    return Home(folder)


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    home = enrolled(tmp_path / "phone")
    home.save_pin_salt(b"s" * 32)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in home.folder.rglob("*") if file.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(home.folder.stat().st_mode) == 0o700


def test_enrolling_prints_the_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enrolled(tmp_path / "phone")
    said = capsys.readouterr().out
    assert "b***@example.org" in said
    assert "contact" in said


def test_a_phone_enrols_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    enrolled(tmp_path / "phone")
    assert main(["--home", str(tmp_path / "phone"), "enrol", *PERSON]) == 1
    assert "--home lain" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["status"],
        ["contact", "--sms-code", "123456"],
        ["pin", "--pin", "270391"],
        ["scan", "--text", "IDK:ABC"],
        ["receive", "--pin", "270391"],
        ["cards"],
        ["present"],
        ["renew"],
        ["cancel"],
    ],
)
@pytest.mark.parametrize(("language", "words"), [("id", "Belum ada"), ("en", "No enrolment")])
def test_before_enrolling_every_command_says_how_to_begin(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    language: str,
    words: str,
) -> None:
    assert main(["--home", str(tmp_path / "none"), "--lang", language, *command]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["face"], "--camera"),
        (["face", "--folder", "nowhere"], "nowhere"),
        (["face", "--camera", "nowhere.avi"], "nowhere.avi"),
        (["contact"], "--email-code"),
        (["pin", "--pin", "123456"], "berurutan"),
        (["pin"], "--pin"),
        (["scan", "--image", "nowhere.png"], "nowhere.png"),
        (["scan", "--text", "https://example.org"], "JANGAN LANJUTKAN"),
        (["receive", "--pin", "270391"], "belum aktif"),
        (["present"], "id_card/full"),
        (["present", "--challenge", "IDC:???"], "Tantangan"),
    ],
)
def test_what_is_missing_is_told_before_any_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], words: str
) -> None:
    home = enrolled(tmp_path / "phone")
    reached = [Reply(body=status_answer())] if command[0] == "receive" else []
    with scripted_api(*reached) as api:
        arguments = ["--home", str(home.folder), "--api", api.url, *command]
        assert main(arguments) == 1
    assert words in capsys.readouterr().err


def test_a_server_that_is_away_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted_api() as api:
        address = api.url
    assert main(["--home", str(tmp_path / "p"), "--api", address, "enrol", *PERSON]) == 1
    assert address in capsys.readouterr().err


def test_codes_are_read_from_the_newest_messages(tmp_path: Path) -> None:
    messages = [
        ("email", "a@example.org", "Kode: 111111", 1),
        ("email", "a@example.org", "Kode: 222222", 2),
        ("sms", "+62869", "kode 333333 berlaku 5 menit", 3),
        ("sms", "+62000", "kode 444444", 4),
    ]
    for channel, to, text, number in messages:
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps({"channel": channel, "to": to, "text": text}))
    codes = codes_from_outbox(tmp_path, email="a@example.org", number="+62869")
    assert codes == {"email_code": "222222", "sms_code": "333333"}


def test_an_empty_outbox_is_told(tmp_path: Path) -> None:
    with pytest.raises(PhoneError) as told:
        codes_from_outbox(tmp_path, email="a@example.org", number="+62869")
    assert told.value.code == "NO_CODE_IN_OUTBOX"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"api": 1}', '{"unknown": 1}'])
def test_a_damaged_home_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    (tmp_path / "phone.json").write_text(content)
    assert main(["--home", str(tmp_path), "--lang", "en", "status"]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sample_presentation: str
) -> None:
    home = enrolled(tmp_path / "phone")
    _, data = from_text(sample_presentation, prefixes=("ID1:",))
    credential = b64url_encode(parse_presentation(data).credential.raw)
    home.add_credential(replace(stored("a", "key"), credential=credential))
    home.save_holder_key("key", sample_pem("holder"))
    (tmp_path / "file").write_text("in the way")
    place = str(tmp_path / "file" / "card.png")
    assert main(["--home", str(home.folder), "present", "--card", place]) == 1
    assert "file" in capsys.readouterr().err


def stored(name: str, jkt: str) -> StoredCredential:
    times = {"issued_at": "1", "expires_at": "2", "renew_at": "3"}
    return StoredCredential(
        name, "id_card", "full", 1, "d", None, credential="AA", holder_jkt=jkt, **times
    )


def test_holder_keys_go_when_their_last_credential_goes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for jkt in ("old", "new"):
        home.save_holder_key(jkt, b"pem")
    for name, jkt in (("a", "old"), ("b", "old"), ("c", "new")):
        home.add_credential(stored(name, jkt))
    home.remove_credential("a")
    home.drop_unused_holder_keys()
    assert sorted(file.stem for file in (tmp_path / "holder").iterdir()) == ["new", "old"]
    home.remove_credential("b")
    home.remove_credential("b")
    home.drop_unused_holder_keys()
    assert [file.stem for file in (tmp_path / "holder").iterdir()] == ["new"]


def test_a_half_written_file_never_replaces_a_good_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.save(State(api="http://a", nik=NIK))
    (tmp_path / "phone.json.new").write_text("{half")
    assert home.load().nik == NIK


@pytest.mark.parametrize("table", [TEXTS, STEPS, WORDS], ids=["texts", "steps", "words"])
def test_every_text_exists_in_both_languages_with_the_same_places(
    table: dict[str, tuple[str, str]],
) -> None:
    for code, (indonesian, english) in table.items():
        places = [
            sorted(part.split("}")[0] for part in text.split("{")[1:])
            for text in (indonesian, english)
        ]
        assert places[0] == places[1], code
        assert indonesian
        assert english
