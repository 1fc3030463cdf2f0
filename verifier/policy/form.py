"""The strict reading of a policy file: every mistake in it is named, not only the first.

A misspelt member is a mistake somebody would rely on, so it is never ignored. What is wrong in one
member does not keep the others from being read: whoever edits the file is told everything at once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from verifier.policy.json_places import join, read_json
from verifier.policy.mistakes import Mistake
from verifier.policy.suggestions import close_to
from verifier.policy.values import Accepted, Choice, Policy, ReceiptClaims
from verifier.replay import REMEMBER_SECONDS

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_PROFILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_PURPOSE_LENGTH = 64  # it has to fit a line of a phone, and a code

_SECTIONS = {
    "freshness": ("past_seconds", "future_seconds"),
    "possession": ("challenge", "challenge_seconds", "print"),
    "status": ("max_age_hours", "warn_age_hours", "unknown"),
    "again": ("minutes", "verdict"),
    "receipt": ("claims",),
}
_TOP_LEVEL = ("name", "title", "accept", "required", "at_least", "shown", "purpose", *_SECTIONS)

Places = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: the policy, None where there are mistakes; where each member stands.

    `value` is the JSON itself.
    """

    policy: Policy | None
    mistakes: tuple[Mistake, ...]
    places: Places
    value: Any = None


def read_policy(data: bytes) -> Reading:
    """Read a policy file and return it, or all its mistakes in the order of the file."""
    text = read_json(data)
    if isinstance(text, Mistake):
        return Reading(None, (text,), {})
    found = [Mistake("TWICE", path) for path in text.twice]
    if not isinstance(text.value, dict):
        return Reading(None, (Mistake("MUST_BE", "", kind="object"),), text.places)
    policy = _read(_Members("", text.value, found))
    if not found:
        found.extend(_whole(policy))
    if not found:
        policy = replace(policy, digest=_digest(text.value))
    ordered = sorted((placed(one, text.places) for one in found), key=in_order)
    return Reading(None if found else policy, tuple(ordered), text.places, text.value)


def _digest(value: object) -> bytes:
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()


def placed(mistake: Mistake, places: Places) -> Mistake:
    """Return a mistake with line and column; of a member that is missing, those of its section."""
    if mistake.line is not None:
        return mistake
    path = mistake.place
    while path and path not in places:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    if not path:  # what is missing stands nowhere
        return mistake
    line, column = places[path]
    return replace(mistake, line=line, column=column)


def in_order(mistake: Mistake) -> tuple[bool, int, int]:
    """Return what sorts mistakes as they stand in the file, those without a place last."""
    return mistake.line is None, mistake.line or 0, mistake.column or 0


def _read(root: _Members) -> Policy:
    fresh, possession, status = map(root.section, ("freshness", "possession", "status"))
    root.allow_only(_TOP_LEVEL)
    return Policy(
        name=root.name("name"),
        title=root.words("title"),
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
        **_optional(root),
    )


def _optional(root: _Members) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if root.has("again"):
        section = root.section("again")
        found["again_within"] = section.duration("minutes", 60, 0, 24 * 60)
        found["again"] = section.choice("verdict")
    if root.has("purpose"):
        found["purpose"] = root.words("purpose", longest=_PURPOSE_LENGTH)
    if root.has("receipt"):
        claims = root.section("receipt").one_of("claims", ("none", "shown"))
        found["receipt_claims"] = cast("ReceiptClaims", claims)
    return found


def _whole(policy: Policy) -> list[Mistake]:
    """Return the mistakes that no single member shows."""
    found = []
    if policy.challenge_required and policy.print_form == "accept":
        found.append(Mistake("PRINT_WITH_CHALLENGE", "possession.print"))
    if policy.status_warn_age > policy.status_max_age:
        found.append(Mistake("WARN_AFTER_MAX", "status.warn_age_hours"))
    span = int((policy.fresh_past + policy.fresh_future).total_seconds())
    if span > REMEMBER_SECONDS:  # a copied code would still be fresh when it has been forgotten
        values = {"seconds": span, "memory": REMEMBER_SECONDS}
        found.append(Mistake("FRESHER_THAN_MEMORY", "freshness", values))
    return found


class _Members:
    """Typed reading of one JSON object. What is wrong is noted, and something harmless returned:
    a policy with mistakes is never given out.
    """

    def __init__(self, path: str, members: dict[str, Any], found: list[Mistake]) -> None:
        self._path = path
        self._members = members
        self._found = found

    def has(self, member: str) -> bool:
        return member in self._members

    def allow_only(self, known: Sequence[str]) -> None:
        for member in self._members:
            if member not in known:
                near = close_to(member, known)
                values = {"known": ", ".join(known)}
                place = join(self._path, member)
                self._found.append(Mistake("UNKNOWN_MEMBER", place, values, suggestion=near))

    def section(self, member: str) -> _Members:
        members, place = self._get(member, dict, "object"), join(self._path, member)
        if members is None:  # its members are not missing as well
            return _Members(place, {}, [])
        part = _Members(place, members, self._found)
        part.allow_only(_SECTIONS[member])
        return part

    def name(self, member: str) -> str:
        value = self._get(member, str, "name")
        if value is not None and not _NAME.fullmatch(value):
            self._note("MUST_BE", member, kind="name")
        return value or ""

    def words(self, member: str, *, longest: int = 200) -> Mapping[str, str]:
        """A text in both languages."""
        value = self._get(member, dict, "words")
        good = (
            value is not None
            and set(value) == {"id", "en"}
            and all(
                isinstance(one, str) and one.strip() and one.isprintable() and len(one) <= longest
                for one in value.values()
            )
        )
        if value is not None and not good:
            self._note("WORDS", member, {"longest": longest})
        return value or {}

    def fields(self, member: str) -> list[str]:
        return self._names(member, self._get(member, list, "fields") or ())

    def minimums(self, member: str) -> Mapping[str, int]:
        """Optional: {field: least value}."""
        if member not in self._members:
            return {}
        value: dict[str, int] = self._get(member, dict, "minimums") or {}
        for name, least in value.items():
            if not _FIELD.fullmatch(name):
                self._note("FIELD_FORM", join(member, name))
            if type(least) is not int:
                self._note("MUST_BE", join(member, name), kind="number")
        return value

    def fields_or_all(self, member: str) -> frozenset[str] | None:
        if self._members.get(member) == "all":
            return None
        return frozenset(self._names(member, self._get(member, list, "fields_or_all") or ()))

    def accepted(self, member: str) -> tuple[Accepted, ...]:
        if self._members.get(member) == "all":
            return ()
        entries = self._get(member, list, "accepted")
        if entries == []:
            self._note("ACCEPT_EMPTY", member)
        return tuple(self._accepted(f"{member}[{n}]", one) for n, one in enumerate(entries or ()))

    def duration(self, member: str, unit: int, least: int, most: int) -> timedelta:
        value = self._get(member, int, "number")
        if value is not None and not least <= value <= most:
            self._note("RANGE", member, {"least": least, "most": most})
            value = None
        return timedelta(seconds=(least if value is None else value) * unit)

    def one_of(self, member: str, choices: tuple[str, ...]) -> str:
        value = self._members.get(member)
        if value not in choices:
            values = {"choices": " / ".join(choices)}
            near = close_to(value, choices) if isinstance(value, str) else None
            code = "CHOICE" if member in self._members else "CHOICE_MISSING"
            self._note(code, member, values, suggestion=near)
            return choices[0]
        return cast("str", value)

    def choice(self, member: str) -> Choice:
        return cast("Choice", self.one_of(member, ("accept", "refuse")))

    def _get(self, member: str, kind: type, expected: str) -> Any:
        value = self._members.get(member)
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        self._note("MUST_BE" if member in self._members else "MISSING", member, kind=expected)
        return None

    def _names(self, member: str, values: Sequence[object]) -> list[str]:
        names: list[str] = []
        for n, one in enumerate(values):
            if not isinstance(one, str) or not _FIELD.fullmatch(one):
                self._note("FIELD_FORM", f"{member}[{n}]")
            elif one in names:
                self._note("NAMED_TWICE", f"{member}[{n}]", {"name": one})
            else:
                names.append(one)
        return names

    def _accepted(self, place: str, entry: object) -> Accepted:
        if not isinstance(entry, dict):
            self._note("MUST_BE", place, kind="accepted_one")
            return Accepted("", frozenset())
        part = _Members(place, entry, self._found)
        part.allow_only(("type", "profiles"))
        kind = part._get("type", str, "type")
        if kind is not None and not _FIELD.fullmatch(kind):
            part._note("FIELD_FORM", "type")
        return Accepted(kind or "", part.profiles() if part.has("profiles") else frozenset())

    def profiles(self) -> frozenset[str]:
        entries = self._get("profiles", list, "profiles")
        if entries == []:
            self._note("PROFILES_EMPTY", "profiles")
        for n, one in enumerate(entries or ()):
            if not isinstance(one, str) or not _PROFILE.fullmatch(one):
                self._note("FIELD_FORM", f"profiles[{n}]")
        return frozenset(one for one in entries or () if isinstance(one, str))

    def _note(self, code: str, member: str, values: Mapping[str, object] | None = None,
              **more: Any) -> None:  # fmt: skip
        place = f"{self._path}.{member}" if self._path else member
        self._found.append(Mistake(code, place, values or {}, **more))
