"""Policies: what an institution accepts, as a JSON file that it edits itself.

A policy decides what the checks mean for one desk: which documents, which fields must be there
and which may be shown, how fresh a proof, how old a status list, what an unknown status means,
whether a print will do. It can never switch a check of authenticity off. The loader is strict: a
misspelt member is a mistake somebody would rely on, so it is named instead of ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NoReturn, cast

from verifier.errors import PolicyError

MAX_POLICY_BYTES = 65536
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PROFILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")

Choice = Literal["accept", "refuse"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted document type; no profiles named means all of them."""

    document_type: str
    profiles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """A loaded policy. Durations are timedeltas; field and profile names are the catalogue's.

    `accept` empty means every document type; `shown` None means every field of the credential.
    `required` may name "portrait"; `at_least` maps number fields to the least accepted value.
    `again` is what a desk makes of a credential that it accepted less than `again_within` ago.
    """

    name: str
    title: Mapping[str, str]
    accept: tuple[Accepted, ...]
    required: tuple[str, ...]
    at_least: Mapping[str, int]
    shown: frozenset[str] | None
    fresh_past: timedelta
    fresh_future: timedelta
    challenge_life: timedelta
    challenge_required: bool
    print_form: Choice
    status_max_age: timedelta
    status_warn_age: timedelta
    status_unknown: Choice
    again_within: timedelta = timedelta(minutes=10)
    again: Choice = "accept"

    def accepts(self, document_type: str, profile: str) -> bool:
        """Tell whether this desk takes such a document in such a profile."""
        if not self.accept:
            return True
        return any(
            one.document_type == document_type and (not one.profiles or profile in one.profiles)
            for one in self.accept
        )

    def shows(self, field: str) -> bool:
        """Tell whether this desk may see a field (the portrait is one)."""
        return self.shown is None or field in self.shown

    def choose(self, claims: Mapping[str, object]) -> dict[str, object]:
        """Return the claims this desk may see."""
        if self.shown is None:
            return dict(claims)
        return {name: value for name, value in claims.items() if name in self.shown}


def built_in_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with the package."""
    folder = resources.files("verifier") / "policies"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".json")))


def load_policy(name_or_path: str | Path) -> Policy:
    """Load a policy by built-in name (`default`, `bank-kyc` …) or from a JSON file.

    Raises PolicyError: POLICY_NOT_FOUND, POLICY_UNREADABLE, POLICY_INVALID (with the member).
    """
    text = str(name_or_path)
    if _NAME.fullmatch(text) and text in built_in_policies():
        return parse_policy(
            (resources.files("verifier") / "policies" / f"{text}.json").read_bytes()
        )
    path = Path(name_or_path)
    try:
        if path.stat().st_size > MAX_POLICY_BYTES:
            raise PolicyError("POLICY_UNREADABLE", "larger than 64 KiB")
        data = path.read_bytes()
    except FileNotFoundError:
        choices = ", ".join(built_in_policies())
        raise PolicyError("POLICY_NOT_FOUND", f"no such file; built in: {choices}") from None
    except (OSError, ValueError):
        raise PolicyError("POLICY_UNREADABLE", "cannot read the file") from None
    return parse_policy(data)


def parse_policy(data: bytes) -> Policy:
    """Parse a policy file; PolicyError("POLICY_INVALID", "member: what is expected")."""
    root = _Members("", _load_json(data))
    status = root.section("status", {"max_age_hours", "warn_age_hours", "unknown"})
    fresh = root.section("freshness", {"past_seconds", "future_seconds"})
    possession = root.section("possession", {"challenge", "challenge_seconds", "print"})
    again = root.section_or_none("again", {"minutes", "verdict"})
    root.allow_only(_TOP_LEVEL)
    policy = Policy(
        name=root.name("name"),
        title=root.title("title"),
        accept=root.accepted("accept"),
        required=tuple(root.fields("required")),
        at_least=root.minimums("at_least"),
        shown=root.fields_or_all("shown"),
        fresh_past=fresh.duration("past_seconds", 1, 1, 600),
        fresh_future=fresh.duration("future_seconds", 1, 0, 300),
        challenge_life=possession.duration("challenge_seconds", 1, 10, 3600),
        challenge_required=possession.one_of("challenge", ("optional", "required")) == "required",
        print_form=possession.choice("print"),
        status_max_age=status.duration("max_age_hours", 3600, 1, 24 * 30),
        status_warn_age=status.duration("warn_age_hours", 3600, 0, 24 * 30),
        status_unknown=status.choice("unknown"),
        **({} if again is None else _again(again)),
    )
    _check_whole(policy)
    return policy


_TOP_LEVEL = {
    "name", "title", "accept", "required", "at_least", "shown", "freshness", "status", "possession",
    "again",
}  # fmt: skip


def _again(section: _Members) -> dict[str, Any]:
    within = section.duration("minutes", 60, 0, 24 * 60)
    return {"again_within": within, "again": section.choice("verdict")}


def _check_whole(policy: Policy) -> None:
    """Mistakes that no single member shows."""
    if policy.challenge_required and policy.print_form == "accept":
        _fail("possession.print", "a print cannot answer a challenge: refuse it")
    if policy.status_warn_age > policy.status_max_age:
        _fail("status.warn_age_hours", "must not exceed max_age_hours")


def _load_json(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_POLICY_BYTES:
        raise PolicyError("POLICY_UNREADABLE", "larger than 64 KiB")
    try:
        value = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as problem:
        _fail(f"line {problem.lineno}, column {problem.colno}", "not JSON")
    except (UnicodeDecodeError, RecursionError):
        _fail("file", "not JSON in UTF-8")
    if not isinstance(value, dict):
        _fail("file", "must be a JSON object")
    return cast("dict[str, Any]", value)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _fail("file", "a member is written twice")
    return members


def _fail(place: str, expected: str) -> NoReturn:
    raise PolicyError("POLICY_INVALID", f"{place}: {expected}")


class _Members:
    """Typed reading of one JSON object; every mistake is named with its path."""

    def __init__(self, path: str, members: dict[str, Any]) -> None:
        self._path = path
        self._members = members

    def _place(self, member: str) -> str:
        return f"{self._path}.{member}" if self._path else member

    def _get(self, member: str, kind: type, expected: str) -> Any:
        if member not in self._members:
            _fail(self._place(member), f"missing; must be {expected}")
        value = self._members[member]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            _fail(self._place(member), f"must be {expected}")
        return value

    def allow_only(self, known: set[str]) -> None:
        for member in self._members:
            if member not in known:
                _fail(self._place(member), f"unknown member; known are {', '.join(sorted(known))}")

    def section(self, member: str, known: set[str]) -> _Members:
        part = _Members(self._place(member), self._get(member, dict, "an object"))
        part.allow_only(known)
        return part

    def section_or_none(self, member: str, known: set[str]) -> _Members | None:
        return self.section(member, known) if member in self._members else None

    def name(self, member: str) -> str:
        value: str = self._get(member, str, "a name")
        if not _NAME.fullmatch(value):
            _fail(self._place(member), "lower-case letters, digits and hyphens, at most 40")
        return value

    def title(self, member: str) -> Mapping[str, str]:
        value: dict[str, Any] = self._get(member, dict, "an object with id and en")
        if set(value) != {"id", "en"} or not all(isinstance(one, str) for one in value.values()):
            _fail(self._place(member), 'must be {"id": text, "en": text}')
        return value

    def fields(self, member: str) -> list[str]:
        return self._names(member, self._get(member, list, "a list of field names"))

    def minimums(self, member: str) -> Mapping[str, int]:
        """Optional: {field: least value}."""
        if member not in self._members:
            return {}
        value: dict[str, Any] = self._get(member, dict, "an object of field names and numbers")
        self._names(member, list(value))
        if not all(type(least) is int for least in value.values()):
            _fail(self._place(member), "every value must be a whole number")
        return value

    def fields_or_all(self, member: str) -> frozenset[str] | None:
        if self._members.get(member) == "all":
            return None
        value = self._get(member, list, 'a list of field names, or "all"')
        return frozenset(self._names(member, value))

    def _names(self, member: str, values: Sequence[object]) -> list[str]:
        names = [one for one in values if isinstance(one, str) and _FIELD.fullmatch(one)]
        if len(names) != len(values):
            _fail(self._place(member), "field names are lower-case letters, digits, underscores")
        if len(set(names)) != len(names):
            _fail(self._place(member), "a field is named twice")
        return names

    def accepted(self, member: str) -> tuple[Accepted, ...]:
        if self._members.get(member) == "all":
            return ()
        entries = self._get(member, list, 'a list of {"type", "profiles"}, or "all"')
        if not entries:
            _fail(self._place(member), 'empty: nothing would be accepted; write "all" for all')
        return tuple(self._accepted(f"{member}[{n}]", one) for n, one in enumerate(entries))

    def _accepted(self, place: str, entry: object) -> Accepted:
        if not isinstance(entry, dict):
            _fail(self._place(place), 'must be {"type": name, "profiles": [names]}')
        part = _Members(self._place(place), entry)
        part.allow_only({"type", "profiles"})
        kind = part._names("type", [part._get("type", str, "a document type")])[0]
        if "profiles" not in entry:
            return Accepted(kind, frozenset())
        profiles: list[object] = part._get("profiles", list, "a list of profile names")
        names = [one for one in profiles if isinstance(one, str) and _PROFILE.fullmatch(one)]
        if not names or len(names) != len(profiles):
            _fail(part._place("profiles"), "must name at least one profile; leave it out for all")
        return Accepted(kind, frozenset(names))

    def duration(self, member: str, unit: int, least: int, most: int) -> timedelta:
        value: int = self._get(member, int, "a whole number")
        if not least <= value <= most:
            _fail(self._place(member), f"must be from {least} to {most}")
        return timedelta(seconds=value * unit)

    def one_of(self, member: str, choices: tuple[str, ...]) -> str:
        value: str = self._get(member, str, " or ".join(choices))
        if value not in choices:
            _fail(self._place(member), f"must be {' or '.join(choices)}")
        return value

    def choice(self, member: str) -> Choice:
        return cast("Choice", self.one_of(member, ("accept", "refuse")))
