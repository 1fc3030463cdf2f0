"""Setting the stage: the registry, the keys, the programs, the office, the faces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samples.demo.telling import Telling
from samples.people import camera_frames
from samples.processes import Services
from samples.site import Site

HERO = "budi"
OTHER_FACE = "slamet"


def set_stage(site: Site, services: Services, telling: Telling) -> None:
    """Make everything anew in the site's folder and start the programs."""
    telling.chapter("The registry opens")
    site.clear()
    site.make_folders()
    with telling.step("sample registry built, keys made, schema migrated") as notes:
        site.build_together()
        notes.append("SQLite; every key of this run is new, none is a sample key")
    with telling.step("API and worker started") as notes:
        api = site.start_api(services)
        site.start_worker(services)
        api.wait_ready(f"{site.api}/readyz")
        notes.append(f"{site.api}/docs (stops when the demo ends)")
    with telling.step("office, operators and kiosk registered; kiosk started") as notes:
        site.make_office()
        site.start_kiosk(services).wait_ready(f"{site.kiosk}/display")
        notes.append(f"{site.kiosk}/display")


def write_faces(folder: Path, person: dict[str, Any]) -> list[Path]:
    """Write what the camera of that resident's phone sees; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, frame in enumerate(camera_frames(person["face"]["frames"]), 1):
        file = folder / f"frame-{number}.jpg"
        file.write_bytes(frame)
        files.append(file)
    return files
