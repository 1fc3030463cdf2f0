"""Policies an institution edits: what they demand, and what they say of a mistake."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.errors import PolicyError
from verifier.policy import built_in_policies, load_policy, parse_policy

GOOD: dict[str, Any] = {
    "name": "branch-office",
    "title": {"id": "Kantor cabang", "en": "Branch office"},
    "accept": [{"type": "id_card", "profiles": ["kyc", "full"]}, {"type": "tax_number"}],
    "required": ["nik", "portrait"],
    "shown": ["nik", "full_name", "portrait"],
    "freshness": {"past_seconds": 45, "future_seconds": 30},
    "possession": {"challenge": "optional", "challenge_seconds": 120, "print": "refuse"},
    "status": {"max_age_hours": 24, "warn_age_hours": 12, "unknown": "refuse"},
}


def bent(**changes: object) -> bytes:
    """The good policy with members changed; `a__b` names member b of section a."""
    policy = json.loads(json.dumps(GOOD))
    for path, value in changes.items():
        *sections, member = path.split("__")
        place = policy
        for section in sections:
            place = place[section]
        if value is ...:
            del place[member]
        else:
            place[member] = value
    return json.dumps(policy).encode()


def test_a_good_policy_says_what_it_says() -> None:
    policy = parse_policy(bent())
    assert policy.name == "branch-office"
    assert policy.fresh_past == timedelta(seconds=45)
    assert policy.status_max_age == timedelta(hours=24)
    assert policy.accepts("id_card", "kyc")
    assert not policy.accepts("id_card", "age")
    assert policy.accepts("tax_number", "whatever it is called")
    assert not policy.accepts("family_card", "full")
    assert policy.shows("portrait")
    assert not policy.shows("religion")


def test_all_means_every_document_and_every_field() -> None:
    policy = parse_policy(bent(accept="all", shown="all"))
    assert policy.accepts("family_card", "full")
    assert policy.shows("religion")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"nmae": "x"}, "nmae"),
        ({"name": ...}, "name"),
        ({"name": "Bank KYC"}, "name"),
        ({"name": 7}, "name"),
        ({"title": "Bank"}, "title"),
        ({"title": {"id": "Bank"}}, "title"),
        ({"accept": []}, "accept"),
        ({"accept": ["id_card"]}, "accept[0]"),
        ({"accept": [{"type": "ID card"}]}, "accept[0].type"),
        ({"accept": [{"type": "id_card", "profiles": []}]}, "accept[0].profiles"),
        ({"accept": [{"type": "id_card", "profile": ["kyc"]}]}, "accept[0].profile"),
        ({"required": "nik"}, "required"),
        ({"required": ["nik", "nik"]}, "required[1]"),
        ({"required": ["NIK"]}, "required[0]"),
        ({"shown": "everything"}, "shown"),
        ({"freshness": None}, "freshness"),
        ({"freshness__past_seconds": 0}, "freshness.past_seconds"),
        ({"freshness__past_seconds": 45.5}, "freshness.past_seconds"),
        ({"freshness__past_seconds": True}, "freshness.past_seconds"),
        ({"freshness__future_seconds": 301}, "freshness.future_seconds"),
        ({"possession__challenge": "always"}, "possession.challenge"),
        ({"possession__print": "maybe"}, "possession.print"),
        ({"possession__challenge_seconds": 5}, "possession.challenge_seconds"),
        ({"status__unknown": "good"}, "status.unknown"),
        ({"status__max_age_hours": 721}, "status.max_age_hours"),
        ({"status__warn_age_hours": 25}, "status.warn_age_hours"),
        ({"possession__challenge": "required", "possession__print": "accept"}, "possession.print"),
        ({"freshness__past_seconds": 91}, "freshness"),  # longer than an accepted code is known
        ({"purpose": {"id": "Rekening"}}, "purpose"),
        ({"purpose": {"id": "Rekening", "en": "x" * 81}}, "purpose"),
        ({"receipt": {"claims": "all"}}, "receipt.claims"),
        ({"receipt": {}}, "receipt.claims"),
    ],
)
def test_a_mistake_is_named_with_its_place(changes: dict[str, object], place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(bent(**changes))
    assert caught.value.code == "POLICY_INVALID"
    assert caught.value.detail.startswith(f"{place}: ")


def test_a_member_written_twice_is_a_mistake() -> None:
    with pytest.raises(PolicyError, match="written twice"):
        parse_policy(b'{"name": "a", "name": "b"}')


def test_a_slip_in_the_json_is_named_by_line() -> None:
    with pytest.raises(PolicyError, match="line 2, column"):
        parse_policy(b'{"name": "a",\n}')


@pytest.mark.parametrize("data", [b"[]", b"\xff\xfe", b"[" * 50_000, b"nul", b" " * 70_000])
def test_what_is_no_policy_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(PolicyError):
        parse_policy(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_policy_or_the_one_error(data: bytes) -> None:
    with pytest.raises(PolicyError):
        parse_policy(data)


@given(st.sampled_from(sorted(GOOD)), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
))  # fmt: skip
def test_any_value_of_any_member_gives_a_policy_or_the_one_error(
    member: str, value: object
) -> None:
    try:
        policy = parse_policy(bent(**{member: value}))
    except PolicyError:
        return
    assert policy.name


def test_the_built_in_policies_load_under_their_own_names() -> None:
    names = built_in_policies()
    assert set(names) >= {"default", "bank-kyc", "airport", "age-check"}
    assert [load_policy(name).name for name in names] == list(names)


def test_no_built_in_policy_takes_an_unknown_status_or_a_print_unsaid() -> None:
    """Accepting either is an institution's own decision, in its own file."""
    policies = [load_policy(name) for name in built_in_policies()]
    assert {policy.status_unknown for policy in policies} == {"refuse"}
    assert {policy.print_form for policy in policies} == {"refuse"}


def test_a_policy_is_loaded_from_a_file_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "branch.json"
    path.write_bytes(b"\xef\xbb\xbf" + bent())
    assert load_policy(path).name == "branch-office"


def test_an_unknown_policy_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(PolicyError, match="bank-kyc") as caught:
        load_policy("bank-kcy")
    assert caught.value.code == "POLICY_NOT_FOUND"


@pytest.mark.parametrize("path", [".", "a\0b"])
def test_what_cannot_be_read_is_no_traceback(path: str) -> None:
    with pytest.raises(PolicyError):
        load_policy(path)


def test_what_for_and_what_a_receipt_holds_may_be_said() -> None:
    plain = parse_policy(bent())
    assert plain.purpose is None
    assert plain.receipt_claims == "none"
    purpose = {"id": "Membuka rekening", "en": "Opening an account"}
    policy = parse_policy(bent(purpose=purpose, receipt={"claims": "shown"}))
    assert policy.purpose == purpose
    assert policy.receipt_claims == "shown"


def test_a_policys_digest_is_of_what_it_says_not_of_how_it_is_written() -> None:
    spaced = json.dumps(dict(reversed(GOOD.items())), indent=4).encode()
    digest = parse_policy(bent()).digest
    assert len(digest) == 32
    assert parse_policy(spaced).digest == digest
    assert parse_policy(bent(name="another")).digest != digest
