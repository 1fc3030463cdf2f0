"""A desk over real HTTP: verdicts, what comes again, challenges, bundles, clocks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from credentials.presentation import Challenge, parse_challenge
from samples.vectors_world import CARD, HOUR, KYC, NOW
from tests.verifier.conftest import bundle_bytes
from tests.verifier.desk.desk_pc import DeskPc, arrange, running_desk, terminal, vectors
from verifier.codes import Code
from verifier.desk.short_codes import SHORT_CODES
from verifier.policy import load_policy, parse_policy
from verifier.words import Language, Words

VECTORS = vectors()
HOUSE = Path(__file__).parents[3]


def policy_with(**changes: Any) -> Any:
    """The default policy with members changed."""
    file = HOUSE / "verifier" / "policies" / "default.json"
    return parse_policy(json.dumps({**json.loads(file.read_text("utf-8")), **changes}).encode())


@pytest.mark.parametrize("code", [str(code) for code in Code])
def test_every_verdict_is_told_with_its_short_code_in_both_languages(
    lasting_pc: DeskPc, code: str
) -> None:
    vector, folder = VECTORS[code]
    languages: tuple[Language, ...] = ("id", "en")
    for language in languages:
        arrange(lasting_pc, vector, folder)
        told = lasting_pc.check(vector["text"], Cookie=f"desk_language={language}")
        assert (told["word"], told["next"]) == (
            Words(language).word(code),
            Words(language).next_step(code),
        )
    assert (told["code"], told["short"]) == (code, SHORT_CODES[code])
    assert told["accepted"] is vector["expect"]["valid"]
    assert (told["tone"] in {"good", "care"}) is told["accepted"]


def test_short_codes_name_the_check_and_are_different() -> None:
    assert len(set(SHORT_CODES.values())) == len(SHORT_CODES)
    for code in Code:
        assert SHORT_CODES[code].split("-")[0] == str(code.step)


def test_the_guide_lists_every_short_code() -> None:
    guide = (HOUSE / "docs" / "verifier.md").read_text("utf-8")
    rows = [line for line in guide.splitlines() if line.startswith("|")]
    missing = [
        code
        for code, short in SHORT_CODES.items()
        if not any(f"`{code}`" in row and re.search(rf" {short}[ ,]", row) for row in rows)
    ]
    assert missing == []


def test_only_what_the_policy_shows_reaches_the_page(pc: DeskPc) -> None:
    pc.desk.terminal = terminal(pc.time, policy="age-check")
    shown = pc.check(CARD.but(profile="age").shown())
    assert [name for name, _, _ in shown["claims"]] == ["age_over"]
    assert shown["portrait"]
    assert "ZAINAL" not in json.dumps(shown)


def test_a_village_is_told_by_its_names(pc: DeskPc) -> None:
    claims = {name: value for name, _, value in pc.check(CARD.shown())["claims"]}
    assert claims["village_code"].startswith("GROGOL, GROGOL PETAMBURAN, KOTA ADMINISTRASI")


def test_the_missing_field_is_named_in_the_language_of_the_page(pc: DeskPc) -> None:
    vector, folder = VECTORS["FIELD_MISSING"]
    arrange(pc, vector, folder)
    facts = pc.check(vector["text"], Cookie="desk_language=en")["facts"]
    assert ["Detail", "Portrait"] in facts


def test_the_same_card_again_is_pointed_out_for_ten_minutes(pc: DeskPc) -> None:
    assert pc.check(CARD.shown(at=NOW))["code"] == "VALID"
    pc.time.pass_by(180)
    again = pc.check(CARD.shown(at=NOW + 180))
    assert (again["code"], again["tone"], again["accepted"]) == ("SEEN_AGAIN", "care", True)
    assert again["word"] == "SUDAH DIPERIKSA 3 MENIT LALU"
    pc.time.pass_by(600)
    assert pc.check(CARD.shown(at=NOW + 780))["code"] == "VALID"


def test_another_card_is_not_pointed_out(pc: DeskPc) -> None:
    assert pc.check(CARD.shown())["code"] == "VALID"
    assert pc.check(KYC.shown())["code"] == "VALID"


def test_a_policy_refuses_what_comes_again_or_does_not_look(pc: DeskPc) -> None:
    for again, code, accepted in (
        ({"minutes": 5, "verdict": "refuse"}, "SEEN_AGAIN", False),
        ({"minutes": 0, "verdict": "accept"}, "VALID", True),
    ):
        pc.desk.terminal = terminal(pc.time, policy=policy_with(again=again))
        pc.check(CARD.shown(at=int(pc.time.at)))
        pc.time.pass_by(130)
        told = pc.check(CARD.shown(at=int(pc.time.at)))
        assert (told["code"], told["accepted"]) == (code, accepted)
        pc.time.pass_by(3600)


def test_only_keyed_hashes_are_kept_of_those_accepted(pc: DeskPc) -> None:
    pc.check(CARD.shown())
    kept = pc.desk._passback._accepted
    assert [len(mark) for mark in kept] == [32]
    with running_desk() as other:
        other.check(CARD.shown())
        assert set(other.desk._passback._accepted).isdisjoint(kept)


def test_a_status_of_many_hours_is_said_with_its_age(tmp_path: Path) -> None:
    old = tmp_path / "bundle.cose"
    old.write_bytes(bundle_bytes(status_as_of=NOW - 30 * HOUR, issued_at=NOW - 30 * HOUR))
    with running_desk(bundle=old) as pc:
        told = pc.check(CARD.shown())
        assert (told["code"], told["tone"]) == ("VALID_STATUS_OLD", "care")
        assert told["word"] == "SAH, STATUS BERUMUR 30 JAM"


def asked(pc: DeskPc, body: object = None) -> Challenge:
    answer = pc.post("/challenge", body or {})
    assert answer.status_code == 200
    return parse_challenge(answer.json()["challenge"]["text"])


def test_only_the_answer_is_accepted_while_a_challenge_stands(pc: DeskPc) -> None:
    pc.desk.terminal = terminal(pc.time, policy="bank-high-value")
    assert pc.check(KYC.shown())["code"] == "CHALLENGE_REQUIRED"
    challenge = asked(pc)
    assert challenge.profile == 2
    assert pc.check(KYC.shown(at=NOW - 1))["code"] == "CHALLENGE_MISMATCH"
    assert pc.check("https://example.org")["code"] == "PREFIX_UNKNOWN"
    assert pc.desk.asked is not None
    told = pc.check(KYC.shown(at=NOW, challenge=challenge))
    assert (told["code"], told["accepted"]) == ("VALID", True)
    assert pc.desk.asked is None


def test_an_answer_counts_once_and_not_too_late(pc: DeskPc) -> None:
    challenge = asked(pc, {"profile": "id_card/kyc"})
    answer = KYC.shown(at=NOW, challenge=challenge)
    assert pc.check(answer)["code"] == "VALID"
    assert pc.check(answer)["code"] == "CHALLENGE_UNEXPECTED"
    late = asked(pc, {"profile": "id_card/kyc"})
    pc.time.pass_by(121)
    assert pc.check(KYC.shown(at=NOW, challenge=late))["code"] == "CHALLENGE_EXPIRED"


def test_a_print_answers_no_challenge_even_where_prints_are_accepted(pc: DeskPc) -> None:
    possession = {"challenge": "optional", "challenge_seconds": 120, "print": "accept"}
    pc.desk.terminal = terminal(pc.time, policy=policy_with(possession=possession))
    printed = CARD.but(holder=None).printed()
    assert pc.check(printed)["accepted"] is True
    asked(pc)
    told = pc.check(printed)
    assert (told["code"], told["accepted"]) == ("CHALLENGE_MISMATCH", False)


def test_a_challenge_can_be_taken_off_and_asks_only_what_the_policy_accepts(pc: DeskPc) -> None:
    pc.desk.terminal = terminal(pc.time, policy="age-check")
    assert [one.key for one in pc.desk.choices()] == ["id_card/age"]
    assert pc.post("/challenge", {"profile": "id_card/full"}).status_code == 400
    asked(pc)
    assert pc.post("/challenge/end", {}).json()["challenge"] is None
    assert pc.check(CARD.but(profile="age").shown())["code"] == "VALID"


def test_every_challenge_has_its_own_nonce_and_the_desks_audience(pc: DeskPc) -> None:
    first, second = asked(pc), asked(pc)
    assert first.nonce != second.nonce
    assert first.aud == second.aud
    with running_desk(name="Teller 4, Bank Contoh") as other:
        assert asked(other).aud != first.aud


def test_each_check_is_told_once_to_the_turnstile(pc: DeskPc) -> None:
    pc.check(CARD.shown())
    pc.check("nothing")
    assert [(one.number, one.accepted) for one in pc.told] == [(1, True), (2, False)]


def test_a_policy_names_its_mistakes_about_what_comes_again() -> None:
    assert load_policy("default").again == "accept"
    for wrong in ({"minutes": 10}, {"minutes": -1, "verdict": "accept"}, {"minuts": 1}):
        with pytest.raises(Exception, match="again"):
            policy_with(again=wrong)
