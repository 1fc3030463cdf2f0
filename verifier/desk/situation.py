"""What the page always shows beside the verdicts: the bundle's age, the clock, the challenge."""

from __future__ import annotations

from datetime import timedelta

from verifier.desk.challenges import Asked, Choice
from verifier.desk.checking import Desk
from verifier.desk.drawing import draw_svg
from verifier.desk.terminal import BundleAge
from verifier.desk.texts import page_text
from verifier.words import Language, Words


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
    if age.state == "too_old":
        told = page_text("bundle_too_old", language, age=words.age(age.age))
        found.append({"weight": "bad", "text": told})
    elif age.state == "old":
        left = words.age(max(age.left, timedelta()))
        told = page_text("bundle_old", language, age=words.age(age.age), left=left)
        found.append({"weight": "warn", "text": told})
    if desk.terminal.problem is not None:
        told = page_text("bundle_problem", language, code=desk.terminal.problem.code)
        found.append({"weight": "warn", "text": told})
    if desk.terminal.policy_problem is not None:
        told = page_text("policy_problem", language, code=desk.terminal.policy_problem.code)
        found.append({"weight": "bad", "text": told})
    if desk.terminal.clock.was_set_back():
        found.append({"weight": "bad", "text": page_text("clock_back", language)})
    ahead = desk.phone_clocks.suspicion()
    if ahead is not None:
        key = "clock_behind_phones" if ahead > 0 else "clock_ahead_of_phones"
        told = page_text(key, language, age=words.age(timedelta(seconds=abs(ahead))))
        found.append({"weight": "warn", "text": told})
    return found


def _challenge(desk: Desk, asked: Asked, language: Language) -> dict[str, object]:
    left = asked.seconds_left(desk.terminal.clock.now().timestamp())
    return {
        "text": asked.text,
        "svg": draw_svg(asked.text),
        "seconds_left": max(0.0, left),
        "name": desk.name,
        "purpose": desk.purpose or desk.terminal.policy.title[language],
        "asked_for": choice_label(asked.choice, language),
    }
