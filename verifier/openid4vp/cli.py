"""The commands: `init` once, `serve` every day, `work` beside gunicorn, two to try.

Exit codes: 0 done, 1 could not be done and said why, 2 wrong options.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qs, urlsplit

from credentials.errors import CredentialError
from verifier.errors import VerifierError
from verifier.openid4vp.errors import QueryError, SetupError
from verifier.words import Words

if TYPE_CHECKING:
    from verifier.openid4vp.exchange import RelyingParty

FORMATS = ("dc+sd-jwt", "mso_mdoc")
PREFIXES = ("x509_hash", "x509_san_dns")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        code: int = options.run(options)
    except VerifierError as error:
        return _complain(error, Words(options.lang))
    except CredentialError as error:
        print(error, file=sys.stderr)
        return 1
    except ModuleNotFoundError as missing:
        absent = SetupError("EXTRA_NOT_INSTALLED", missing.name or "")
        return _complain(absent, Words(options.lang))
    except KeyboardInterrupt:
        return 0
    return code


def _complain(error: VerifierError, words: Words) -> int:
    detail = f" ({error.detail})" if error.detail else ""
    print(f"{error.code}: {words.error(error.code)}{detail}", file=sys.stderr)
    return 1


def init(options: argparse.Namespace) -> int:
    """Make the folder."""
    from verifier.openid4vp.development import Brought, init_folder

    if bool(options.key) != bool(options.certificate):
        raise SetupError("IDENTITY_INVALID", "--key and --certificate go together")
    brought = Brought(options.key, options.certificate) if options.key else None
    trust = os.path.relpath(options.trust, options.home)
    init_folder(
        options.home, name=options.name, public_url=options.public_url, trust=trust, brought=brought
    )
    print(options.home)
    return 0


def serve(options: argparse.Namespace) -> int:
    """Serve until interrupted; delete what is over and deliver news meanwhile."""
    from verifier.openid4vp.chores import work_until
    from verifier.openid4vp.serving import make_server
    from verifier.openid4vp.settings import API_KEY, Folder
    from verifier.openid4vp.web.app import create_app

    party = _party(options)
    app = create_app(party, api_key=Folder(options.home).text(API_KEY))
    server = make_server(app, host=options.host, port=options.port)
    signal.signal(signal.SIGTERM, _interrupt)
    stop = threading.Event()
    chores = threading.Thread(target=work_until, args=(stop, party, _webhook_secret(options)))
    chores.start()
    print(f"{party.settings.public_url}/", flush=True)
    try:
        server.serve_forever()
    finally:
        stop.set()
        server.server_close()
        chores.join()
    return 0


def request(options: argparse.Namespace) -> int:
    """Print the link of a new request, and nothing else."""
    from verifier.openid4vp.exchange import Wish

    party = _party(options)
    wish = Wish(
        policy=_policy_name(options.policy),
        document_type=options.type or _only_type(party, options.policy),
        format=options.format,
        client_prefix=options.client_prefix,
        post=options.post,
    )
    print(party.start(wish).link)
    return 0


def result(options: argparse.Namespace) -> int:
    """Print how a request stands; 0 only when it is verified."""
    from verifier.openid4vp.results import Results

    name = options.request
    if "request_uri=" in name:  # the link itself will do
        name = parse_qs(urlsplit(name).query)["request_uri"][0].rpartition("/")[2]
    report = Results(_party(options)).report(name, code=options.response_code)
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0 if report["state"] == "verified" else 1


def work(options: argparse.Namespace) -> int:
    """Delete what is over and deliver news until interrupted: beside gunicorn."""
    from verifier.openid4vp.chores import work_until

    signal.signal(signal.SIGTERM, _interrupt)
    work_until(threading.Event(), _party(options), _webhook_secret(options))
    return 0


def _party(options: argparse.Namespace) -> RelyingParty:
    from verifier.openid4vp.assembly import assemble

    return assemble(options.home, public_url=options.public_url, trust=options.trust)


def _webhook_secret(options: argparse.Namespace) -> bytes:
    from verifier.openid4vp.settings import WEBHOOK_SECRET, Folder

    return Folder(options.home).text(WEBHOOK_SECRET).encode()


def _policy_name(policy: str) -> str:
    """A file's full path: the server that answers the wallet runs somewhere else."""
    return str(Path(policy).resolve()) if policy.endswith(".json") else policy


def _only_type(party: RelyingParty, policy: str) -> str:
    types = {one.document_type for one in party.policy(_policy_name(policy)).accept}
    if len(types) != 1:
        raise QueryError("TYPE_NEEDED", "the policy accepts several: choose one with --type")
    return types.pop()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m verifier.openid4vp", description="A relying party of OpenID4VP 1.0."
    )
    commands = parser.add_subparsers(dest="command", required=True)

    make = commands.add_parser("init", help="make the folder: key, certificate, secrets, settings")
    make.set_defaults(run=init)
    make.add_argument("--name", required=True, help="who asks, as wallets show it")
    make.add_argument("--public-url", required=True, help="public address, without / at the end")
    make.add_argument("--trust", required=True, type=Path, help="whom to believe (JSON)")
    make.add_argument("--key", type=Path, help="a key brought along (PEM); else one is made")
    make.add_argument("--certificate", type=Path, help="its certificate chain (PEM, leaf first)")
    make.add_argument("--home", required=True, type=Path, help="the folder to make")

    run = _with_home(commands.add_parser("serve", help="serve wallets, page and API"), serve)
    run.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    run.add_argument("--port", type=int, default=8095, help="port to listen on (%(default)s)")

    ask = _with_home(commands.add_parser("request", help="print the link of a request"), request)
    ask.add_argument("--policy", required=True, help="built-in name or file")
    ask.add_argument("--format", required=True, choices=FORMATS)
    ask.add_argument("--type", help="document type; the policy's own if it accepts one only")
    ask.add_argument("--client-prefix", choices=PREFIXES, help="instead of the settings'")
    ask.add_argument("--post", action="store_true", help="let the wallet POST for the question")

    show = _with_home(commands.add_parser("result", help="print how a request stands"), result)
    show.add_argument("request", help="the link that `request` printed, or the id in it")
    show.add_argument("--response-code", help="of a request on the same device")

    _with_home(commands.add_parser("work", help="delete what is over, deliver news"), work)
    for command in commands.choices.values():
        command.add_argument("--lang", choices=("id", "en"), default="id", help="of what is said")
    return parser


def _with_home(command: argparse.ArgumentParser, run: object) -> argparse.ArgumentParser:
    home = os.environ.get("OPENID4VP_HOME")
    command.set_defaults(run=run)
    command.add_argument(
        "--home", type=Path, default=home, required=not home, help="folder ($OPENID4VP_HOME)"
    )
    command.add_argument(
        "--public-url", default=os.environ.get("OPENID4VP_PUBLIC_URL"), help="instead of settings'"
    )
    command.add_argument(
        "--trust", type=Path, default=os.environ.get("OPENID4VP_TRUST"), help="instead of settings'"
    )
    return command
