"""Setting the stage: the registry, the keys, the programs, the office, the faces."""

from __future__ import annotations

from samples.demo.telling import Telling
from samples.processes import Services
from samples.site import Site

HERO = "budi"
OTHER_FACE = "slamet"


def set_stage(site: Site, services: Services, telling: Telling) -> None:
    """Make everything anew in the site's folder and start the programs."""
    telling.chapter("The registry opens")
    site.clear()
    site.make_folders()
    with site.administrator() as admin:
        with telling.step("sample registry built, keys made, schema migrated") as notes:
            site.build_together(admin)
            notes.append("SQLite; every key of this run is new, none is a sample key")
        with telling.step(
            "office and operators registered; API, worker and kiosk started"
        ) as notes:
            api = site.start_api(services)
            site.start_worker(services)
            token = site.make_office(admin)
            root = admin.run("admin", "bundle-root")
            (site.folder / "bundle-root.pem").write_text(root, "utf-8")
            api.wait_ready(f"{site.api}/readyz")
            site.make_kiosk(token)
            site.start_kiosk(services).wait_ready(f"{site.kiosk}/display")
            notes.append(f"{site.api}/docs  {site.kiosk}/display  (until the demo ends)")
