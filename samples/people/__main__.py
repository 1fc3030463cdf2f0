"""Builds the sample registry, or lets something happen to its people.

python -m samples.people --out FILE
python -m samples.people change --db FILE --nik NIK [--status DECEASED] [--set name=VALUE …]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from samples.people.registry import build_registry, change_person, change_status, load_residents
from wallet_api.ports.registry import RegistryStatus


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "change":
        return _change(options)
    if options.out is None:
        _parser().error("--out FILE is needed")
    build_registry(options.out)
    print(f"{options.out}: built. Residents to try:")
    for resident in load_residents():
        print(f"  {resident['nik']}  {resident['name']} ({resident['special']})")
    return 0


def _change(options: argparse.Namespace) -> int:
    values = dict(pair.split("=", 1) for pair in options.set)
    try:
        if values:
            change_person(options.db, options.nik, **values)
        if options.status:
            change_status(options.db, options.nik, RegistryStatus(options.status))
    except LookupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m samples.people", description=__doc__)
    parser.add_argument("--out", type=Path, help="the SQLite file to write")
    commands = parser.add_subparsers(dest="command")
    change = commands.add_parser("change", help="let something happen to a person")
    change.add_argument("--db", type=Path, required=True)
    change.add_argument("--nik", required=True)
    change.add_argument("--status", choices=[status.value for status in RegistryStatus])
    change.add_argument("--set", action="append", default=[], metavar="name=value")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
