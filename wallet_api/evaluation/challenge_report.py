"""What the challenge sessions showed, as values and as Markdown."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wallet_api.evaluation.figures import rate_values
from wallet_api.evaluation.intervals import Rate, draw_people, person_rate
from wallet_api.evaluation.wording import number, percent, table

WANTED: Final = {"genuine": 0.95, "swapped": 0.01, "swapped_midway": 0.01, "print_25": 0.03}
"""At least so many genuine sessions have to pass; of the others at most so many."""
_Z: Final = 1.959964
_TITLES: Final = {
    "genuine": "as asked, real turns",
    "swapped": "front frames of one person, turned ones of another",
    "swapped_midway": "another person from the third turn on",
    "wrong_order": "real turns, one of four to the other side",
    "frozen": "one moment of each pose, encoded anew for every frame",
}
_LIMITS: Final = """\
- {people} people, two or so photographs of each pose: intervals by person are wide, and the
  photographs are small (enlarged three times; judged by a gate for research photographs that no
  setting leads a resident to).
- One photograph gives several frames by the small movements of a hand-held camera, made by the
  evaluation. Frames of a real capture differ more: genuine sessions may be refused more often.
- The prints are made by a camera model (a plane, seen from twice its width), not printed. Bent
  prints, masks, screens with a moving face and injected video are not tried here: a video of the
  person turning the head, or a good synthesis of one, is **not** stopped by this challenge.
- Swaps are of people who look nothing alike. Relatives were not tried.
- This is no presentation attack detection test (ISO/IEC 30107-3), and no one is told otherwise."""


@dataclass(slots=True)
class KindResult:
    """Sessions of one kind: (person, passed) each, and why the others did not pass."""

    kind: str
    outcomes: list[tuple[str, bool]]
    reasons: Counter[str]

    @property
    def passed(self) -> int:
        """How many sessions passed."""
        return sum(passed for _, passed in self.outcomes)


def wilson(passed: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share whose trials are independent (Wilson 1927)."""
    share, z2 = passed / of, _Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def by_person(outcomes: list[tuple[str, bool]], *, repetitions: int, seed: int) -> Rate:
    """Return the share that passed, every person counting alike, people drawn anew."""
    people = sorted({person for person, _ in outcomes})
    shares = np.array(
        [np.mean([passed for owner, passed in outcomes if owner == person]) for person in people],
        np.float64,
    )
    return person_rate(shares, draw_people(len(people), repetitions=repetitions, seed=seed))


def challenge_values(result: KindResult, *, repetitions: int, seed: int) -> dict[str, Any]:
    """Return one kind's counts and intervals."""
    count = len(result.outcomes)
    low, high = wilson(result.passed, count)
    return {
        "kind": result.kind,
        "sessions": count,
        "passed": result.passed,
        "share": round(result.passed / count, 6),
        "wilson": [round(low, 6), round(high, 6)],
        "passed_by_person": {
            person: sum(passed for owner, passed in result.outcomes if owner == person)
            for person in sorted({owner for owner, _ in result.outcomes})
        },
        "by_person": rate_values(by_person(result.outcomes, repetitions=repetitions, seed=seed)),
        "refused_first_reason": dict(result.reasons.most_common()),
    }


def challenge_markdown(document: dict[str, Any]) -> str:
    """Return the report of the challenge."""
    rows = []
    for kind in document["kinds"]:
        name = kind["kind"]
        wanted = WANTED.get(name)
        met = wanted is None or (
            kind["share"] >= wanted if name == "genuine" else kind["share"] <= wanted
        )
        low, high = kind["wilson"]
        sign = "≥" if name == "genuine" else "≤"
        rows.append([
            _TITLES.get(name, f"flat print, turned by {name.rpartition('_')[2]}°"),
            f"{number(kind['passed'])} of {number(kind['sessions'])} ({kind['share']:.2%})",
            f"{low:.2%} – {high:.2%}",
            percent(kind["by_person"]),
            "" if wanted is None else f"{sign} {wanted:.0%}: {'yes' if met else '**no**'}",
            ", ".join(f"{code} {n}" for code, n in kind["refused_first_reason"].items()),
        ])  # fmt: skip
    head = ["sessions", "passed", "95 % if independent", "by person [95 %]", "wanted",
            "refused for (first reason)"]  # fmt: skip
    people = document["people"]
    left_out = ", ".join(document["left_out"]) or "nobody"
    told = (
        f"Data {document['data']}, {len(people)} people (left out for want of photographs: "
        f"{left_out}), {document['date']}, seed {document['seed']}, model "
        f"`{document['model_id']}`. A turn counts from {document['min_turn']:g}°, front frames "
        f"have to be alike from {document['same_capture']:g}, turned ones to a front one from "
        f"{document['same_turned']:g}. All sixteen sequences of four turns, nine frames each, "
        "through the matcher's own code."
    )
    if document["photos_left_out"]:
        told += f" Left out as wrongly labelled: {', '.join(document['photos_left_out'])}."
    parts = [
        "# Whether the capture challenge is passed by whom it should",
        told,
        table(head, rows),
        _by_person(document["kinds"]),
        "## What this does not prove",
        _LIMITS.replace("{people}", str(len(people))),
    ]
    return "\n\n".join(parts) + "\n"


def _by_person(kinds: list[dict[str, Any]]) -> str:
    genuine = kinds[0]
    each = genuine["sessions"] // len(genuine["passed_by_person"])
    parts = [f"{person} {passed}" for person, passed in genuine["passed_by_person"].items()]
    return f"Passed as asked, of {each} sessions a person: {', '.join(parts)}."
