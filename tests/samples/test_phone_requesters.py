"""Who asks, why and what would be told: shown before the phone answers a desk (T10, T22, T24)."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import segno

from credentials.jwk import b64url_encode, public_jwk
from credentials.presentation import Challenge, challenge_text, parse_presentation
from credentials.qr_text import from_text
from credentials.relying_party_list import RelyingPartyList
from samples.client_vectors.challenges import BANK, NONCE, PURPOSE, ROOT, known, shown
from samples.client_vectors.statements import NOW
from samples.keys import SampleSigner, sample_pem
from samples.phone.commands import main
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.requesters import fetch, find
from samples.phone.store import Home, State, StoredCredential
from samples.vectors_world import KYC
from tests.samples.scripted_api import Reply, scripted_api

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A phone of the vectors' moment that holds the card a bank asks for, and the list."""
    made = Home(tmp_path / "phone")
    made.save(State("http://nowhere.invalid", "nik", clock_offset=NOW - time.time()))
    made.save_policy({"bundle_root": public_jwk(SampleSigner(ROOT).public_key)})
    times = {"issued_at": "1", "expires_at": "2", "renew_at": "3"}
    card = StoredCredential(
        "a", "id_card", "kyc", 2, "d", None, b64url_encode(KYC.signed()), "key", **times
    )
    made.add_credential(card)
    made.save_holder_key("key", sample_pem("holder"))
    made.save_requesters(known())
    return made


@pytest.fixture
def present(home: Home, capsys: pytest.CaptureFixture[str]) -> Say:
    def say(*words: str, language: str = "id") -> tuple[int, str, str]:
        code = main(["--home", str(home.folder), "--lang", language, "present", *words])
        printed = capsys.readouterr()
        return code, printed.out.strip(), printed.err

    return say


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "id",
            ("Yang bertanya: Bank Nusantara - terdaftar di registri", "Keperluan: Pembukaan",
             "Akan diberitahukan (id_card/kyc): ", "Tanggal Lahir", "(umur 1 hari)"),
        ),
        (
            "en",
            ("Who asks: Bank Nusantara - registered with the registry", "What for: Pembukaan",
             "Will be told (id_card/kyc): ", "Date of birth", "(age in days: 1)"),
        ),
    ],
)  # fmt: skip
def test_the_person_reads_who_asks_why_and_what_is_told(
    present: Say, language: str, words: tuple[str, ...]
) -> None:
    code, answer, told = present("--challenge", shown(), "--yes", language=language)
    assert code == 0
    for one in words:
        assert one in told
    _, data = from_text(answer, prefixes=("ID1:",))
    proof = parse_presentation(data)
    assert (proof.nonce, proof.aud) == (NONCE, BANK.audience)


def test_nothing_is_told_without_a_yes(present: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    assert present("--challenge", shown())[:2] == (1, "")
    for said, code in (("n\n", 1), ("\n", 1), ("ya\n", 0)):
        typed = io.StringIO(said)
        typed.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", typed)
        answered = present("--challenge", shown())
        assert (answered[0], bool(answered[1])) == (code, code == 0)
        assert "Jawab?" in answered[2]


def test_an_unsigned_question_is_answered_after_a_warning_only(present: Say) -> None:
    unsigned = challenge_text(Challenge(NONCE, b"verifier", 2, NOW))
    code, answer, told = present("--challenge", unsigned, "--yes", language="en")
    assert (code, answer[:4]) == (0, "ID1:")
    assert told.startswith("WARNING: who asks is NOT KNOWN")
    assert present("--challenge", unsigned)[0] == 1


def test_a_question_that_claims_too_much_is_refused_in_words(home: Home, present: Say) -> None:
    home.save_requesters(known(BANK.serial))
    code, answer, told = present("--challenge", shown(), "--yes")
    assert (code, answer) == (1, "")
    assert "JANGAN LANJUTKAN. Registri telah mencabut pendaftaran Bank Nusantara." in told
    (home.folder / "relying-parties.cose").unlink()
    assert "requesters" in present("--challenge", shown(), "--yes")[2]


def test_a_challenge_is_scanned_from_a_picture_of_the_screen(present: Say, tmp_path: Path) -> None:
    picture = tmp_path / "screen.png"
    segno.make(shown(), error="m", boost_error=False).save(str(picture), scale=4, border=4)
    assert PURPOSE in present("--scan", str(picture), "--yes")[2]
    segno.make("IDK:ABC").save(str(picture), scale=4)
    assert "screen.png" in present("--scan", str(picture), "--yes")[2]


def fetched(home: Home, data: bytes) -> RelyingPartyList:
    with scripted_api(Reply(body=data)) as api:
        home.save(replace(home.load(), api=api.url))
        return fetch(Phone.open(home))


def test_the_newest_list_is_kept_and_never_an_older_one(home: Home) -> None:
    newer = known(7, version=NOW + 1)
    assert fetched(home, newer).revoked == {7}
    assert fetched(home, known()).revoked == {7}, "an older one changes nothing"
    assert fetched(home, known(8, version=NOW + 2, keys_version=6)).revoked == {7}
    held: Any = find(home)
    assert held.revoked == {7}
    stolen = known(version=1 << 39)  # by a publisher whom the next key set leaves out
    assert fetched(home, stolen).revoked == set()
    assert fetched(home, known(9, version=NOW + 3, keys_version=8)).revoked == {9}


def test_a_list_that_the_pinned_root_did_not_sign_is_not_kept(home: Home) -> None:
    before = home.requesters()
    for wrong in (known(root="thief"), known(publisher="thief"), b"junk"):
        with pytest.raises(PhoneError) as caught:
            fetched(home, wrong)
        assert caught.value.code == "REQUESTERS_UNTRUSTED"
    assert home.requesters() == before
