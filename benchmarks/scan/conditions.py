"""All that lies between a code and the picture of it, as physical quantities.

The defaults are a good counter: a phone at half brightness or more, an even light, a webcam in
focus. Lengths on the code are in modules, so that they mean the same at every distance; a module
of version 22 across a phone of 65 mm is 0.5 mm.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a code is shown, held and photographed."""

    # How it is held. Angles in degrees; the camera is four code widths away.
    yaw: float = 0.0
    pitch: float = 0.0
    turn: float = 3.0  # nobody holds a phone straight
    bend: float = 0.0  # the arc that a printed code takes up on a cylinder
    fold: float = 0.0  # the angle of a crease through a printed code
    corner: float = 0.0  # share of the way from the frame's middle to its corner
    barrel: float = 0.0  # share by which a wide lens draws the frame's corners in
    # What is shown. Light as a share of the phone's white.
    black: float = 0.01  # an unlit module with the room's light on the glass
    inverted: bool = False
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # red, green, blue of the white
    screen_pixels: float = 0.0  # a module in screen pixels, where the camera resolves them; 0: not
    cracks: int = 0  # lines from one point of impact
    smudge: float = 0.0  # share of the code under grease, which scatters
    finger: float = 0.0  # modules of the quiet zone that a finger covers on one side
    covered: float = 0.0  # share of the code's modules under something opaque
    clutter: float = 0.0  # share of the desk around that is printed on
    # Light on it.
    veil: float = 0.0  # the room's even reflection
    glare: float = 0.0  # a lamp's reflection that burns out, diameter as a share of the code
    window: float = 0.0  # a window's reflection over half of the code
    shadow: float = 0.0  # share of the light that a hand takes from half of a print
    # The lens. Modules.
    defocus: float = 0.0  # diameter of the blur disc
    motion: float = 0.0  # way during the exposure, straight
    shake: float = 0.0  # way of a tremor during the exposure, root of mean square
    # The sensor and what leaves it.
    exposure: float = 0.6  # the phone's white as a share of saturation
    electrons: float = 5000.0  # at saturation: a small webcam pixel
    read_noise: float = 4.0  # electrons
    bands: float = 0.0  # depth of the bands that a dimmed display draws into a short exposure
    jpeg: int = 85  # quality of the webcam's own MJPEG
