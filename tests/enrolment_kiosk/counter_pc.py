"""A counter PC for tests: the kiosk's program on a real port, and a drawn sample resident."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from enrolment_kiosk.app import Tempo, assemble, create_app, make_server
from enrolment_kiosk.heartbeat import Rhythm
from tests.enrolment_kiosk.api_people import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from enrolment_kiosk.clock import KioskClock
    from enrolment_kiosk.web.state import Kiosk

QUICK = Tempo(rotate_seconds=2, poll_seconds=0.3, rhythm=Rhythm(well=1.0, unwell=0.3, tick=0.1))


@dataclass(frozen=True)
class CounterPc:
    url: str
    kiosk: Kiosk


@contextmanager
def running_kiosk(
    folder: Path, *, tempo: Tempo = QUICK, clock: KioskClock | None = None
) -> Iterator[CounterPc]:
    """Serve the kiosk of this folder, heartbeat included."""
    kiosk = assemble(folder, tempo=tempo, clock=clock)
    server = make_server(create_app(kiosk), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    kiosk.heartbeat.start()
    try:
        yield CounterPc(f"http://127.0.0.1:{server.server_port}", kiosk)
    finally:
        server.shutdown()
        server.server_close()
        kiosk.heartbeat.stop()


def draw_portrait(*, skin: str = "#b98058", hair: str = "#1d1a19", shirt: str = "#8fa8b8") -> bytes:
    """Draw a person who does not exist, as JPEG."""
    scale, width, height = 3, 360, 480
    image = Image.new("RGB", (width * scale, height * scale), "#b6332f")
    draw = ImageDraw.Draw(image)

    def ellipse(x: float, y: float, rx: float, ry: float, colour: str) -> None:
        box = [(x - rx) * scale, (y - ry) * scale, (x + rx) * scale, (y + ry) * scale]
        draw.ellipse(box, fill=colour)

    ellipse(180, 560, 175, 190, shirt)
    ellipse(180, 205, 104, 124, hair)
    draw.rectangle([v * scale for v in (146, 280, 214, 400)], fill=skin)
    ellipse(180, 400, 34, 26, skin)
    ellipse(180, 232, 86, 110, skin)
    ellipse(180, 130, 84, 42, hair)
    for x in (148, 212):
        ellipse(x, 226, 14, 8, "#f7f3ee")
        ellipse(x, 226, 7, 7, "#2a1b14")
        draw.line([v * scale for v in (x - 17, 207, x + 17, 204)], fill=hair, width=5 * scale)
    draw.line([v * scale for v in (180, 232, 174, 262)], fill="#8f5d3c", width=3 * scale)
    draw.line([v * scale for v in (174, 262, 188, 264)], fill="#8f5d3c", width=3 * scale)
    draw.arc([v * scale for v in (152, 268, 208, 304)], 20, 160, fill="#7d3b33", width=5 * scale)
    out = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(out, "JPEG", quality=88)
    return out.getvalue()


def budi() -> Person:
    return Person("BUDI SANTOSO", "3173021001989574", photo=draw_portrait())


def siti() -> Person:
    portrait = draw_portrait(skin="#c8946a", hair="#2f3e63", shirt="#2f3e63")
    return Person(
        "SITI NURHALIZAH PUTRI", "3173044104969400", "OPPO CPH2669", "317", photo=portrait
    )
