"""The command line of the reference phone."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_API = "http://127.0.0.1:8080"
OFFICE_REASONS = ("cannot_turn_head", "no_camera", "prefer_office")
BLOCK_REASONS = ("lost", "stolen", "other")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the command's name is in `command`."""
    parser = argparse.ArgumentParser(
        prog="python -m samples.phone",
        description="The reference phone: one folder is one phone. Commands in their usual order.",
    )
    parser.add_argument("--home", type=Path, required=True, help="folder of this phone")
    parser.add_argument("--api", help=f"address of the wallet API (default {DEFAULT_API})")
    parser.add_argument("--lang", choices=("id", "en"), help="language of all texts")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _enrolment_commands(commands)
    _wallet_commands(commands)
    return parser


def _enrolment_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    enrol = commands.add_parser("enrol", help="begin: NIK, e-mail, phone number")
    enrol.add_argument("--nik", required=True)
    enrol.add_argument("--email", required=True)
    enrol.add_argument("--phone", required=True)

    contact = commands.add_parser("contact", help="type the codes from e-mail and SMS")
    contact.add_argument("--email-code", default="")
    contact.add_argument("--sms-code", default="")
    contact.add_argument("--outbox", type=Path, help="read the codes from a file outbox (samples)")
    contact.add_argument("--resend", action="store_true", help="ask for new codes instead")

    face = commands.add_parser("face", help="show the face: follow the prompts of the service")
    how = face.add_mutually_exclusive_group()
    how.add_argument("--folder", type=Path, metavar="DIR", help="pictures instead of a camera")
    how.add_argument("--camera", metavar="N|FILE", help="number of a webcam, or a video")
    how.add_argument("--office", choices=OFFICE_REASONS, help="let an officer look instead")

    _pin_option(commands.add_parser("pin", help="choose the PIN"))

    scan = commands.add_parser("scan", help="at the counter: scan, check the office, PIN, number")
    source = scan.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="the scanned text, IDK:…")
    source.add_argument("--image", type=Path, help="a photo or screenshot of the display")
    source.add_argument("--display", metavar="URL", help="the display page of a kiosk")
    scan.add_argument("--yes", action="store_true", help="I am standing at this counter")
    _pin_option(scan)

    commands.add_parser("status", help="what comes next, and until when")
    commands.add_parser("cancel", help="end the enrolment")


def _wallet_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    receive = commands.add_parser("receive", help="fetch the documents into the wallet")
    receive.add_argument("--type", action="append", dest="types", help="only this type (repeat)")
    _pin_option(receive)

    commands.add_parser("cards", help="list what this phone holds (offline)")

    present = commands.add_parser("present", help="show a document (offline)")
    present.add_argument("--type", default="id_card")
    present.add_argument("--profile", default="full")
    present.add_argument("--part", type=int, default=0, help="of a document in several codes")
    asked = present.add_mutually_exclusive_group()
    asked.add_argument("--challenge", metavar="IDC:…", help="answer a verifier's challenge")
    asked.add_argument("--scan", metavar="N|FILE", help="the same: by webcam, picture or video")
    present.add_argument("--yes", action="store_true", help="answer it without being asked")
    how = present.add_mutually_exclusive_group()
    how.add_argument("--text", action="store_true", help="print the text (default)")
    how.add_argument("--png", type=Path, metavar="FILE", help="draw the QR")
    how.add_argument("--card", type=Path, metavar="FILE", help="draw the document with its QR")
    how.add_argument("--watch", action="store_true", help="QR in this terminal, every 15 s anew")

    commands.add_parser("requesters", help="fetch who may ask; receive and renew do it as well")

    approve = commands.add_parser("approve", help="let another wallet have copies of documents")
    approve.add_argument("link", metavar="LINK", help="ikd-wallet://authorize?id=… of the page")
    approve.add_argument("--refuse", action="store_true", help="refuse; takes no PIN")
    approve.add_argument("--yes", action="store_true", help="I started it, the number is the same")
    _pin_option(approve)

    commands.add_parser("renew", help="renew what is past half its life; asks nothing")
    block = commands.add_parser("block", help="block the wallet")
    block.add_argument("--reason", choices=BLOCK_REASONS, default="lost")
    _pin_option(block)


def _pin_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pin", help="6 digits; asked for when absent")
