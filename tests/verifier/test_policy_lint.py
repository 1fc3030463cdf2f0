"""`policy lint`: whoever edits a policy is told every mistake, where it is and what was meant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credentials.trust import TrustList
from samples.vectors_world import bundles
from tests.verifier.conftest import BUNDLE, Run, bundle_bytes
from verifier.bundle import TrustedBundle, trust_bundle
from verifier.cli import EXIT_UNUSABLE
from verifier.policy import built_in_policies
from verifier.policy.files import policy_bytes
from verifier.policy.lint import lint
from verifier.policy.mistakes import Mistake
from verifier.roots import load_root

RunCommand = Callable[..., Run]
PACKAGE = Path(__file__).parents[2] / "verifier"
TEXTS = json.loads((PACKAGE / "policy" / "texts.json").read_text(encoding="utf-8"))
BAD = """{
  "name": "Branch Office",
  "title": {"id": "Kantor cabang", "en": "Branch office"},
  "accept": [{"type": "id_card", "profile": ["kyc"]}],
  "requird": ["nik"],
  "shown": ["nik", "full name"],
  "freshness": {"past_seconds": 45, "future_seconds": "30"},
  "possession": {"challenge": "requird", "challenge_seconds": 5, "print": "refuse"},
  "status": {"max_age_hours": 24, "warn_age": 12, "unknown": "refuse", "unknown": "accept"}
}
"""


def edited(**changes: Any) -> bytes:
    """The built-in `bank-kyc` as `branch`, no purpose, edited; `a__b` is member b of section a."""
    policy = json.loads(policy_bytes("bank-kyc")) | {"name": "branch"}
    del policy["purpose"]
    for path, value in changes.items():
        *sections, member = path.split("__")
        place = policy
        for section in sections:
            place = place.setdefault(section, {})
        place[member] = value
    return json.dumps(policy).encode()


def test_all_mistakes_are_told_at_once_with_line_member_and_what_was_meant() -> None:
    found = {(one.line, one.place): one for one in lint(BAD.encode()).mistakes}
    assert {place: one.suggestion for (_, place), one in found.items() if one.suggestion} == {
        "accept[0].profile": "profiles",
        "requird": "required",
        "possession.challenge": "required",
        "status.warn_age": "warn_age_hours",
    }
    assert set(found) >= {
        (2, "name"), (4, "accept[0].profile"), (5, "requird"), (6, "shown[1]"),
        (7, "freshness.future_seconds"), (8, "possession.challenge_seconds"),
        (9, "status.unknown"), (9, "status.warn_age_hours"), (None, "required"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "weight", "code", "place"),
    [
        ({"shown": ["nik"]}, "warning", "PORTRAIT_NOT_SHOWN", "shown"),
        ({"shown": ["nik"], "required": ["nik"]}, "warning", "NO_PORTRAIT", "shown"),
        ({"shown": []}, "warning", "SHOWS_NOTHING", "shown"),
        ({"shown": "all"}, "hint", "SHOWS_ALL", "shown"),
        ({}, "hint", "SHOWS_MORE", "shown"),
        ({"name": "airport"}, "warning", "NAME_TAKEN", "name"),
        ({"status__warn_age_hours": 0}, "warning", "WARNS_ALWAYS", "status.warn_age_hours"),
        ({"status__warn_age_hours": 24}, "warning", "WARNS_NEVER", "status.warn_age_hours"),
        ({"status__max_age_hours": 400}, "warning", "OLDER_THAN_BUNDLE", "status.max_age_hours"),
        ({"status__unknown": "accept"}, "warning", "UNKNOWN_ACCEPTED", "status.unknown"),
        (
            {"status__unknown": "accept", "possession__challenge": "required"},
            "warning", "UNKNOWN_WITH_CHALLENGE", "status.unknown",
        ),
        ({"possession__challenge_seconds": 600}, "warning", "CHALLENGE_LONG",
         "possession.challenge_seconds"),
        ({"possession__challenge_seconds": 20}, "warning", "CHALLENGE_SHORT",
         "possession.challenge_seconds"),
        ({"possession__print": "accept"}, "hint", "PRINT_ACCEPTED", "possession.print"),
        (
            {"possession__print": "accept", "required": ["nik"]},
            "warning", "PRINT_WITHOUT_PORTRAIT", "possession.print",
        ),
        ({"possession__print": "accept", "possession__challenge": "required"}, "error",
         "PRINT_WITH_CHALLENGE", "possession.print"),
        ({"freshness__past_seconds": 15}, "warning", "FRESH_SHORT", "freshness.past_seconds"),
        ({"freshness__future_seconds": 0}, "warning", "FUTURE_SHORT", "freshness.future_seconds"),
        ({"freshness__past_seconds": 100}, "error", "FRESHER_THAN_MEMORY", "freshness"),
        ({"again": {"minutes": 0, "verdict": "refuse"}}, "warning", "AGAIN_NEVER", "again.minutes"),
        ({"again": {"minutes": 900, "verdict": "refuse"}}, "warning", "AGAIN_LONG",
         "again.minutes"),
        ({"receipt": {"claims": "shown"}}, "warning", "RECEIPT_WITHOUT_PURPOSE", "receipt.claims"),
        ({"receipt": {"claims": "shown"}, "shown": "all"}, "warning", "RECEIPT_OF_ALL",
         "receipt.claims"),
        ({"receipt": {"claims": "shown"}, "shown": []}, "warning", "RECEIPT_OF_NOTHING",
         "receipt.claims"),
        ({"purpose": {"id": "Membuka rekening tabungan baru", "en": "Account"}}, "warning",
         "PURPOSE_LONG", "purpose.id"),
        ({"accept": [{"type": "idcard"}]}, "error", "TYPE_UNKNOWN", "accept[0].type"),
        ({"accept": [{"type": "id_card", "profiles": ["full", "kcy"]}]}, "error",
         "PROFILE_UNKNOWN", "accept[0].profiles[1]"),
        ({"accept": [{"type": "id_card"}, {"type": "id_card"}]}, "warning", "TYPE_TWICE",
         "accept[1].type"),
        ({"required": ["nik", "potrait"]}, "error", "FIELD_UNKNOWN", "required[1]"),
        ({"shown": ["portrait", "nmae"]}, "error", "FIELD_UNKNOWN", "shown[1]"),
        ({"at_least": {"name": 18}}, "error", "NOT_A_NUMBER", "at_least.name"),
        ({"at_least": {"age_over": 18}}, "error", "NEVER_TOGETHER", "required"),
        ({"required": ["plate"]}, "error", "NEVER_CARRIED", "required[0]"),
        ({"accept": [{"type": "id_card", "profiles": ["kyc", "age"]}]}, "warning",
         "PROFILE_NEVER_FITS", "accept[0].profiles"),
        ({"shown": ["portrait", "plate"]}, "warning", "SHOWN_NEVER", "shown[1]"),
    ],
)  # fmt: skip
def test_what_would_not_do_what_its_author_thinks_is_told(
    bundle: TrustedBundle, changes: dict[str, Any], weight: str, code: str, place: str
) -> None:
    found = {(one.weight, one.code, one.place) for one in lint(edited(**changes), bundle).mistakes}
    assert (weight, code, place) in found


def test_a_type_that_no_issuer_of_the_bundle_may_sign_is_told() -> None:
    keys = tuple(key for key in bundles()["current"].trust.keys if key.may_sign("id_card"))
    keys = tuple(replace(key, document_types=frozenset({"id_card"})) for key in keys)
    lean = trust_bundle(bundle_bytes(trust=TrustList(keys)), root=load_root())
    found = lint(edited(accept=[{"type": "id_card"}, {"type": "tax_number"}]), lean).mistakes
    assert ("NO_ISSUER", "accept[1].type") in {(one.code, one.place) for one in found}


def test_the_built_in_policies_have_neither_errors_nor_warnings(bundle: TrustedBundle) -> None:
    remarks = [
        one for name in built_in_policies() for one in lint(policy_bytes(name), bundle).mistakes
    ]
    assert {one.weight for one in remarks} <= {"hint"}


def test_the_command_speaks_both_languages_and_exits_1(run: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "branch.json"
    file.write_text(BAD, encoding="utf-8")
    done = run("policy", "lint", file, "--bundle", BUNDLE)
    assert done.code == 1
    assert f"{file}:5:3: kesalahan: requird: Anggota tak dikenal" in done.out
    assert 'Mungkin maksudnya "required"?' in done.out
    assert (
        f"{file}:5:3: error: requird: Unknown member"
        in run("policy", "lint", file, "--lang", "en").out
    )
    told = run("policy", "lint", file, "--json").json["files"][0]
    assert (told["usable"], told["errors"]) == (False, len(told["remarks"]))


def test_warnings_end_with_1_only_where_asked(run: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "branch.json"
    file.write_bytes(edited(status__warn_age_hours=0))
    assert run("policy", "lint", file).code == 0
    assert run("policy", "lint", file, "--strict").code == 1


def test_a_desk_with_a_wrong_policy_points_to_lint(run: RunCommand, tmp_path: Path) -> None:
    file = tmp_path / "branch.json"
    file.write_text(BAD, encoding="utf-8")
    for command in (("check", "x"), ("desk",), ("camera",)):
        done = run(*command, "--bundle", BUNDLE, "--policy", file)
        assert done.code == EXIT_UNUSABLE
        assert "policy lint" in done.err


def test_a_built_in_policy_is_shown_as_a_file_to_start_from(run: RunCommand) -> None:
    assert json.loads(run("policy", "show", "airport").out)["name"] == "airport"
    assert "airport" in run("policy", "list").out


def test_every_remark_has_words_in_both_languages_with_the_same_places() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8") for file in (PACKAGE / "policy").glob("*.py")
    )
    used = set(re.findall(r'"([A-Z]{2,}(?:_[A-Z0-9]+)*)"', sources))
    assert set(TEXTS["mistakes"]) <= used
    for part in TEXTS.values():
        for name, texts in part.items():
            places = [set(re.findall(r"{(\w+)}", texts[language])) for language in ("id", "en")]
            assert places[0] == places[1], name
    assert Mistake("ACCEPT_EMPTY", "accept").text("id").startswith("Kosong")
