"""The command line: `python -m verifier check | camera | bundle | sync | desk | policy`.

Exit codes: 0 valid, 1 not valid, 2 unusable input (nothing was decided). Without `--state` a run
leaves no trace; `--now` never writes state, so trying a time cannot move a terminal's floor.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from verifier.errors import VerifierError
from verifier.words import Language, Words

EXIT_VALID, EXIT_NOT_VALID, EXIT_UNUSABLE = 0, 1, 2


class UsageError(VerifierError):
    """The command line itself is wrong."""


@dataclass(frozen=True, slots=True)
class Console:
    """How to talk: language, colour, JSON or not."""

    words: Words
    colour: bool
    as_json: bool

    def say(self, text: str) -> None:
        """Print to standard output at once: a turnstile reads line by line."""
        print(text, flush=True)

    def complain(self, error: VerifierError) -> None:
        """Print an error that kept anything from being decided."""
        if self.as_json:
            self.say(json.dumps(_undecided(error), ensure_ascii=False))
            return
        detail = f" ({error.detail})" if error.detail else ""
        print(f"{error.code}: {self.words.error(error.code)}{detail}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Never lets a traceback out."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    console = _console(given)
    try:
        options = _parser().parse_args(given)
        command: Callable[[argparse.Namespace, Console], int] = options.command
        return command(options, console)
    except VerifierError as error:
        console.complain(error)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader went away; without this Python complains once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as fault:  # noqa: BLE001  a teller must never see a traceback
        console.complain(VerifierError("INTERNAL", type(fault).__name__))
    return EXIT_UNUSABLE


def _console(given: Sequence[str]) -> Console:
    """Decide how to talk before the command line is understood: its mistakes are told as well."""
    language: Language = "id"
    for before, word in zip(("", *given), given, strict=False):
        if word == "--lang=en" or (before == "--lang" and word == "en"):
            language = "en"
    for stream in (sys.stdout, sys.stderr):  # an old Windows code page cannot print a check mark
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return Console(Words(language), colour, "--json" in given)


def _undecided(error: VerifierError) -> dict[str, object]:
    return {
        "valid": False, "code": error.code, "detail": error.detail, "authentic": False,
        "possession": "none", "status": "unknown", "status_as_of": None, "claims": {},
        "portrait": None,
    }  # fmt: skip


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError("USAGE", message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m verifier", description="Check digital identity offline.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", help="check one text or image"))
    _add_camera(commands.add_parser("camera", help="check what is held before a camera"))
    _add_bundle(commands.add_parser("bundle", help="show or install a bundle"))
    _add_sync(commands.add_parser("sync", help="bring the bundle up to date"))
    _add_desk(commands.add_parser("desk", help="serve the desk's page to this computer"))
    _add_requester(commands.add_parser("requester", help="let challenges say who asks"))
    _add_policy(commands.add_parser("policy", help="check, list or show policies"))
    _add_receipt(commands.add_parser("receipt", help="begin, show, export and check receipts"))
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    from verifier.commands import check

    parser.add_argument(
        "input", metavar="TEXT|IMAGE", help="a QR text, an image file, or - (stdin)"
    )
    _add_terms(parser)
    parser.add_argument(
        "--now", type=_moment, help="check as of this ISO 8601 time; writes no state"
    )
    parser.add_argument("--challenge", metavar="IDC", help="the IDC: text this answers")
    parser.add_argument("--portrait", metavar="FILE", help="write the portrait (WebP) here")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=check)


def _add_camera(parser: argparse.ArgumentParser) -> None:
    from verifier.commands import camera

    _add_terms(parser)
    parser.add_argument("--device", default="0", help="camera number, or a video file (default 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.set_defaults(command=camera, now=None)


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    from verifier.commands import install_bundle, show_bundle

    actions = parser.add_subparsers(required=True, metavar="ACTION")
    show = actions.add_parser("show", help="show what a bundle file holds")
    install = actions.add_parser("install", help="put a bundle into a state folder")
    for action, command in ((show, show_bundle), (install, install_bundle)):
        action.add_argument("file", metavar="FILE")
        action.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
        action.add_argument("--state", metavar="DIR", required=action is install)
        action.add_argument("--lang", choices=("id", "en"), default="id")
        action.add_argument("--now", type=_moment, help="show as of this ISO 8601 time")
        action.add_argument("--json", action="store_true", help="print one JSON object")
        action.set_defaults(command=command)


def _add_sync(parser: argparse.ArgumentParser) -> None:
    from verifier.sync.command import sync

    parser.add_argument("place", metavar="URL|FOLDER", help="where the registry's files are")
    parser.add_argument("--state", metavar="DIR", required=True, help="the terminal's folder")
    parser.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
    parser.add_argument("--lang", choices=("id", "en"), default="id", help="language of the texts")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=sync)


def _add_desk(parser: argparse.ArgumentParser) -> None:
    from verifier.desk.command import DEFAULT_PORT, desk

    _add_terms(parser)
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="(%(default)s)")
    parser.add_argument("--gate", action="store_true", help="hands-free: camera on, big verdict")
    parser.add_argument(
        "--json-lines", action="store_true", help="print one JSON object for each check"
    )
    parser.add_argument(
        "--receipts", action="store_true", help="do not open without receipts (see `receipt init`)"
    )
    parser.add_argument("--name", default="Loket 1", help="the desk's name (%(default)s)")
    parser.add_argument("--purpose", default="", help="what challenges are for; else the policy's")
    parser.add_argument("--requester", metavar="DIR", help="sign challenges with what is in here")
    parser.set_defaults(command=desk)


def _add_policy(parser: argparse.ArgumentParser) -> None:
    from verifier.policy.command import lint_files, list_policies, show_policy

    actions = parser.add_subparsers(required=True, metavar="ACTION")
    lint = actions.add_parser("lint", help="explain every mistake in policy files")
    lint.add_argument("files", metavar="FILE", nargs="+", help="a file, or a policy's name")
    lint.add_argument("--strict", action="store_true", help="exit 1 for warnings as well")
    listing = actions.add_parser("list", help="the policies that --policy knows by name")
    show = actions.add_parser("show", help="print a policy, to be saved and edited")
    show.add_argument("name", metavar="NAME", help="a name, bundle:NAME, or a file")
    commands = ((lint, lint_files), (listing, list_policies), (show, show_policy))
    for action, command in commands:
        action.add_argument("--bundle", metavar="FILE", help="the bundle to look into")
        action.add_argument("--state", metavar="DIR", help="the folder with the bundle in use")
        action.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
        action.add_argument("--lang", choices=("id", "en"), default="id")
        action.add_argument("--json", action="store_true", help="print one JSON value")
        action.set_defaults(command=command)


def _add_receipt(parser: argparse.ArgumentParser) -> None:
    from verifier.receipts.arguments import add_receipt

    add_receipt(parser)


def _add_requester(parser: argparse.ArgumentParser) -> None:
    from verifier.requester_commands import add_requester

    add_requester(parser)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise ValueError(text)
    return port


def _add_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bundle", metavar="FILE", help="the bundle (or one is installed in --state)"
    )
    parser.add_argument(
        "--policy", default="default", help="a built-in name, bundle:NAME or a JSON file"
    )
    parser.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
    parser.add_argument("--state", metavar="DIR", help="remember bundle version, clock and proofs")
    parser.add_argument("--lang", choices=("id", "en"), default="id", help="language of the texts")


def _moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("TIME_INVALID") from None
    if when.tzinfo is None:
        raise UsageError("TIME_INVALID")
    try:
        return when.astimezone(UTC)
    except OverflowError:
        raise UsageError("TIME_INVALID") from None
