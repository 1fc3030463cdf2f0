"""How rates are written, and the paragraphs that every report carries."""

from __future__ import annotations

from typing import Any, Final

METHOD: Final = """\
- Each photo is decoded by the product's intake and looked at by the product's engine. Small
  pictures are enlarged to find the face, as the gate for research photographs says (the second
  engine doubles them by itself, as its users do); no gate leaves a photo out for pose or light.
  Where a photo shows several faces, the one nearest the middle is taken, which is the one that
  Labeled Faces in the Wild means. A resident's photo with two large faces is refused.
- **Every pair of people counts alike**, however many photos they have: the rate of a pair is the
  mean over its photos, the rate of a group the mean over its pairs. Genuine rates: every person
  counts alike. A photo without a found face is counted as such and compared with nothing.
- Intervals are 95 % percentiles of a two-way identity bootstrap: people, not pairs, are drawn
  anew.
- **No zero is printed for a rate of strangers.** Where none passed, the figure is an upper bound
  (95 %): the rule of three over the pairs of people, made wider by the design effect (how much
  wider the bootstrap was than independent pairs would be, at the nearest threshold where ten
  pairs of people or more passed), or the upper end at such a lower threshold where that is less;
  without any such threshold, over pairs that share nobody. Genuine rates: over people.
- A threshold for a rate is given where five pairs of people or more are expected to pass it.
- A fused probe is the norm-weighted mean of a person's other photos, at most five, by the
  matcher's own function; each photo serves once as the registry's. They come from different days;
  the frames of a capture come from one moment and gain less by being fused.
- **Headscarves are drawn by the evaluation** (`wallet_api/evaluation/headscarf.py`): opaque cloth
  in varied colours over hair, ears and neck, the oval from eyebrows to chin left free. No veiled
  person is in the data. The same cloth stays on a photo; two photos of a person wear two cloths.
- A wrong label counts as an error of the engine. The pairs to look at are listed."""

LIMITS: Final = """\
- **Not Indonesians.** The photos are press photographs, most of them of Western public figures
  around 2003. Nothing here says how well the matcher knows people of Java, Papua or Aceh.
  Calibrate on consenting residents (3,000 or more, by sex, headscarf, age and region) before
  launch.
- **{asian} people of a group cannot prove 1e-4.** A few dozen people make a few hundred pairs;
  the interval beside each rate says how little that is. Read the upper end.
- **The headscarves are simulated**, the same shape on everybody. Real ones differ in what they
  hide, and real people are photographed differently with them. The figures show the direction and
  the size of the effect, not the rate.
- **Press photographs are not captures and registry photos**: other cameras, poses, make-up and
  years. Registry photos may be older, scanned and smaller; captures are closer and more alike.
- **Labels are wrong in places** (known in Labeled Faces in the Wild: wrong people, mixed-up
  namesakes). They make errors look more frequent at both ends, and at rates below 1e-4 they may
  be most of what is seen.
- Groups are by name and by look, given by others; sex is recorded as two values. Age, skin tone,
  glasses, beards and twins are not reported apart.
- Siblings and twins are not in the data. No matcher of this kind separates them.
- The engine's makers may have trained on these very people. Rates on unknown people can only be
  worse.
- **Attacks are not measured here**: no prints, screens, masks or morphs.
- Not a certified test (no ISO/IEC 19795 procedure, no accredited laboratory)."""


def percent(rate: dict[str, Any]) -> str:
    """Return a genuine rate with its interval, in percent."""
    if not rate["seen_in"]:
        return f"none seen (≤ {_percent(rate['high'])})"
    return f"{_percent(rate['value'])} [{_percent(rate['low'])} – {_percent(rate['high'])}]"


def scientific(rate: dict[str, Any]) -> str:
    """Return a false match rate with its interval; an upper bound where none was seen."""
    if not rate["seen_in"]:
        return f"none seen, ≤ {rate['high']:.1e}" if rate["high"] < 1 else "none seen, too few"
    few = " †" if rate["seen_in"] < 5 else ""
    low = f"{rate['low']:.1e}" if rate["low"] else "0"
    return f"{rate['value']:.1e} [{low} – {rate['high']:.1e}]{few}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def number(count: int) -> str:
    """Return a count with thousands apart."""
    return f"{count:,}"


def _percent(value: float) -> str:
    return f"{value * 100:.2f} %" if value < 1 else "100 %"
