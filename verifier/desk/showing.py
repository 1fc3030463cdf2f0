"""An outcome as the page tells it: tone, word, what to do, portrait, and what the policy allows.

A tone is a colour, an icon, a sound and a sentence at once, so that none of them has to be seen
or heard:

    good    valid                        care    valid, with a caveat to read
    stop    not to be accepted           again   the holder can mend it in a moment
    device  this terminal has to be mended first
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from verifier.codes import Code
from verifier.desk.checking import Outcome
from verifier.desk.short_codes import DESK_FAULT, NOTHING_READ, SEEN_AGAIN, SHORT_CODES, STATUS_OLD
from verifier.desk.texts import page_text
from verifier.errors import ScanError
from verifier.policy import Policy
from verifier.report import CLOCK_CODES, claim_rows, document_text
from verifier.verdict import Facts, Refused, Verified
from verifier.words import Language, Words, moment

Tone = Literal["good", "care", "stop", "again", "device"]
Row = tuple[str, str, str]  # name of the field, label, value

_AGAIN = {
    Code.TEXT_TOO_LONG, Code.PREFIX_UNKNOWN, Code.NOT_A_CREDENTIAL, Code.BASE45_INVALID,
    Code.CBOR_INVALID, Code.NOT_FRESH, Code.PROOF_FROM_FUTURE, Code.CHALLENGE_EXPIRED,
    Code.CHALLENGE_MISMATCH, Code.REPLAYED, Code.REPLAY_MEMORY_FULL, Code.DOCUMENT_NOT_ACCEPTED,
    Code.HOLDER_NOT_PROVEN, Code.CHALLENGE_REQUIRED, Code.FIELD_MISSING,
}  # fmt: skip
_DEVICE = {
    Code.CLOCK_SUSPECT, Code.BUNDLE_EXPIRED, Code.DOCUMENT_UNKNOWN, Code.STATUS_UNKNOWN,
    Code.STATUS_TOO_OLD, Code.VERIFIER_TOO_OLD,
}  # fmt: skip
_FIRST = ("name", "full_name", "owner_name", "head_name")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")


def desk_code(outcome: Outcome, policy: Policy) -> str:
    """Return the verdict's code, or the desk's own where it says more."""
    verdict = outcome.verdict
    if isinstance(verdict, Refused):
        return str(verdict.code)
    if not isinstance(verdict, Verified):
        return NOTHING_READ if isinstance(verdict, ScanError) else DESK_FAULT
    if outcome.seen_seconds is not None:
        return SEEN_AGAIN
    return STATUS_OLD if _is_old(verdict, policy) else str(verdict.code)


def tone_of(outcome: Outcome, policy: Policy) -> Tone:
    """Return which of the five it is."""
    verdict, code = outcome.verdict, desk_code(outcome, policy)
    if isinstance(verdict, Verified):
        if not outcome.accepted:
            return "stop"
        return "good" if code == Code.VALID else "care"
    if code == NOTHING_READ or code in _AGAIN:
        return "again"
    return "device" if code == DESK_FAULT or code in _DEVICE else "stop"


def page_document(outcome: Outcome, policy: Policy, language: Language) -> dict[str, object]:
    """Return what the page shows of an outcome, as JSON can hold it."""
    words, code, tone = Words(language), desk_code(outcome, policy), tone_of(outcome, policy)
    verdict = outcome.verdict
    portrait = verdict.portrait if isinstance(verdict, Verified) else None
    word, next_step = _telling(outcome, code, words)
    return {
        "number": outcome.number,
        "tone": tone,
        "code": code,
        "short": SHORT_CODES[code],
        "word": word,
        "hint": page_text("hint_not_fresh", language) if code == Code.NOT_FRESH else "",
        "decision": page_text(f"decision_{tone}", language),
        "next": next_step,
        "accepted": outcome.accepted,
        "challenge_wanted": code == Code.CHALLENGE_REQUIRED,
        "portrait": None if portrait is None else b64encode(portrait).decode(),
        "claims": [list(row) for row in _claims(outcome, words)],
        "facts": [list(row) for row in _facts(outcome, words)],
        "at": moment(outcome.at),
        "receipt": None if outcome.receipt is None else outcome.receipt.number,
    }


def _telling(outcome: Outcome, code: str, words: Words) -> tuple[str, str]:
    """Return headline and next step."""
    language = words.language
    if code == SEEN_AGAIN:
        ago = _span(outcome.seen_seconds or 0, words).upper()
        word = page_text("word_seen_again", language, ago=ago)
        return word, page_text("next_seen_again", language)
    if code == STATUS_OLD:
        age = words.age(outcome.facts.status_age or timedelta()).upper()
        word = page_text("word_status_old", language, age=age)
        return word, page_text("next_status_old", language)
    if code in (NOTHING_READ, DESK_FAULT):
        return page_text(f"word_{code.lower()}", language), words.error(outcome.verdict.code)
    if code == Code.CLOCK_SUSPECT and outcome.set_back:
        return words.word(code), page_text("next_set_back", language)
    return words.word(code), words.next_step(code)


def _span(seconds: int, words: Words) -> str:
    if seconds < 120:
        return page_text("seconds", words.language, n=seconds)
    return words.age(timedelta(seconds=seconds))


def _is_old(verdict: Verified, policy: Policy) -> bool:
    age = verdict.facts.status_age
    return verdict.code == Code.VALID and age is not None and age > policy.status_warn_age


def _claims(outcome: Outcome, words: Words) -> Iterator[Row]:
    """Yield the claims that the facts carry (the policy's shown fields), the name first."""
    facts = outcome.facts
    if facts.document_type is None:
        return
    names = sorted(facts.claims, key=lambda name: name not in _FIRST)
    ordered = {name: facts.claims[name] for name in names}
    labelled = claim_rows(outcome.bundle, facts.document_type, ordered, words)
    for name, (label, text) in zip(ordered, labelled, strict=True):
        yield (name if _FIELD.fullmatch(name) else "other"), label, text


def _facts(outcome: Outcome, words: Words) -> Iterator[tuple[str, str]]:
    """Yield the three facts, each by itself, and what the credential says of itself."""
    facts, verdict = outcome.facts, outcome.verdict
    authentic = words.label("authentic_no")
    if facts.authentic:
        authentic = words.label("authentic_yes", issuer=facts.issuer)
    yield words.label("authentic"), authentic
    yield words.label("possession"), words.label(f"possession_{facts.possession}")
    yield words.label("status"), _status(facts, words)
    if verdict.code in CLOCK_CODES:
        yield words.label("device_time"), moment(outcome.at)
    if facts.document_type is not None:
        yield words.label("document"), document_text(outcome.bundle, facts, words)
    if facts.expires_at is not None:
        yield words.label("validity"), words.label("until", moment=moment(facts.expires_at))
    if isinstance(verdict, Refused) and verdict.detail:
        yield page_text("detail", words.language), _detail(outcome, verdict.detail, words)


def _detail(outcome: Outcome, detail: str, words: Words) -> str:
    """Return a field's label where the detail is the name of one."""
    try:
        kind = outcome.bundle.catalogue.document_type(outcome.facts.document_type or "")
        return kind.label(detail).text(words.language)
    except KeyError:
        return detail


def _status(facts: Facts, words: Words) -> str:
    status = words.label(f"status_{facts.status}")
    if facts.status_as_of is not None and facts.status_age is not None:
        when = moment(facts.status_as_of)
        status += ", " + words.label("as_of", moment=when, age=words.age(facts.status_age))
    return status
