"""`python -m samples.faces.build DIR [NAME …]`: write prepared captures for the reference phone.

Every name becomes a folder below DIR: those of `prepared.py` (`good`, `wrong_order`, …; all of
them without a name), or the id of a sample resident for what that person's camera sees. Each run
takes new pictures, as a camera would; `--take TEXT` makes the same bytes again.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from samples.faces.captures import find_resident, take_pictures
from samples.faces.prepared import NAMES, write_session


def main(arguments: list[str] | None = None) -> int:
    """Write the folders; 1 for an unknown name."""
    parser = argparse.ArgumentParser(prog="python -m samples.faces.build", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--take", help="the same text gives the same pictures")
    parser.add_argument("--small", action="store_true", help="residents: pictures of about 12 KB")
    args = parser.parse_args(arguments)
    take = args.take or secrets.token_hex(8)
    for name in args.names or NAMES:
        folder = args.folder / name
        if name in NAMES:
            session = write_session(name, folder, take=take)
            print(f"{folder}: {session.why} → {session.expect}")
            continue
        try:
            pictures = take_pictures(find_resident(name), take=take, small=args.small)
        except KeyError:
            print(f"{name}: neither a prepared capture nor somebody who turns", file=sys.stderr)
            return 1
        pictures.write(folder)
        print(f"{folder}: what the camera of {name} sees")
    return 0


if __name__ == "__main__":
    sys.exit(main())
