"""The command line as a teller's script meets it: exit codes, JSON, no tracebacks."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
import segno
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credentials.presentation import challenge_text
from samples.keys import public_pem
from samples.vectors_world import CARD, CHALLENGE, DAY, KYC, NOW, portrait
from tests.verifier.conftest import AT, BUNDLE, ISO, VECTORS, Run, bundle_bytes
from verifier.bundle import TrustedBundle
from verifier.cli import main
from verifier.roots import load_root
from verifier.words import Words

RunCommand = Callable[..., Run]
TEXT = CARD.shown()
ROOT = Path(__file__).parents[2]


def test_a_valid_text_exits_0_and_prints_all_members(run: RunCommand) -> None:
    done = run("check", TEXT, "--bundle", BUNDLE, "--now", ISO, "--json")
    assert done.code == 0
    assert done.json.keys() >= {
        "valid", "code", "authentic", "possession", "status", "status_as_of", "claims", "portrait",
    }  # fmt: skip
    assert (done.json["valid"], done.json["code"]) == (True, "VALID")
    assert done.json["status_as_of"] == "2026-11-23T04:00:00Z"
    assert done.json["claims"]["nik"] == "3173021001989574"
    written = Path(done.json["portrait"])
    assert written.read_bytes() == portrait()
    written.unlink()


def test_a_text_that_is_not_valid_exits_1_with_its_facts(run: RunCommand) -> None:
    old = CARD.shown(at=NOW - 120)
    done = run("check", old, "--bundle", BUNDLE, "--now", ISO, "--json")
    assert done.code == 1
    assert (done.json["code"], done.json["authentic"]) == ("NOT_FRESH", True)
    assert done.json["portrait"] is None


def test_people_read_indonesian_first(run: RunCommand) -> None:
    done = run("check", TEXT, "--bundle", BUNDLE, "--now", ISO)
    assert "SAH" in done.out
    assert "KEPERCAYAAN PENGEMBANGAN" in done.out
    assert "ZAINAL ROHIM" in done.out
    assert "KTP" in done.out
    assert "GROGOL, GROGOL PETAMBURAN, KOTA ADMINISTRASI JAKARTA BARAT" in done.out
    assert "\x1b[" not in done.out


def test_people_read_english_on_request(run: RunCommand) -> None:
    done = run("check", TEXT, "--bundle", BUNDLE, "--now", ISO, "--lang", "en")
    assert "VALID" in done.out
    assert "DEVELOPMENT TRUST" in done.out
    assert "as of 2026-11-23 04:00 UTC, 60 min old" in done.out


def test_an_old_status_is_told_in_the_headline(run: RunCommand) -> None:
    later = (AT + timedelta(hours=40)).isoformat()
    fresh = CARD.shown(at=NOW + 40 * 3600)
    done = run("check", fresh, "--bundle", BUNDLE, "--now", later, "--lang", "en")
    assert done.code == 0
    assert "VALID, STATUS 41 h OLD" in done.out


def test_the_policy_decides_what_is_shown(run: RunCommand) -> None:
    done = run("check", KYC.shown(), "--bundle", BUNDLE, "--now", ISO, "--policy", "airport")
    assert done.code == 1
    assert "3173021001989574" not in done.out


def test_the_answer_to_a_challenge_is_checked(run: RunCommand) -> None:
    asked, text = challenge_text(CHALLENGE), KYC.shown(challenge=CHALLENGE)
    arguments = ("check", text, "--bundle", BUNDLE, "--now", ISO, "--policy", "bank-high-value")
    assert run(*arguments, "--challenge", asked).code == 0
    assert run(*arguments).code == 1
    assert run(*arguments, "--challenge", "IDC:XYZ").code == 2


def test_the_portrait_goes_where_it_is_asked_to(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "face.webp"
    done = run("check", TEXT, "--bundle", BUNDLE, "--now", ISO, "--portrait", path)
    assert done.code == 0
    assert path.read_bytes() == portrait()


def test_a_text_comes_from_a_file_or_from_standard_input(
    run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scan.txt"
    path.write_text(TEXT + "\r\n", encoding="ascii")
    assert run("check", path, "--bundle", BUNDLE, "--now", ISO).code == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode() + b"\n")))
    assert run("check", "-", "--bundle", BUNDLE, "--now", ISO).code == 0


def test_a_picture_is_read(run: RunCommand, tmp_path: Path) -> None:
    path = tmp_path / "card.png"
    segno.make(TEXT, error="L", boost_error=False).save(path, scale=4)
    done = run("check", path, "--bundle", BUNDLE, "--now", ISO, "--json")
    assert (done.code, done.json["code"]) == (0, "VALID")
    Path(done.json["portrait"]).unlink()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "USAGE"),
        (["check"], "USAGE"),
        (["check", TEXT], "BUNDLE_NEEDED"),
        (["check", TEXT, "--bundle", "no-such-file"], "BUNDLE_NOT_FOUND"),
        (["check", TEXT, "--bundle", str(ROOT / "README.md")], "BUNDLE_"),
        (["check", TEXT, "--bundle", str(BUNDLE), "--now", "yesterday"], "TIME_INVALID"),
        (["check", TEXT, "--bundle", str(BUNDLE), "--now", "2026-11-23T05:00:00"], "TIME_INVALID"),
        (["check", TEXT, "--bundle", str(BUNDLE), "--policy", "bnak"], "POLICY_NOT_FOUND"),
        (["check", TEXT, "--bundle", str(BUNDLE), "--root", "no-such-file"], "ROOT_NOT_FOUND"),
        (["check", "no-such-card.png", "--bundle", str(BUNDLE)], "INPUT_NOT_FOUND"),
        (["check", ".", "--bundle", str(BUNDLE)], "INPUT_NOT_FOUND"),
        (["check", str(BUNDLE), "--bundle", str(BUNDLE)], "INPUT_"),
        (["bundle", "show", "no-such-file"], "BUNDLE_NOT_FOUND"),
        (["camera", "--bundle", str(BUNDLE), "--device", "no-such.avi"], "CAMERA_NOT_FOUND"),
    ],
)
def test_unusable_input_exits_2_and_names_itself(
    arguments: list[str], code: str, run: RunCommand
) -> None:
    done = run(*arguments)
    assert done.code == 2
    assert code in done.err
    assert "Traceback" not in done.err


def test_unusable_input_is_json_as_well(run: RunCommand) -> None:
    done = run("check", TEXT, "--bundle", "no-such-file", "--json")
    assert done.code == 2
    assert (done.json["valid"], done.json["code"]) == (False, "BUNDLE_NOT_FOUND")


def test_a_rolled_back_bundle_is_refused_once_a_newer_one_was_seen(
    run: RunCommand, tmp_path: Path
) -> None:
    old, state = tmp_path / "old.cose", tmp_path / "state"
    old.write_bytes(bundle_bytes(version=11))
    assert run("bundle", "install", BUNDLE, "--state", state, "--now", ISO).code == 0
    for command in (
        ("check", TEXT, "--bundle", old, "--state", state, "--now", ISO),
        ("bundle", "install", old, "--state", state, "--now", ISO),
    ):
        done = run(*command)
        assert done.code == 2
        assert "BUNDLE_ROLLED_BACK" in done.err
    assert run("check", TEXT, "--state", state, "--now", ISO).code == 0


def test_trying_a_time_never_writes_state(run: RunCommand, tmp_path: Path) -> None:
    state = tmp_path / "state"
    arguments = ("check", TEXT, "--bundle", BUNDLE, "--state", state, "--now", ISO)
    assert [run(*arguments).code for _ in range(2)] == [0, 0]
    assert not state.exists()


def test_with_state_the_second_showing_is_a_replay_even_in_another_process(tmp_path: Path) -> None:
    """No --now here: the real clock, so the bundle and the card are of this moment."""
    from datetime import UTC, datetime

    now = int(datetime.now(UTC).timestamp())
    path, state = tmp_path / "now.cose", tmp_path / "state"
    path.write_bytes(bundle_bytes(issued_at=now - 60, status_as_of=now - 60, expires_at=now + DAY))
    card = CARD.but(issued_at=now - 60, expires_at=now + DAY, signer="issuer-population")
    arguments = ["check", card.shown(at=now), "--bundle", str(path), "--state", str(state)]
    codes = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "verifier", *arguments, "--json", "--portrait", tmp_path / "p"],
            capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        codes.append((done.returncode, json.loads(done.stdout)["code"]))
    assert codes == [(0, "VALID"), (1, "REPLAYED")]
    kept = json.loads((state / "state.json").read_text(encoding="utf-8"))
    assert kept.pop("root_in_force") == load_root().fingerprint
    assert kept == {"bundle_version": 12, "clock_floor": now - 60, "key_set_version": 12}


def test_a_bundle_is_shown_with_its_age_and_keys(run: RunCommand) -> None:
    done = run("bundle", "show", BUNDLE, "--now", ISO, "--lang", "en")
    assert done.code == 0
    assert "DEVELOPMENT TRUST" in done.out
    assert "version 12" in done.out
    assert "Ditjen Dukcapil (contoh)" in done.out


def test_an_expired_bundle_is_shown_and_exits_1(run: RunCommand) -> None:
    done = run("bundle", "show", VECTORS / "bundles" / "expired.cose", "--now", ISO, "--json")
    assert (done.code, done.json["expired"]) == (1, True)


def test_the_pinned_root_may_be_named(run: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(public_pem("root"))
    (tmp_path / "other.pem").write_bytes(public_pem("issuer-tax"))
    arguments = ("check", TEXT, "--bundle", BUNDLE, "--now", ISO, "--root")
    assert run(*arguments, tmp_path / "root.pem").code == 0
    done = run(*arguments, tmp_path / "other.pem")
    assert done.code == 2
    assert "BUNDLE_SIGNATURE" in done.err


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60).filter(lambda text: not text.startswith("-")))
def test_any_text_gets_a_verdict_or_a_name_never_a_traceback(text: str) -> None:
    assert main(["check", text, "--bundle", str(BUNDLE), "--now", ISO, "--json"]) in {1, 2}


def test_control_characters_of_a_credential_never_reach_the_terminal() -> None:
    from verifier.report import _shown

    assert "\x1b" not in _shown("A\x1b[2J\u202eB")


def test_a_date_is_written_with_its_month_in_words() -> None:
    born = date(1998, 10, 1)
    assert [Words("id").day(born), Words("en").day(born)] == ["1 Oktober 1998", "1 October 1998"]


def test_the_members_of_a_family_stand_in_lines_in_the_catalogues_words(
    bundle: TrustedBundle,
) -> None:
    from verifier.report import claim_rows

    members = [
        {"name": "SITI", "sex": "F", "birth_date": "1998-10-01"},
        {"name": "ADI", "birth_date": "2021-02-28"},
    ]
    rows = claim_rows(bundle, "family_card", {"members": members}, Words("en"))
    assert rows == [("Family members", "SITI · Female · 1 October 1998\nADI · 28 February 2021")]
