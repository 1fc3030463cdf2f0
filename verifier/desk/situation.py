"""What the page always shows beside the verdicts: the bundle's age, the clock, the challenge."""

from __future__ import annotations

from datetime import timedelta

from verifier.codes import Code
from verifier.desk.challenges import Asked, Choice, purpose_of
from verifier.desk.checking import Desk
from verifier.desk.drawing import draw_svg
from verifier.desk.terminal import BundleAge
from verifier.desk.texts import page_text
from verifier.requester import RequesterError
from verifier.words import Language, Words, moment

CERTIFICATE_WARNING = timedelta(days=30)


def situation(desk: Desk, language: Language) -> dict[str, object]:
    """Return it as JSON can hold it."""
    words, age = Words(language), desk.terminal.bundle_age()
    return {
        "bundle": {
            "state": age.state,
            "age": page_text("bundle_age", language, age=words.age(age.age)),
            "version": page_text("bundle_version", language, version=age.version),
        },
        "policy": desk.terminal.policy.digest.hex(),
        "warnings": _warnings(desk, age, words),
        "challenge": None if desk.asked is None else _challenge(desk, desk.asked, language),
    }


def choice_label(choice: Choice, language: Language) -> str:
    """Return a profile in the catalogue's words."""
    kind, profile = choice.document_type.labels, choice.profile.labels
    return f"{kind.text(language)} · {profile.text(language)}"


def _warnings(desk: Desk, age: BundleAge, words: Words) -> list[dict[str, str]]:
    """Return the banners, each with its weight ("warn" or "bad")."""
    language, found = words.language, []
    now = moment(desk.terminal.clock.now())
    if age.state == "too_old":
        told = page_text("bundle_too_old", language, age=words.age(age.age), now=now)
        found.append({"weight": "bad", "text": told})
    elif age.state == "old":
        left = words.age(max(age.left, timedelta()))
        told = page_text("bundle_old", language, age=words.age(age.age), left=left)
        found.append({"weight": "warn", "text": told})
    if desk.terminal.problem is not None:
        told = page_text("bundle_problem", language, code=desk.terminal.problem.code)
        found.append({"weight": "warn", "text": told})
    if desk.terminal.bundle().too_new:
        stopped = Code.VERIFIER_TOO_OLD
        told = f"{words.word(stopped)}. {words.next_step(stopped)}"
        found.append({"weight": "bad", "text": told})
    if desk.terminal.policy_problem is not None:
        told = page_text("policy_problem", language, code=desk.terminal.policy_problem.code)
        found.append({"weight": "bad", "text": told})
    if desk.receipts is not None and desk.receipts.problem is not None:
        why = desk.receipts.problem.detail or desk.receipts.problem.code
        told = page_text("receipt_problem", language, code=why)
        found.append({"weight": "bad", "text": told})
    if desk.terminal.clock.was_set_back():
        found.append({"weight": "bad", "text": page_text("clock_back", language)})
    ahead = desk.phone_clocks.suspicion()
    if ahead is not None:
        key = "clock_behind_phones" if ahead > 0 else "clock_ahead_of_phones"
        told = page_text(key, language, age=words.age(timedelta(seconds=abs(ahead))))
        found.append({"weight": "warn", "text": told})
    return found + _asking(desk, words)


def _asking(desk: Desk, words: Words) -> list[dict[str, str]]:
    """Return what keeps challenges from being signed, or will."""
    language, found = words.language, []
    if desk.asking_problem is not None:
        told = page_text("challenge_problem", language, code=desk.asking_problem.code)
        found.append({"weight": "bad", "text": told})
    if desk.requester is not None:
        end = desk.requester.expires_at
        left = end - desk.terminal.clock.now()
        if not _is_recognised(desk):
            told = page_text("certificate_unknown", language)
            found.append({"weight": "bad", "text": told})
        elif left <= timedelta():
            told = page_text("certificate_over", language, moment=moment(end))
            found.append({"weight": "bad", "text": told})
        elif left < CERTIFICATE_WARNING:
            told = page_text("certificate_ends", language, moment=moment(end))
            found.append({"weight": "warn", "text": told})
    return found


def _is_recognised(desk: Desk) -> bool:
    """Tell whether the key set in force, which phones have, names who signed the certificate."""
    if desk.requester is None:
        return False
    terminal = desk.terminal
    try:
        now = int(terminal.clock.now().timestamp())
        desk.requester.check_trusted(terminal.bundle().chain.keys, now)
    except RequesterError as problem:
        return problem.code == "REQUESTER_EXPIRED"
    return True


def _challenge(desk: Desk, asked: Asked, language: Language) -> dict[str, object]:
    left, party = asked.seconds_left(desk.terminal.clock.now().timestamp()), desk.requester
    return {
        "text": asked.text,
        "svg": draw_svg(asked.text),
        "seconds_left": max(0.0, left),
        "name": desk.name if party is None else f"{party.held.name} · {desk.name}",
        "purpose": asked.purpose or purpose_of(desk.purpose, desk.terminal.policy, language),
        "signed": asked.purpose is not None,
        "asked_for": choice_label(asked.choice, language),
    }
