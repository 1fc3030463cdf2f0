"""What `python -m verifier receipt …` can be told. Loads nothing: every command passes here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.cli import Console


def add_receipt(parser: argparse.ArgumentParser) -> None:
    """Add every action."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_init(actions.add_parser("init", help="begin a chain of receipts in a state folder"))
    _add_recipient(actions.add_parser("recipient", help="set whom the claims are sealed for"))
    _add_recipient_key(actions.add_parser("recipient-key", help="make the institution's key pair"))
    _add_show(actions.add_parser("show", help="show how a chain stands, or one receipt"))
    _add_export(actions.add_parser("export", help="write a part of the chain for an auditor"))
    _add_check(actions.add_parser("check", help="hold exported files against what they promise"))
    _add_prune(actions.add_parser("prune", help="delete whole months whose time is over"))


def _add_init(parser: argparse.ArgumentParser) -> None:
    _add_state(parser)
    parser.add_argument("--recipient", metavar="PUB.pem", help="seal claims for this public key")
    _finish(parser, "init")


def _add_recipient(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="PUB.pem", help="the institution's public key")
    _add_state(parser)
    _finish(parser, "recipient")


def _add_recipient_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="PRIVATE.pem", help="where the private key goes")
    parser.add_argument("--public", metavar="PUB.pem", required=True, help="and the public one")
    _add_password(parser)
    _finish(parser, "recipient_key")


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER", type=int, nargs="?", help="one receipt")
    _add_state(parser)
    _add_open(parser)
    _finish(parser, "show")


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the new file")
    _add_state(parser)
    parts = "a number, or a day (YYYY-MM-DD, UTC)"
    parser.add_argument("--from", dest="begin", metavar="N|DAY", help=f"first: {parts}")
    parser.add_argument("--to", dest="end", metavar="N|DAY", help=f"last, included: {parts}")
    _finish(parser, "export_part")


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="exports of one chain, oldest first; or a folder"
    )
    parser.add_argument("--key", metavar="PUB", help="the desk's key, or its fingerprint")
    parser.add_argument(
        "--head",
        metavar="IDR",
        action="append",
        default=[],
        help="text at a printed receipt's foot",
    )
    parser.add_argument(
        "--policy", metavar="FILE", action="append", default=[], help="a policy that was in force"
    )
    _add_open(parser)
    parser.add_argument("--bundle", metavar="FILE", help="check the issuers' signatures as well")
    parser.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
    _finish(parser, "check")


def _add_prune(parser: argparse.ArgumentParser) -> None:
    _add_state(parser)
    parser.add_argument(
        "--before", metavar="YYYY-MM", required=True, help="keep from this month on"
    )
    _finish(parser, "prune")


def _add_state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", required=True, help="the terminal's folder")


def _add_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--open", metavar="PRIVATE.pem", help="open what is sealed")
    _add_password(parser)


def _add_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-file", metavar="FILE", help="the private key's password, on the first line"
    )


def _finish(parser: argparse.ArgumentParser, action: str) -> None:
    def run(options: argparse.Namespace, console: Console) -> int:
        from verifier.receipts import command

        code: int = getattr(command, action)(options, console)
        return code

    parser.add_argument("--lang", choices=("id", "en"), default="id", help="language of the texts")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(command=run)
