"""`python -m wallet_api`: `admin …` for administrators, `jobs …` for timers, `face …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from wallet_api.errors import WalletError
from wallet_api.evaluation.refusal import EvaluationRefused


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 done, 1 refused (the reason on standard error), 2 not understood."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["jobs"]:
        return _run_job(words[1:])
    options = _parser().parse_args(words)
    module, function = options.run
    command: Callable[[argparse.Namespace], str] = getattr(
        import_module(f"wallet_api.admin.{module}"), function
    )
    try:
        print(command(options))
    except WalletError as error:
        return _complain(error)
    except EvaluationRefused as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"{type(error).__name__}: {error.filename}", file=sys.stderr)
        return 1
    return 0


def _run_job(words: list[str]) -> int:
    from wallet_api import jobs

    try:
        return jobs.main(words)
    except WalletError as error:
        return _complain(error)


def _complain(error: WalletError) -> int:
    print(error.code, file=sys.stderr)
    faults = error.facts.get("errors")
    for fault in faults if isinstance(faults, list) else ():
        words = [str(part) for part in fault.values()] if isinstance(fault, dict) else [str(fault)]
        print(f"  {': '.join(words)}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wallet_api", description=__doc__)
    kinds = parser.add_subparsers(required=True, metavar="COMMAND")
    kinds.add_parser("jobs", help="background work: jobs NAME, jobs work", add_help=False)
    admin = kinds.add_parser("admin", help="administration").add_subparsers(
        required=True, metavar="WHAT"
    )
    _keys(_group(admin, "keys", "the service's own keys"))
    _offices(_group(admin, "offices", "service units"))
    _kiosks(_group(admin, "kiosks", "the programs at the counters"))
    _operators(_group(admin, "operators", "who may confirm people"))
    _people(admin)
    _offer(admin)
    _relying_parties(_group(admin, "relying-parties", "institutions whose desks sign challenges"))
    _command(admin, "migrate", ("schema", "migrate"), "bring the database to the newest schema")
    _command(
        admin,
        "after-restore",
        ("recovery", "after_restore"),
        "make a restored database safe to issue from (docs/operations.md)",
    )
    _command(admin, "policies", ("policies", "show"), "list the policies the next bundle carries")
    _command(admin, "bundle-root", ("keys", "show_bundle_root"), "print the key that verifiers pin")
    _command(
        admin,
        "issuer-root",
        ("keys", "show_issuer_root"),
        "print the certificate that verifiers of SD-JWT VCs, mdocs and status lists trust",
    )
    _faces(_group(kinds, "face", "face matching: how good it is and who vouches for it"))
    return parser


def _group(parent: Any, name: str, text: str) -> Any:
    return parent.add_parser(name, help=text).add_subparsers(required=True, metavar="ACTION")


def _command(parent: Any, name: str, run: tuple[str, str], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = parent.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _keys(group: Any) -> None:
    parser = _command(group, "init", ("keys", "init"), "make every key that is missing")
    parser.add_argument("--dir", type=Path, required=True, help="folder (WALLET_KEYS_DIR)")
    parser.add_argument("--public-url", help="address in the certificates (WALLET_PUBLIC_URL)")
    parser = _command(
        group, "new-root", ("keys", "new_root"), "let the bundle root introduce a new one"
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder (WALLET_KEYS_DIR)")


def _faces(group: Any) -> None:
    _evaluation(group)
    parser = _command(
        group, "calibrate", ("calibration", "calibrate"), "sign the thresholds of a measured model"
    )
    parser.add_argument("--report", type=Path, required=True, help="report.json of an evaluation")
    parser.add_argument("--match", type=float, help="same person from here on (as packaged)")
    parser.add_argument("--review", type=float, help="an officer from here on (as packaged)")
    parser.add_argument("--note", default="", help="one sentence for whoever reads it later")
    parser.add_argument("--keys", type=Path, help="folder of the key (WALLET_KEYS_DIR)")
    parser.add_argument("--out", type=Path, help="file (face-calibration.jws in that folder)")
    _command(group, "calibration", ("calibration", "show"), "show the thresholds in force")


def _evaluation(group: Any) -> None:
    parser = _command(
        group, "evaluate", ("evaluation", "evaluate"), "measure the matcher on labelled photographs"
    )
    _folders(parser, "CSV with columns file, person, and where known sex (M, F) and group")
    parser.add_argument(
        "--engine",
        action="append",
        choices=["sface", "face-recognition"],
        help="sface where none is named; more than one: side by side",
    )
    parser.add_argument(
        "--fused", type=int, default=3, help="photos to fuse, at least (%(default)s)"
    )
    parser.add_argument("--limit", type=int, help="only the first so many people")
    parser.add_argument(
        "--processes", type=int, default=2, help="look at so many photos at once (%(default)s)"
    )
    parser = _command(
        group,
        "evaluate-challenge",
        ("evaluation", "evaluate_turns"),
        "measure the capture challenge on photographs of turned heads",
    )
    _folders(parser, "CSV with columns file, person, pose, and expression, eyes")
    parser.add_argument(
        "--leave-out",
        action="append",
        default=[],
        help="a photo with a wrong label; the report says",
    )


def _folders(parser: argparse.ArgumentParser, index: str) -> None:
    parser.add_argument("--images", type=Path, required=True, help="folder of the photos")
    parser.add_argument("--index", type=Path, required=True, help=index)
    parser.add_argument("--report", type=Path, required=True, help="folder to write to; is made")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (%(default)s)")
    parser.add_argument("--bootstrap", type=int, default=1000, help="repetitions (%(default)s)")
    parser.add_argument("--name", help="what the report calls the data (the folder's name)")
    parser.add_argument("--date", type=date.fromisoformat, help="YYYY-MM-DD (today, UTC)")


def _offices(group: Any) -> None:
    parser = _command(group, "add", ("counter", "add_office"), "add an office")
    parser.add_argument("--code", required=True, help="its code, as in frames and certificates")
    parser.add_argument("--name", required=True)
    parser.add_argument("--head", default="", help="the head of the office, for the record")
    parser = _command(
        group, "passkeys", ("counter", "demand_passkeys"), "whether a password opens a shift"
    )
    parser.add_argument("--code", required=True)
    parser.add_argument(
        "--demanded",
        required=True,
        choices=["yes", "no"],
        help="yes: not for who has a passkey",
    )


def _kiosks(group: Any) -> None:
    parser = _command(group, "add", ("counter", "add_kiosk"), "plan a kiosk; prints its token")
    parser.add_argument("--office", required=True, help="code of the office")
    parser.add_argument("--name", required=True)
    parser = _command(group, "block", ("counter", "block_kiosk"), "block a kiosk for good")
    parser.add_argument("kiosk", help="id of the kiosk")
    parser.add_argument("--reason", default="admin")


def _operators(group: Any) -> None:
    parser = _command(group, "add", ("counter", "add_operator"), "add an operator; prints secrets")
    parser.add_argument("--office", required=True, help="code of the office")
    parser.add_argument("--username", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--role", required=True, choices=["operator", "supervisor"])
    parser.add_argument("--password-file", type=Path, help="otherwise a password is made")
    parser = _command(group, "end", ("counter", "end_operator"), "take an operator's rights away")
    parser.add_argument("--username", required=True)
    passkeys = _group(group, "passkeys", "what operators sign in with instead of a password")
    parser = _command(passkeys, "list", ("counter", "list_passkeys"), "list an operator's passkeys")
    parser.add_argument("--username", required=True)
    parser = _command(
        passkeys, "remove", ("counter", "remove_passkey"), "remove a passkey; ends the open shift"
    )
    parser.add_argument("--username", required=True)
    parser.add_argument("--id", required=True, help="as listed")


def _offer(admin: Any) -> None:
    parser = _command(
        admin,
        "offer",
        ("openid", "make_offer"),
        "offer documents to a standard wallet; prints one URI",
    )
    parser.add_argument("--nik", required=True, help="- reads it from standard input")
    parser.add_argument(
        "--type", action="append", required=True, help="id_card, …; may be repeated"
    )
    parser.add_argument("--format", required=True, choices=["dc+sd-jwt", "mso_mdoc"])
    parser.add_argument(
        "--grant", choices=["pre-authorized", "authorization-code"], default="pre-authorized"
    )
    code = parser.add_mutually_exclusive_group()
    code.add_argument("--tx-code", help="4 to 12 digits (made and sent to the resident by SMS)")
    code.add_argument("--no-tx-code", action="store_true", help="whoever has the offer takes it")
    parser.add_argument("--by-reference", action="store_true", help="the URI only names the offer")


def _relying_parties(group: Any) -> None:
    module = "relying_parties"
    parser = _command(group, "offer", (module, "offer"), "give a desk its one-time code")
    parser.add_argument("--name", required=True, help="as residents shall read it, 32 bytes")
    parser.add_argument(
        "--profile", action="append", help="what may be asked: id_card/kyc, …; up to 4 times"
    )
    parser = _command(group, "register", (module, "register"), "issue a desk's certificate")
    parser.add_argument("request", type=Path, help="the file its program made")
    parser.add_argument("--out", type=Path, required=True, help="new file of the certificate")
    parser.add_argument("--days", type=int, default=365, help="up to 400 (%(default)s)")
    parser = _command(group, "revoke", (module, "revoke"), "let phones refuse a certificate")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--serial", type=int, help="one certificate")
    which.add_argument("--id", help="all of a relying party, and its open codes")
    parser.add_argument("--reason", required=True)
    _command(group, "list", (module, "list_all"), "list relying parties and their certificates")


def _people(admin: Any) -> None:
    wallets = _group(admin, "wallets", "residents' wallets")
    parser = _command(wallets, "block", ("people", "block_wallet"), "block the wallet of a NIK")
    parser.add_argument("--nik", required=True, help="- reads it from standard input")
    parser.add_argument("--reason", required=True)
    credentials = _group(admin, "credentials", "what was issued")
    for name, status in (("revoke", "revoked"), ("suspend", "suspended"), ("resume", "good")):
        parser = _command(
            credentials, name, ("people", "change_credentials"), f"{name} credentials"
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--nik", help="all of a person's; - reads it from standard input")
        which.add_argument("--id", help="one credential")
        parser.add_argument("--reason", required=True)
        parser.set_defaults(status=status)
