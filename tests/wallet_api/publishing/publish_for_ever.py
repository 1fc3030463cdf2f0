"""Publishes again and again until it is killed (C14)."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.wallet_api.simulators import make_deps
from wallet_api.services import publication


def main() -> None:
    url, folder = sys.argv[1:]
    world = make_deps(url, Path(folder))
    publication.region_names()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        publication.publish(world.deps)


if __name__ == "__main__":
    main()
