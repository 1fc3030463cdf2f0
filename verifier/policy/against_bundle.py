"""A policy beside a bundle: which of its names exist, and whether anything can satisfy it.

A field that no accepted profile carries is the worst mistake there is: the file looks right, and
the desk refuses everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from credentials.catalogue import Catalogue, DocumentType, Profile
from verifier.bundle import TrustedBundle
from verifier.policy.mistakes import Mistake, Weight
from verifier.policy.suggestions import close_to
from verifier.policy.values import Policy


@dataclass(frozen=True, slots=True)
class _Fit:
    """One accepted profile, the values it can carry, and whether the policy names it itself."""

    kind: DocumentType
    profile: Profile
    named: bool

    @property
    def values(self) -> frozenset[str]:
        names = self.profile.names
        return frozenset(one for name in names for one in self.kind.field(name).value_names)


def compare(policy: Policy, bundle: TrustedBundle, written: Any) -> list[Mistake]:
    """Return what a bundle has to say against a policy; no line numbers yet.

    `written` is the file's JSON: it knows the order of what the policy holds as a set.
    """
    catalogue = bundle.catalogue
    named = list(_named(policy, written))
    found = [*_accepted(policy, catalogue, written), *_fields(policy, catalogue, named)]
    if any(one.weight == "error" for one in found):
        return found  # what follows would only repeat it
    fits = list(_fits(policy, catalogue))
    return [*found, *_carried(named, fits), *_together(policy, fits), *_issuers(policy, bundle)]


def _remark(
    code: str, place: str, weight: Weight = "error", near: str | None = None, **values: object
) -> Mistake:
    return Mistake(code, place, values, suggestion=near, weight=weight)


def _accepted(policy: Policy, catalogue: Catalogue, written: Any) -> Iterator[Mistake]:
    types = {one.name: one for one in catalogue.types}
    for n, one in enumerate(policy.accept):
        kind = types.get(one.document_type)
        if kind is None:
            near = close_to(one.document_type, list(types))
            place, known = f"accept[{n}].type", ", ".join(types)
            yield _remark("TYPE_UNKNOWN", place, near=near, name=one.document_type, known=known)
        else:
            profiles = written["accept"][n].get("profiles", ())
            yield from _profiles(f"accept[{n}].profiles", profiles, kind)


def _profiles(place: str, written: Sequence[str], kind: DocumentType) -> Iterator[Mistake]:
    known = [one.name for one in kind.profiles]
    for n, name in enumerate(written):
        if name not in known:
            at, near, there = f"{place}[{n}]", close_to(name, known), ", ".join(known)
            yield _remark("PROFILE_UNKNOWN", at, near=near, name=name, type=kind.name, known=there)


def _fields(
    policy: Policy, catalogue: Catalogue, named: Sequence[tuple[str, str]]
) -> Iterator[Mistake]:
    kinds = {
        name: field.kind
        for kind in catalogue.types
        for field in kind.fields
        for name in field.value_names
    }
    for place, name in named:
        if name not in kinds:
            yield _remark("FIELD_UNKNOWN", place, near=close_to(name, list(kinds)), name=name)
    for name in policy.at_least:
        if kinds.get(name, "uint") != "uint":
            yield _remark("NOT_A_NUMBER", f"at_least.{name}", name=name)


def _named(policy: Policy, written: Any) -> Iterator[tuple[str, str]]:
    for n, name in enumerate(policy.required):
        yield f"required[{n}]", name
    for name in policy.at_least:
        yield f"at_least.{name}", name
    for n, name in enumerate(() if policy.shown is None else written["shown"]):
        yield f"shown[{n}]", name


def _fits(policy: Policy, catalogue: Catalogue) -> Iterator[_Fit]:
    named = {one.document_type: one.profiles for one in policy.accept}
    for kind in catalogue.types:
        for profile in kind.profiles:
            if policy.accepts(kind.name, profile.name):
                yield _Fit(kind, profile, profile.name in named.get(kind.name, ()))


def _carried(named: Sequence[tuple[str, str]], fits: Sequence[_Fit]) -> Iterator[Mistake]:
    """Fields that nothing accepted here carries."""
    carried = frozenset[str]().union(*(fit.values for fit in fits))
    for place, name in named:
        if name not in carried:
            where = _list(fits)
            if place.startswith("shown"):
                yield _remark("SHOWN_NEVER", place, "warning", name=name, profiles=where)
            else:
                yield _remark("NEVER_CARRIED", place, name=name, profiles=where)


def _together(policy: Policy, fits: Sequence[_Fit]) -> Iterator[Mistake]:
    """Profiles that are accepted in one line and always refused in another."""
    needed = {*policy.required, *policy.at_least}
    lacking = {id(fit): sorted(needed - fit.values) for fit in fits}
    if needed and all(lacking.values()):
        yield _remark("NEVER_TOGETHER", "required", profiles=_list(fits))
        return
    for fit in fits:
        missing = lacking[id(fit)]
        if missing and fit.named:
            n = next(n for n, one in enumerate(policy.accept) if one.document_type == fit.kind.name)
            told = {"name": fit.profile.name, "names": ", ".join(missing)}
            yield _remark("PROFILE_NEVER_FITS", f"accept[{n}].profiles", "warning", **told)


def _issuers(policy: Policy, bundle: TrustedBundle) -> Iterator[Mistake]:
    for n, one in enumerate(policy.accept):
        if not any(key.may_sign(one.document_type) for key in bundle.trust.keys):
            place, name = f"accept[{n}].type", one.document_type
            yield _remark("NO_ISSUER", place, "warning", name=name)


def _list(fits: Iterable[_Fit]) -> str:
    return ", ".join(f"{fit.kind.name}/{fit.profile.name}" for fit in fits)
