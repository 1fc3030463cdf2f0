"""The section of one engine in the report: plots, tables by group and by threshold, oddities."""

from __future__ import annotations

from typing import Any, Final

from wallet_api.evaluation.wording import number, percent, scientific, table

Values = dict[str, Any]

KINDS: Final = (("single", "One photo"), ("fused", "Fused probes"))
CONDITIONS: Final = (
    ("plain", ""),
    ("veiled", ", headscarf on both (simulated)"),
    ("veiled_probe", ", headscarf on the probe only (simulated)"),
)
_WITH_TABLES: Final = ("all", "same sex", "women")


def engine_parts(engine: Values, document: Values) -> list[str]:
    """Return the section of one engine: plots, tables, pairs to look at, photos and time."""
    parts = [f"## {engine['name']}"]
    for kind, words in KINDS:
        plots = engine["plots"]
        parts.append(f"### {words}: {engine['name']}")
        parts += [
            f"![{alt}, {words.lower()}, {engine['name']}]({plots[f'{plot}_{kind}']})"
            for plot, alt in (
                ("det", "DET by group"),
                ("histogram", "Scores of strangers and of the same person"),
                ("groups", "False match rates by group"),
            )
            if f"{plot}_{kind}" in plots
        ]
        parts += ["Strangers accepted, by group:", _strangers(engine, kind)]
        parts += ["The same person, by group:", _same(engine, kind)]
        parts += _threshold_tables(engine, kind)
        parts += ["Thresholds for a false match rate (all photos as they are):", _at(engine, kind)]
    parts += [f"### Pairs to look at: {engine['name']}", _pairs(engine)]
    parts += [f"### Photos and time: {engine['name']}", _photos(engine, document)]
    return parts


def _strangers(engine: Values, kind: str) -> str:
    match, review = engine["policy"]["match"], engine["policy"]["review"]
    limits = [match] if match == review else [match, review]
    rows = []
    for condition, extra in CONDITIONS:
        for name, group in engine["trials"][f"{kind}_{condition}"]["groups"].items():
            rates = [rate_at(group["false_match"], limit) for limit in limits]
            if all(rates):
                rows.append([
                    name + extra, number(group["people"]), number(group["pairs_of_people"]),
                    number(group["pairs_of_photos"]), *(scientific(r) for r in rates if r),
                ])  # fmt: skip
    head = ["", "people", "pairs of people", "pairs of photos", *(f"at {x:g}" for x in limits)]
    return table(head, rows)


def _same(engine: Values, kind: str) -> str:
    rows = []
    for condition, extra in CONDITIONS:
        for name, group in engine["trials"][f"{kind}_{condition}"]["groups"].items():
            outcomes = group["outcomes"]
            if outcomes and name != "same sex":
                rows.append([
                    name + extra, number(group["genuine_people"]),
                    number(group["genuine_comparisons"]),
                    *(percent(outcomes[word]) for word in ("accepted", "review", "refused")),
                ])  # fmt: skip
    return table(["", "people", "comparisons", "accepted", "review", "refused"], rows)


def _threshold_tables(engine: Values, kind: str) -> list[str]:
    parts = []
    for condition, extra in CONDITIONS[:2]:
        groups = engine["trials"][f"{kind}_{condition}"]["groups"]
        names = [n for n in groups if n in _WITH_TABLES or n.endswith(", same sex")]
        names = names if condition == "plain" else [n for n in ("women", "all") if n in groups]
        names = [name for name in names if groups[name]["false_match"]]
        if not names:
            continue
        rows = [
            [f"{threshold:g}"]
            + [scientific(groups[name]["false_match"][place]) for name in names]
            + [
                percent(groups[name]["false_non_match"][place])
                for name in names[:1] if groups[name]["false_non_match"]
            ]
            for place, threshold in enumerate(engine["thresholds"])
        ]  # fmt: skip
        head = ["threshold", *names]
        head += [f"missed, {name}" for name in names[:1] if groups[name]["false_non_match"]]
        parts += [f"By threshold{extra}: strangers accepted, and the same person missed.",
                  table(head, rows)]  # fmt: skip
    return parts


def _at(engine: Values, kind: str) -> str:
    groups = engine["trials"][f"{kind}_plain"]["groups"]
    rows = []
    for name, group in groups.items():
        cells = [
            f"{at['threshold']:.3f}" if at["threshold"] is not None else at["reason"]
            for at in group["at_false_match_rate"][1:3]
        ]
        rows.append([name, *cells])
    return table(["", "1e-3", "1e-4"], rows)


def _pairs(engine: Values) -> str:
    same = [
        [f"{pair['score']:.3f}", *_names(pair)]
        for key in ("fused_plain", "single_plain")
        for pair in engine["trials"][key]["least_alike_same_person"][:12]
    ]
    others = [
        [f"{pair['score']:.3f}", *_names(pair)]
        for pair in engine["trials"]["single_plain"]["most_alike_strangers"]
    ]
    return (
        "The same name, least alike (first fused probes by their registry photo): wrong labels, "
        "wrong face of several, or misses.\n\n"
        + table(["score", "photo", "photo"], same)
        + "\n\nDifferent names, most alike: wrong labels, relatives, or false matches.\n\n"
        + table(["score", "photo", "photo"], others)
    )


def _names(pair: Values) -> list[str]:
    if "registry_photo" in pair:
        return [pair["registry_photo"], "fused from the person's others"]
    return [str(name) for name in pair["photos"]]


def _photos(engine: Values, document: Values) -> str:
    photos = engine["photos"]
    time = document["timing"]["engines"][engine["name"]]
    rows = [
        ["photos listed · used", f"{number(photos['listed'])} · {number(photos['used'])}"],
        ["could not be read", _listed(photos["unreadable_files"], photos["unreadable"])],
        ["no face found", _listed(photos["no_face_files"], photos["no_face"])],
        ["a second large face beside (the product would ask for another photo)",
         number(photos["second_large_face"])],
        ["no face found under the drawn headscarf", number(photos["no_face_under_headscarf"])],
        *([f"{step.replace('_', ', ')}: p50 · p95",
           f"{time[step]['p50_ms']} ms · {time[step]['p95_ms']} ms"]
          for step in ("decode", "find_measure_embed")),
    ]  # fmt: skip
    return table(["", ""], rows)


def _listed(files: list[Any], count: int) -> str:
    if not count:
        return "0"
    shown = [file if isinstance(file, str) else f"{file[0]} ({file[1]})" for file in files[:20]]
    return f"{number(count)}: {', '.join(shown)}" + (" …" if count > 20 else "")


def rate_at(rates: list[Values], threshold: float) -> Values | None:
    """Return the rate at exactly ``threshold``, None where there is none."""
    return next((rate for rate in rates if rate["threshold"] == threshold), None)
