"""What is odd in a policy that can be read: it would be used, and not do what its author thinks.

The strict reading (`form`) finds what cannot be a policy; here stands what experience adds. A
warning is a mistake in all likelihood, a hint asks for a second thought. Whether names exist is
asked of the catalogue (`against_bundle`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from verifier.bundle import TrustedBundle
from verifier.policy.against_bundle import compare
from verifier.policy.files import built_in_policies, load_policy
from verifier.policy.form import Places, Reading, in_order, placed, read_policy
from verifier.policy.mistakes import Mistake, Weight
from verifier.policy.values import Policy
from verifier.replay import REMEMBER_SECONDS

PORTRAIT = "portrait"
PURPOSE_BYTES = 23  # of UTF-8: what a signed challenge has room for in every case
PHONE_PERIOD = 15  # seconds between two proofs of a phone
SHORTEST_ANSWER = 30  # seconds: a person has to read, choose and sign
LONG_AGAIN = timedelta(hours=12)
BUNDLE_LIFE = timedelta(days=7)  # as the registry publishes it, where no bundle says it


def lint(data: bytes, bundle: TrustedBundle | None = None) -> Reading:
    """Return the reading of a file with every remark on it, in the order of the file.

    `bundle` says which names exist and how long it lives; without it neither is known.
    """
    reading = read_policy(data)
    policy = reading.policy
    if policy is None:
        return reading
    found = [*_alone(policy)]
    if bundle is None:
        found += _life(policy, BUNDLE_LIFE)
    else:
        found += _life(policy, timedelta(seconds=bundle.expires_at - bundle.issued_at))
        found += compare(policy, bundle, reading.value)
    return replace(reading, mistakes=_ordered(found, reading.places))


def _ordered(found: list[Mistake], places: Places) -> tuple[Mistake, ...]:
    return tuple(sorted((placed(one, places) for one in found), key=in_order))


def _remark(weight: Weight, code: str, place: str, **values: object) -> Mistake:
    return Mistake(code, place, values, weight=weight)


def _alone(policy: Policy) -> Iterator[Mistake]:
    yield from _identity(policy)
    yield from _shown(policy)
    yield from _possession(policy)
    yield from _status(policy)
    yield from _desk(policy)


def _identity(policy: Policy) -> Iterator[Mistake]:
    if policy.name in built_in_policies() and load_policy(policy.name).digest != policy.digest:
        yield _remark("warning", "NAME_TAKEN", "name", name=policy.name)
    types = [one.document_type for one in policy.accept]
    for n, name in enumerate(types):
        if name in types[:n]:
            yield _remark("warning", "TYPE_TWICE", f"accept[{n}].type", name=name)
    for language, text in (policy.purpose or {}).items():
        if len(text.encode()) > PURPOSE_BYTES:
            place = f"purpose.{language}"
            yield _remark("warning", "PURPOSE_LONG", place, most=PURPOSE_BYTES)


def _shown(policy: Policy) -> Iterator[Mistake]:
    if policy.shown is None:
        if policy.required or policy.accept:  # somebody thought about what is needed
            yield _remark("hint", "SHOWS_ALL", "shown")
        return
    if not policy.shown:
        yield _remark("warning", "SHOWS_NOTHING", "shown")
    elif PORTRAIT not in policy.shown:
        code = "PORTRAIT_NOT_SHOWN" if PORTRAIT in policy.required else "NO_PORTRAIT"
        yield _remark("warning", code, "shown")
    more = policy.shown - {*policy.required, *policy.at_least}
    if more:
        yield _remark("hint", "SHOWS_MORE", "shown", names=", ".join(sorted(more)))


def _possession(policy: Policy) -> Iterator[Mistake]:
    life, past = policy.challenge_life.total_seconds(), policy.fresh_past.total_seconds()
    if past < 2 * PHONE_PERIOD:
        place = "freshness.past_seconds"
        yield _remark("warning", "FRESH_SHORT", place, least=2 * PHONE_PERIOD, period=PHONE_PERIOD)
    if policy.fresh_future < timedelta(seconds=5):
        yield _remark("warning", "FUTURE_SHORT", "freshness.future_seconds", least=5)
    if life < SHORTEST_ANSWER:
        place = "possession.challenge_seconds"
        yield _remark("warning", "CHALLENGE_SHORT", place, least=SHORTEST_ANSWER)
    if life > REMEMBER_SECONDS:
        place = "possession.challenge_seconds"
        yield _remark("warning", "CHALLENGE_LONG", place, memory=REMEMBER_SECONDS)
    if policy.print_form == "accept":
        unbound = PORTRAIT not in policy.required or not policy.shows(PORTRAIT)
        code = "PRINT_WITHOUT_PORTRAIT" if unbound else "PRINT_ACCEPTED"
        yield _remark("warning" if unbound else "hint", code, "possession.print")


def _status(policy: Policy) -> Iterator[Mistake]:
    if policy.status_unknown == "accept":
        weight: Weight = "hint" if policy.print_form == "accept" else "warning"
        code = "UNKNOWN_ACCEPTED"
        if policy.challenge_required:
            code = "UNKNOWN_WITH_CHALLENGE"
        yield _remark(weight, code, "status.unknown")
    if not policy.status_warn_age:
        yield _remark("warning", "WARNS_ALWAYS", "status.warn_age_hours")
    elif policy.status_warn_age == policy.status_max_age:
        yield _remark("warning", "WARNS_NEVER", "status.warn_age_hours")


def _life(policy: Policy, life: timedelta) -> Iterator[Mistake]:
    if policy.status_max_age > life:
        hours = int(life.total_seconds()) // 3600
        yield _remark("warning", "OLDER_THAN_BUNDLE", "status.max_age_hours", hours=hours)


def _desk(policy: Policy) -> Iterator[Mistake]:
    if policy.again == "refuse":
        if not policy.again_within:
            yield _remark("warning", "AGAIN_NEVER", "again.minutes")
        elif policy.again_within > LONG_AGAIN:
            hours = int(policy.again_within.total_seconds()) // 3600
            yield _remark("warning", "AGAIN_LONG", "again.minutes", hours=hours)
    if policy.receipt_claims == "shown":
        if policy.shown == frozenset():
            yield _remark("warning", "RECEIPT_OF_NOTHING", "receipt.claims")
        elif policy.shown is None:
            yield _remark("warning", "RECEIPT_OF_ALL", "receipt.claims")
        if policy.purpose is None:
            yield _remark("warning", "RECEIPT_WITHOUT_PURPOSE", "receipt.claims")
