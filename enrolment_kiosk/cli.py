"""The commands of the office's administrator: `init` once, `serve` every day."""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from credentials.errors import CredentialError
from enrolment_kiosk.errors import ApiProblem, KioskError, SetupError
from enrolment_kiosk.texts import error_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, or 1 when it could not be done and said why."""
    options = _parser().parse_args(_join_token(sys.argv[1:] if arguments is None else arguments))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        if options.command == "init":
            init(options.api, options.token, options.home, options.name)
        else:
            serve(options.home, options.host, options.port)
    except ApiProblem as problem:
        print(f"{problem.title}\n{problem.detail}\n({problem.code})", file=sys.stderr)
        return 1
    except (KioskError, CredentialError) as error:
        for language in ("id", "en"):
            print(error_text(error.code, language), file=sys.stderr)
        print(f"({error.code})", file=sys.stderr)
        return 1
    return 0


def init(api: str, token: str, folder: Path, name: str) -> None:
    """Make this kiosk's keys, enrol it with the office's one-time token, and keep who it is."""
    from credentials.signing import PemSigner, generate_pem
    from enrolment_kiosk.client import ApiClient
    from enrolment_kiosk.clock import KioskClock
    from enrolment_kiosk.config import SECRET_SIZE, Home, check_api_address
    from enrolment_kiosk.counter import enrol_kiosk

    home = Home(folder)
    if home.is_set_up:
        raise SetupError("HOME_TAKEN")
    address = check_api_address(api)
    pem = generate_pem()
    identity = PemSigner(pem)
    client = ApiClient(address, identity=identity, time_key=None, clock=KioskClock())
    settings = enrol_kiosk(client, api=address, token=token, name=name, identity=identity)
    home.create(settings, identity=pem, secret=secrets.token_bytes(SECRET_SIZE))
    print(f"Kiosk {settings.kiosk} · {settings.office.name} · {settings.name}")


def serve(folder: Path, host: str, port: int) -> None:
    """Serve display and console until interrupted."""
    from enrolment_kiosk.app import assemble, create_app, make_server

    kiosk = assemble(folder)
    try:
        server = make_server(create_app(kiosk), host=host, port=port)
    except (OSError, SystemExit):
        raise SetupError("PORT_TAKEN") from None
    signal.signal(signal.SIGTERM, _interrupt)
    kiosk.heartbeat.start()
    address = f"http://{page_host(host)}:{server.server_port}"
    print(f"Layar / display   {address}/display\nKonsol / console  {address}/console", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()
        kiosk.heartbeat.stop()


def page_host(host: str) -> str:
    """Return the name to open the pages under: passkeys know this PC by name, not by number."""
    if host == "127.0.0.1":
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _join_token(arguments: Sequence[str]) -> list[str]:
    """Write "--token X" as "--token=X": a token may begin with a dash."""
    joined: list[str] = []
    for argument in arguments:
        if joined and joined[-1] == "--token":
            joined[-1] = f"--token={argument}"
        else:
            joined.append(argument)
    return joined


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m enrolment_kiosk", description="The program of an office counter."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    enrol = commands.add_parser("init", help="enrol this PC as a counter, once")
    enrol.add_argument("--api", required=True, help="address of the wallet API, https://…")
    enrol.add_argument("--token", required=True, help="one-time token from the registry")
    enrol.add_argument("--home", required=True, type=Path, help="folder of this kiosk's keys")
    enrol.add_argument("--name", default="Loket 1", help="the counter's name (%(default)s)")
    run = commands.add_parser("serve", help="serve display and console on this PC")
    run.add_argument("--home", required=True, type=Path, help="folder of this kiosk's keys")
    run.add_argument("--port", type=int, default=8090, help="(%(default)s)")
    run.add_argument("--host", default="127.0.0.1", help="an address of this PC (%(default)s)")
    return parser
