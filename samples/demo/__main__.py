"""`python -m samples.demo [--folder DIR]`: run the story; exit 0 when all of it came true."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from samples.counter_operator import ConsoleRefusal
from samples.demo.stage import set_stage
from samples.demo.story import Story
from samples.demo.telling import StoryBroken, Telling
from samples.phone.errors import PhoneError
from samples.processes import ROOT, ProcessFailed, Services
from samples.site import Site

# The demo confirms one resident in seconds: no lottery for a second officer in between.
SETTINGS = {"WALLET_SECOND_OFFICER_PERCENT": "0"}


def main() -> int:
    """Set the stage, tell the story, stop everything."""
    parser = argparse.ArgumentParser(prog="python -m samples.demo", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "demo")
    args = parser.parse_args()
    telling = Telling()
    site = Site(args.folder.resolve(), settings=SETTINGS)
    services = Services()
    try:
        with services:
            set_stage(site, services, telling)
            verdict = Story(site, telling).tell()
            services.check()
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    except (StoryBroken, ProcessFailed, PhoneError, ConsoleRefusal, OSError) as error:
        return _failed(error, site)
    telling.end()
    print(f"pictures: {_shown(site.folder)}/*.png")
    print(verdict, flush=True)
    return 0


def _failed(error: Exception, site: Site) -> int:
    """Say what broke, with the last words of every program."""
    text = error.explain("en") if isinstance(error, PhoneError) else str(error)
    print(f"\nDEMO FAILED: {text}", file=sys.stderr)
    if not isinstance(error, ProcessFailed):
        for log in sorted(site.logs.glob("*.log")):
            lines = log.read_text("utf-8", "replace").splitlines()[-12:]
            print("\n".join([f"--- {log.name}", *lines]), file=sys.stderr)
    return 1


def _shown(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder


if __name__ == "__main__":
    sys.exit(main())
