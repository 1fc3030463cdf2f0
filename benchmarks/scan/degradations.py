"""What goes wrong at a counter, how badly, and what each number means.

Three severities of each: what happens all day, what happens daily, and about the worst that a
person would still hold up. They were set from what phones, hands and webcams do, before anything
was read; combinations that fail stay in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.scan.conditions import Conditions

SEVERITIES = ("usual", "poor", "bad")


@dataclass(frozen=True, slots=True)
class Degradation:
    """One way to make a picture worse, by a strength in `unit`."""

    name: str
    unit: str
    why: str
    strengths: tuple[float, float, float]
    conditions: Callable[[float], Conditions]
    most: float = 1e9  # where the quantity ends


def _night(strength: float) -> Conditions:
    return Conditions(tint=(1.0, 1 - 0.8 * strength, 1 - 0.95 * strength), exposure=0.5)


def _dim(strength: float) -> Conditions:
    return Conditions(veil=strength, exposure=0.12 / strength**0.5, electrons=2500)


DEGRADATIONS = (
    Degradation(
        "clean", "–", "even light, in focus, 3° turned", (0, 0, 0), lambda _: Conditions()
    ),
    Degradation(
        "defocus", "modules of blur disc",
        "a webcam focused on a face at 50 cm sees a phone at 25 cm with a disc of 1 module",
        (0.7, 1.1, 1.5), lambda s: Conditions(defocus=s),
    ),
    Degradation(
        "motion", "modules during the exposure",
        "a hand moving 15, 30, 45 mm/s at 1/60 s",
        (0.5, 1.0, 1.5), lambda s: Conditions(motion=s),
    ),
    Degradation(
        "hand shake", "modules, root of mean square",
        "a tremor of 8 to 12 Hz seen through an exposure of 1/30 s",
        (0.2, 0.35, 0.5), lambda s: Conditions(shake=s),
    ),
    Degradation(
        "tilt sideways", "degrees", "from 4 code widths away",
        (15, 30, 45), lambda s: Conditions(yaw=s), most=75,
    ),
    Degradation(
        "tilt back", "degrees", "from 4 code widths away",
        (15, 30, 45), lambda s: Conditions(pitch=s), most=75,
    ),
    Degradation(
        "rotation", "degrees", "45 is the worst there is",
        (15, 30, 45), lambda s: Conditions(turn=s), most=45,
    ),
    Degradation(
        "glare", "diameter, share of the code", "a lamp mirrored in the glass: burnt out, a halo",
        (0.05, 0.1, 0.15), lambda s: Conditions(glare=s), most=0.6,
    ),
    Degradation(
        "window mirrored", "light over the phone's white", "a bright window over half of the code",
        (0.2, 0.4, 0.8), lambda s: Conditions(window=s, exposure=0.6 / (1 + s)),
    ),
    Degradation(
        "moiré", "modules a screen pixel",
        "8, 5, 3 screen pixels a module: a 1080p phone, a 720p one, a small code on a 720p one",
        (1 / 8, 1 / 5, 1 / 3), lambda s: Conditions(screen_pixels=1 / s), most=1,
    ),
    Degradation(
        "low light", "noise over signal at white",
        "signal to noise 22, 11, 6: a dark booth and a short exposure",
        (1 / 22, 1 / 11, 1 / 6),
        lambda s: Conditions(electrons=1 / s**2 / 0.5 + 8 / s, exposure=0.5), most=1,
    ),
    Degradation(
        "dim phone", "room's reflection over the phone's white",
        "white of 80, 40, 20 cd/m² under 500 lux, the camera exposing for the room",
        (0.25, 0.5, 1.0), _dim, most=60,
    ),
    Degradation(
        "overexposed", "white over saturation", "a bright phone in a dark booth, flare of the lens",
        (1.5, 3.0, 6.0), lambda s: Conditions(exposure=s, black=0.03), most=50,
    ),
    Degradation(
        "compression", "below JPEG quality 100", "quality 60, 35, 20; colours at half resolution",
        (40, 65, 80), lambda s: Conditions(jpeg=round(100 - s)), most=99,
    ),
    Degradation(
        "small in clutter", "share of the desk printed on",
        "forms and leaflets round the phone, code towards the frame's corner",
        (0.3, 0.6, 1.0), lambda s: Conditions(clutter=s, corner=0.7), most=1.5,
    ),
    Degradation(
        "wide lens", "share the corners are drawn in", "in the corner of a 90°, 110°, 120° lens",
        (0.06, 0.12, 0.2), lambda s: Conditions(barrel=s, corner=0.8), most=0.4,
    ),
    Degradation(
        "cracked screen", "cracks from one impact", "0.1 to 0.3 mm wide, dark, grey or glittering",
        (3, 6, 12), lambda s: Conditions(cracks=round(s)),
    ),
    Degradation(
        "smudge", "share of the code under grease", "half of its light scattered over 2 modules",
        (0.2, 0.4, 0.7), lambda s: Conditions(smudge=s), most=1,
    ),
    Degradation(
        "finger at the edge", "modules of quiet zone covered on one side", "4 would touch the code",
        (2, 3, 3.7), lambda s: Conditions(finger=s), most=4,
    ),
    Degradation(
        "partly covered", "share of the modules", "level L can restore about 0.07 of the codewords",
        (0.01, 0.02, 0.03), lambda s: Conditions(covered=s), most=0.3,
    ),
    Degradation(
        "dimming bands", "depth", "an OLED dimmed at 240 Hz under an exposure of 1/500 s",
        (0.3, 0.6, 0.9), lambda s: Conditions(bands=s), most=1,
    ),
    Degradation(
        "night colours", "share of blue taken away", "the evening filter; 1 is almost only red",
        (0.4, 0.7, 1.0), _night, most=1,
    ),
    Degradation(
        "dark mode", "light of what should be dark",
        "white modules on black or grey: an app that inverts",
        (0.01, 0.1, 0.3), lambda s: Conditions(inverted=True, black=s), most=0.95,
    ),
    Degradation(
        "curved print", "degrees of arc", "round a cylinder of 1.4, 0.7, 0.5 code widths radius",
        (40, 80, 110), lambda s: Conditions(bend=s, black=0.07), most=160,
    ),
    Degradation(
        "folded print", "degrees at the crease", "one side in other light",
        (10, 20, 35), lambda s: Conditions(fold=s, black=0.07), most=75,
    ),
    Degradation(
        "shadow on print", "share of the light taken", "a hand's shadow with a hard edge",
        (0.5, 0.7, 0.85), lambda s: Conditions(shadow=s, black=0.07), most=0.98,
    ),
)  # fmt: skip
