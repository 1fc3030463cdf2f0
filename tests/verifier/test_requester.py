"""A desk's own key and certificate: made, certified, renewed, used (T10)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from credentials.relying_party_request import parse_request, verify_renewal, verify_request
from samples.keys import SampleSigner
from samples.vectors_world import KYC, NOW
from tests.verifier.asking import BANK, asking_bundle, certified, requester
from tests.verifier.conftest import AT, ISO, Run
from tests.verifier.desk.desk_pc import SetClock, terminal
from verifier.desk.command import _requester
from verifier.requester import RequesterError, load_requester

DIALOGUE = Callable[..., Run]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "asking"


@pytest.fixture
def trusted(tmp_path: Path) -> Path:
    file = tmp_path / "bundle.cose"
    file.write_bytes(asking_bundle())
    return file


def test_a_desk_makes_its_key_and_gets_a_certificate_for_it(
    run: DIALOGUE, home: Path, trusted: Path
) -> None:
    told = run("requester", "init", "--home", home, "--code", "a-code", "--now", ISO, "--json")
    request = Path(told.json["request"])
    asked = verify_request(parse_request(request.read_bytes()))
    assert (asked.code, asked.made_at) == ("a-code", NOW)
    assert run("requester", "show", "--home", home).code == 2
    installed = run(
        "requester", "install", certified(request), "--home", home, "--bundle", trusted,
        "--now", ISO, "--json",
    )  # fmt: skip
    assert installed.code == 0
    assert (installed.json["name"], installed.json["key"]) == (BANK, told.json["key"])
    assert installed.json["trusted"] is True
    shown = run("requester", "show", "--home", home, "--bundle", trusted, "--now", ISO)
    assert BANK in shown.out
    assert "id_card/full, id_card/kyc" in shown.out
    [key] = home.glob("key-*.pem")
    assert key.stat().st_mode & 0o077 == 0
    again = run("requester", "init", "--home", home, "--code", "b")
    assert (again.code, "REQUESTER_EXISTS" in again.err) == (2, True)


def test_a_renewal_takes_over_when_its_certificate_is_there(run: DIALOGUE, home: Path) -> None:
    before = requester(home)
    told = run("requester", "renew", "--home", home, "--json")
    request = Path(told.json["request"])
    asked = verify_request(parse_request(request.read_bytes()))
    assert verify_renewal(asked, before.held.public_key) == before.held.serial
    run("requester", "install", home / "certificate.cose", "--home", home)
    assert load_requester(home).signer.kid == before.signer.kid, "until the new one is certified"
    assert run("requester", "install", certified(request), "--home", home).code == 0
    assert load_requester(home).signer.kid != before.signer.kid
    assert len(list(home.glob("key-*.pem"))) == 1


def test_what_phones_would_refuse_is_told_before(
    run: DIALOGUE, home: Path, trusted: Path, tmp_path: Path
) -> None:
    requester(home, by=SampleSigner("thief"))
    requester(tmp_path / "good")
    late = (AT + timedelta(days=366)).isoformat()
    for folder, moment, code in (
        (home, ISO, "REQUESTER_UNTRUSTED"),
        (tmp_path / "good", late, "REQUESTER_EXPIRED"),
    ):
        told = run("requester", "show", "--home", folder, "--bundle", trusted, "--now", moment)
        assert (told.code, told.err.partition(":")[0]) == (2, code)


def test_a_certificate_of_another_key_or_none_is_not_installed(
    run: DIALOGUE, home: Path, tmp_path: Path
) -> None:
    requester(tmp_path / "other")
    foreign = tmp_path / "other" / "certificate.cose"
    junk = tmp_path / "junk"
    junk.write_bytes(b"\x84junk")
    run("requester", "init", "--home", home, "--code", "c")
    for file, code in (
        (foreign, "REQUESTER_OTHER_KEY"),
        (junk, "REQUESTER_CERTIFICATE"),
        (tmp_path / "nowhere", "REQUESTER_NO_CERTIFICATE"),
    ):
        told = run("requester", "install", file, "--home", home)
        assert (told.code, told.err.partition(":")[0]) == (2, code)


def test_a_desk_starts_only_with_what_it_can_sign(home: Path, trusted: Path) -> None:
    requester(home, name="B" * 32, profiles=(1, 2, 3, 4))
    one = terminal(SetClock(), policy="bank-high-value", bundle=trusted)
    options = Namespace(requester=str(home), purpose="Penarikan tunai besar")
    found = _requester(options, one)
    assert found is not None
    assert found.held.name == "B" * 32
    with pytest.raises(RequesterError, match="REQUESTER_PURPOSE"):
        _requester(Namespace(requester=str(home), purpose="x" * 65), one)
    with pytest.raises(RequesterError, match="REQUESTER_UNTRUSTED"):
        _requester(options, terminal(SetClock(), policy="bank-high-value"))
    assert _requester(Namespace(requester=None, purpose=""), one) is None


def test_an_answer_to_a_signed_challenge_is_checked_from_the_command_line(
    run: DIALOGUE, home: Path, trusted: Path
) -> None:
    challenge, text = requester(home).ask(2, purpose="Pembukaan rekening", at=NOW - 20)
    answer = KYC.shown(challenge=challenge)
    terms = ("--bundle", trusted, "--now", ISO, "--policy", "bank-high-value")
    assert run("check", answer, *terms, "--challenge", text).code == 0
    other = requester(home.with_name("other"), serial=12)
    _, another = other.ask(2, purpose="Pembukaan rekening", at=NOW - 20)
    assert run("check", answer, *terms, "--challenge", another).code == 1
