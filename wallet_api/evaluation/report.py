"""The report in Markdown, from the values of ``report.json``."""

from __future__ import annotations

from typing import Final

from wallet_api.evaluation.report_tables import CONDITIONS, KINDS, Values, engine_parts, rate_at
from wallet_api.evaluation.wording import LIMITS, METHOD, number, percent, scientific, table

_ACCEPTED, _REVIEW, _REFUSED = 0.95, 0.05, 0.003


def markdown(document: Values) -> str:
    """Return the whole report."""
    engines: list[Values] = document["engines"]
    parts = [
        _heading(document),
        "## At a glance",
        *(_glance(engine, document) for engine in engines),
    ]
    if len(engines) > 1:
        parts += ["## Engines side by side", _side_by_side(document)]
    for engine in engines:
        parts += engine_parts(engine, document)
    parts += ["## How it was measured", METHOD, "## What this does not prove", _limits(document)]
    return "\n\n".join(parts) + "\n"


def _heading(document: Values) -> str:
    people = document["index"]
    rows = [
        ["date", document["date"]],
        ["data", document["data"][0]["name"]],
        ["people · photos", f"{number(people['people'])} · {number(people['photos'])}"],
        ["people by sex", _counts(people["people_by_sex"])],
        ["people by group", _counts(people["people_by_group"])],
        ["people by number of photos", _counts(people["people_by_photos"])],
        ["seed · bootstrap repetitions", f"{document['seed']} · {document['bootstrap']}"],
    ]
    for engine in document["engines"]:
        policy = engine["policy"]
        rows.append([
            f"engine {engine['name']}",
            (
                f"`{engine['engine']}`; match from {policy['match']:g}, "
                f"review from {policy['review']:g}"
            ),
        ])  # fmt: skip
        rows += [[f"file of {engine['name']}", f"`{f}` `{h}`"] for f, h in engine["models"].items()]
    notes = "\n".join(f"- {note}" for note in document["notes"])
    said = f"# How right the face matcher is\n\n{table(['', ''], rows)}"
    command = f"\n\nMade by `{document['command']}`."
    return said + command + (f"\n\nNotes on the index:\n{notes}" if notes else "")


def _glance(engine: Values, document: Values) -> str:
    head = ["", "measured [95 %]", "wanted", "met"]
    return f"**{engine['name']}**\n\n{table(head, _glance_rows(engine, document))}" + _FEW


def _glance_rows(engine: Values, document: Values) -> list[list[str]]:
    match = engine["policy"]["match"]
    rows = [_detection_row(engine)]
    fused = engine["trials"]["fused_plain"]["groups"].get("all", {})
    outcomes = fused.get("outcomes")
    if outcomes:
        count = f"{fused['genuine_people']} people, {fused['genuine_comparisons']} claims"
        for name, target, good in (
            ("accepted", "≥ 95 %", outcomes["accepted"]["value"] >= _ACCEPTED),
            ("review", "≤ 5 %", outcomes["review"]["value"] <= _REVIEW),
            ("refused", "≤ 0.3 %", outcomes["refused"]["value"] <= _REFUSED),
        ):
            said = f"genuine claims, {document['fused']} or more fused: {name} ({count})"
            rows.append([said, percent(outcomes[name]), target, "yes" if good else "**no**"])
    for kind, words in KINDS:
        for condition, extra in CONDITIONS[:2]:
            groups = engine["trials"][f"{kind}_{condition}"]["groups"]
            for name in _telling(groups, condition):
                rate = rate_at(groups[name]["false_match"], match)
                if rate:
                    said = f"strangers accepted at {match:g}, {words.lower()}, {name}{extra}"
                    pairs = f"{number(groups[name]['pairs_of_people'])} pairs of people"
                    rows.append([f"{said} ({pairs})", scientific(rate), "", ""])
    return rows


_FEW: Final = (
    "\n\n† seen in fewer than five pairs of people: the interval is less sure than it looks."
)


def _detection_row(engine: Values) -> list[str]:
    photos = engine["photos"]
    read = photos["listed"] - photos["unreadable"]
    good = "yes" if not photos["no_face"] else "**no**"
    return [f"photos without a found face, of {number(read)}", str(photos["no_face"]), "0", good]


def _telling(groups: Values, condition: str) -> list[str]:
    if condition != "plain":
        named = ["women", "all", *(name for name in groups if name.endswith(", same sex"))]
        return [name for name in named if name in groups]
    return [name for name in groups if name in {"all", "same sex"} or name.endswith(", same sex")]


def _side_by_side(document: Values) -> str:
    rows = []
    named = document["engines"][0]["trials"]["single_plain"]["groups"]
    asian = next((name for name in named if name.endswith(", same sex")), "same sex")
    for kind, words in KINDS:
        for engine in document["engines"]:
            match = engine["policy"]["match"]
            groups = engine["trials"][f"{kind}_plain"]["groups"]
            if "all" not in groups:
                continue
            chosen = groups.get(asian, {}).get("false_match", [])
            at = {one["rate"]: one for one in groups["all"]["at_false_match_rate"]}
            rows.append([
                f"{words}: {engine['name']} at {match:g}",
                scientific(r) if (r := rate_at(groups["all"]["false_match"], match)) else "–",
                scientific(r) if (r := rate_at(chosen, match)) else "–",
                percent(r) if (r := rate_at(groups["all"]["false_non_match"], match)) else "–",
                *(_missed_at(at[target]) for target in (1e-2, 1e-3, 1e-4)),
            ])  # fmt: skip
    head = ["", "strangers accepted, all", f"strangers accepted, {asian}", "same person below it",
            "missed at FMR 1e-2", "at 1e-3", "at 1e-4"]  # fmt: skip
    pictures = [f"![DET of all engines]({file})" for file in document.get("plots", {}).values()]
    return "\n\n".join([table(head, rows), *pictures])


def _missed_at(at: Values) -> str:
    if at["threshold"] is None or at["false_non_match"] is None:
        return str(at.get("reason", "–"))
    return f"{at['false_non_match'] * 100:.2f} % (at {at['threshold']:.3f})"


def _counts(counts: Values) -> str:
    return ", ".join(f"{name}: {number(count)}" for name, count in counts.items())


def _limits(document: Values) -> str:
    by_group = document["index"]["people_by_group"]
    named = [count for name, count in by_group.items() if name != "none named"]
    return LIMITS.replace("{asian}", str(max(named)) if named else "A few dozen")


def summary(document: Values) -> str:
    """Return the main figures of every engine as lines for a terminal."""
    lines = []
    for engine in document["engines"]:
        lines.append(f"{engine['name']} (match from {engine['policy']['match']:g})")
        lines += [f"  {row[0]}: {row[1]}" for row in _glance_rows(engine, document)]
    return "\n".join(lines)
