"""Charges one comparison as the service does, says so, and waits to be killed (C5)."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from tests.wallet_api.simulators import make_deps
from wallet_api.ports.faces import FaceJob
from wallet_api.services import faces


class Waiting:
    """In the place of the matcher: it never comes to an answer."""

    def match(self, job: FaceJob) -> NoReturn:
        sys.stdout.write(f"charged {len(job.frames)}\n")
        sys.stdout.flush()
        time.sleep(60)
        raise SystemExit


def main() -> None:
    url, folder, enrolment, capture = sys.argv[1:]
    world = make_deps(url, Path(folder))
    world.clock.advance(seconds=5)  # the prompts' time has passed in this process, too
    deps = replace(world.deps, faces=Waiting())
    faces.submit(deps, enrolment, capture, once=None)


if __name__ == "__main__":
    main()
