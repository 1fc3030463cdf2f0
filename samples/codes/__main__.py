"""`python -m samples.codes`: a stick, a terminal of yesterday, and codes to scan, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from samples.codes.page import create_app, serve
from samples.codes.pictures import table, write_pictures
from samples.codes.stick import Folder, FolderTaken, prepare
from samples.processes import ROOT

PORT = 8097
FOLDER = ROOT / "var" / "codes"


def main() -> int:
    """Prepare the folder, say what to do, show the codes."""
    parser = argparse.ArgumentParser(prog="python -m samples.codes", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="made anew each time")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--host", default="127.0.0.1", help="0.0.0.0 shows the page to a phone as well"
    )
    parser.add_argument("--only-prepare", action="store_true", help="show no page")
    args = parser.parse_args()
    now = int(time.time())
    try:
        folder = prepare(args.folder.resolve(), now)
    except FolderTaken as taken:
        print(f"{taken} holds something else; choose another --folder", file=sys.stderr)
        return 2
    write_pictures(folder, now)
    if args.only_prepare:
        print(_guide(folder, ""))
        return 0
    try:
        server = serve(create_app(now), host=args.host, port=args.port)
    except (OSError, SystemExit):
        print(f"port {args.port} is taken; choose another --port", file=sys.stderr)
        return 2
    print(_guide(folder, f"http://127.0.0.1:{server.server_port}/"), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nstopped")
    finally:
        server.server_close()
    return 0


def _guide(folder: Folder, address: str) -> str:
    stick, terminal = _shown(folder.stick), _shown(folder.terminal)
    page = f"  The codes, one at a time:  {address}\n" if address else ""
    return f"""
{page}  The same as pictures:      {_shown(folder.codes)}/

1. Cut the network. Nothing here needs it.
2. .venv/bin/python -m verifier desk --state {terminal}
   Scan code 2: under yesterday's bundle it is VALID.
3. .venv/bin/python -m verifier sync {stick} --state {terminal}
   (or copy {stick} to a USB stick and name the place where it is mounted)
   The desk takes the new bundle by itself. Scan all ten.

{table()}"""


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
