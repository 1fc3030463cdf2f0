"""From a policy to a DCQL query (OpenID4VP 1.0 section 6), and from an answer to a judgement.

The policy names the catalogue's fields; the catalogue knows which claim or element carries each.
Several sets are offered in order of preference, from all the policy shows down to what it requires.
A wallet answers with one of them. What was not asked for is refused: data nobody asked for is data
nobody has a reason to hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

from credentials.claim_path import Path, find_values, touches
from credentials.claim_shapes import ages, is_age
from credentials.disclosures import ELLIPSIS
from credentials.document_types import DocumentType, Profile
from credentials.mdoc_elements import element_names
from credentials.vc_claims import claim_paths
from verifier.openid4vp.errors import QueryError, Rejected
from verifier.policy import Policy

CredentialFormat = Literal["dc+sd-jwt", "mso_mdoc"]
FORMATS: tuple[CredentialFormat, ...] = get_args(CredentialFormat)
SD_JWT: CredentialFormat = "dc+sd-jwt"
MDOC: CredentialFormat = "mso_mdoc"
QUERY_ID = "document"
MAX_OPTIONAL = 4  # fields; each doubles the claim sets


@dataclass(frozen=True, slots=True)
class Asked:
    """One claim asked for: its id in the query, its path, and the catalogue's field behind it."""

    id: str
    path: Path
    field: str


@dataclass(frozen=True, slots=True)
class Query:
    """One document asked for. `names` are the vcts or the doctype; `choices` the claim sets."""

    document_type: DocumentType
    format: CredentialFormat
    names: tuple[str, ...]
    asked: tuple[Asked, ...]
    choices: tuple[tuple[str, ...], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The catalogue's fields that are asked for, in the policy's order."""
        return tuple(dict.fromkeys(one.field for one in self.asked))

    def encode(self) -> dict[str, object]:
        """Return the DCQL query."""
        claims: list[dict[str, object]] = []
        for one in self.asked:
            claim: dict[str, object] = {"id": one.id, "path": list(one.path)}
            if self.format == MDOC:
                # Whoever checks an identity keeps a record of it; the holder should know.
                claim["intent_to_retain"] = True
            claims.append(claim)
        wanted: dict[str, object] = {
            "id": QUERY_ID,
            "format": self.format,
            "meta": {"vct_values": list(self.names)}
            if self.format == SD_JWT
            else {"doctype_value": self.names[0]},
            "claims": claims,
        }
        if len(self.choices) > 1:
            wanted["claim_sets"] = [list(choice) for choice in self.choices]
        return {"credentials": [wanted]}


def make_query(
    policy: Policy, document_type: DocumentType, format_name: CredentialFormat, names: Iterable[str]
) -> Query:
    """Return what `policy` asks of one document type; `names` are its trusted vcts or its doctype.

    QueryError: TYPE_NOT_ACCEPTED by the policy, TYPE_NOT_TRUSTED (no issuer), FIELD_NOT_ASKABLE
    (a required field that the type or the format does not have), NOTHING_TO_ASK.
    """
    profiles = [
        one
        for one in document_type.profiles
        if policy.accepts(document_type.name, one.name) and not one.part
    ]
    if not profiles:
        raise QueryError("TYPE_NOT_ACCEPTED", document_type.name)
    trusted = tuple(names)
    if not trusted:
        raise QueryError("TYPE_NOT_TRUSTED", document_type.name)
    wanted = [*policy.required, *_shown(policy, document_type)]
    asked: list[Asked] = []
    for field in dict.fromkeys(wanted):
        paths = _paths(policy, document_type, format_name, field)
        if not paths and field in policy.required:
            raise QueryError("FIELD_NOT_ASKABLE", field)
        asked += [
            Asked(field if len(paths) == 1 else f"{field}_{path[-1]}", path, field)
            for path in paths
        ]
    if not asked:
        raise QueryError("NOTHING_TO_ASK", document_type.name)
    choices = _choices(policy, asked, profiles, document_type)
    return Query(document_type, format_name, trusted, tuple(asked), choices)


def check_choice(query: Query, present: set[str]) -> None:
    """Raise Rejected("CLAIM_REQUIRED", id) unless one claim set is there as a whole."""
    if any(present.issuperset(choice) for choice in query.choices):
        return
    missing = [one for one in query.choices[-1] if one not in present]
    raise Rejected("CLAIM_REQUIRED", missing[0] if missing else "")


def check_claims(
    query: Query, shown: Mapping[str, object], signed_open: Mapping[str, object]
) -> None:
    """Hold the claims of an SD-JWT VC against the query.

    `shown` are the claims with what was disclosed in its place, `signed_open` those that the
    issuer left in the open: a holder cannot withhold them. Rejected: CLAIM_NOT_ASKED (the
    outermost name), CLAIM_REQUIRED.
    """
    free = set(_places(signed_open, ()))
    for place in _places(shown, ()):
        if place in free or any(touches(one.path, place) for one in query.asked):
            continue
        raise Rejected("CLAIM_NOT_ASKED", _known_name(query, str(place[0])))
    check_choice(query, {one.id for one in query.asked if find_values(shown, one.path)})


def check_elements(query: Query, shown: Mapping[str, Mapping[str, object]]) -> None:
    """Hold the elements of an mdoc against the query; Rejected as `check_claims`."""
    wanted = {one.path: one.id for one in query.asked}
    present = [(space, name) for space, members in shown.items() for name in members]
    for path in present:
        if path not in wanted:
            raise Rejected("CLAIM_NOT_ASKED", _known_name(query, path[1]))
    check_choice(query, {wanted[path] for path in present})


def check_values(policy: Policy, values: Mapping[str, object]) -> None:
    """Hold the catalogue's values against the policy: FIELD_MISSING, BELOW_MINIMUM."""
    for name, least in policy.at_least.items():
        value = values.get(name)
        if type(value) is not int or value < least:
            raise Rejected("BELOW_MINIMUM", name)
    for name in policy.required:
        if values.get(name) is None:
            raise Rejected("FIELD_MISSING", name)


def _shown(policy: Policy, document_type: DocumentType) -> list[str]:
    """Return the fields a policy may see, in the document's order.

    "all" means all of the ordinary ones: what is sensitive (religion, a mother's name) is asked
    for only by a policy that names it.
    """
    names = [
        name
        for field in document_type.fields
        for name in field.value_names
        if policy.shows(name) and (policy.shown is not None or not field.sensitive)
    ]
    carried = {
        name
        for one in document_type.profiles
        if policy.accepts(document_type.name, one.name) and not one.part
        for name in _values(document_type, one.names)
    }
    return [name for name in names if name in carried]


def _values(document_type: DocumentType, fields: Iterable[str]) -> set[str]:
    return {name for field in fields for name in document_type.field(field).value_names}


def _paths(
    policy: Policy, document_type: DocumentType, format_name: str, name: str
) -> tuple[Path, ...]:
    try:
        field = document_type.field(name)
    except KeyError:
        return ()
    find = claim_paths if format_name == SD_JWT else element_names
    paths: tuple[Path, ...] = find(document_type, name)
    least = policy.at_least.get(name)
    if least is None or not is_age(field):
        return paths
    # Only the one age that decides: the others say more than the policy needs.
    numbers = list(ages(field, None))
    enough = [path for number, path in zip(numbers, paths, strict=True) if number >= least]
    return tuple(enough[:1])


def _choices(
    policy: Policy, asked: list[Asked], profiles: list[Profile], document_type: DocumentType
) -> tuple[tuple[str, ...], ...]:
    """Return the claim sets, the largest first.

    DCQL knows no optional claims, only sets: so every accepted profile's required fields, with
    each selection of its optional ones, as far as the policy shows them.
    """
    fields = {one.field for one in asked}
    sets = [fields]
    for profile in profiles:
        sure = _values(document_type, profile.required) & fields | set(policy.required)
        optional = sorted(_values(document_type, profile.optional) & fields - sure)
        sizes = (
            range(len(optional), -1, -1) if len(optional) <= MAX_OPTIONAL else (len(optional), 0)
        )
        sets += [sure | set(some) for size in sizes for some in combinations(optional, size)]
    sets = sorted((*sets, set(policy.required)), key=len, reverse=True)
    choices = (tuple(one.id for one in asked if one.field in wanted) for wanted in sets)
    return tuple(choice for choice in dict.fromkeys(choices) if choice)


def _places(value: object, place: tuple[str | int, ...]) -> Iterable[tuple[str | int, ...]]:
    """Yield where the values stand: each scalar, each empty object or list."""
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        inner = [(name, one) for name, one in value.items() if name not in ("_sd", "_sd_alg")]
    elif isinstance(value, list):
        inner = [(n, one) for n, one in enumerate(value) if not _is_hidden(one)]
    elif place:
        yield place
        return
    inner = list(inner)
    if not inner and place:
        yield place
    for step, one in inner:
        yield from _places(one, (*place, step))


def _is_hidden(value: object) -> bool:
    return isinstance(value, Mapping) and ELLIPSIS in value


def _known_name(query: Query, name: str) -> str:
    """Return a claim's name if the catalogue has it: what a stranger wrote stays out."""
    fields = query.document_type.fields
    known = {text for field in fields for text in (field.oidc, field.mdoc, *field.value_names)}
    return name if name in known else ""
