"""`python -m verifier desk`: open a desk and serve it until Ctrl-C."""

from __future__ import annotations

import json
import signal
from argparse import Namespace
from pathlib import Path
from socketserver import BaseServer
from threading import Lock, Thread
from types import FrameType
from typing import TYPE_CHECKING

from verifier.desk.errors import DeskError
from verifier.policy.bundled import choose_policy
from verifier.report import Report, development_lines
from verifier.requester import Requester, load_requester
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.verdict import Refused, Verified

if TYPE_CHECKING:
    from verifier.cli import Console
    from verifier.desk.checking import Outcome
    from verifier.desk.terminal import Terminal

DEFAULT_PORT = 8096


def desk(options: Namespace, console: Console) -> int:
    """Serve the page; with --json-lines every check is one line of JSON on standard output."""
    try:
        from verifier.desk.checking import Desk
        from verifier.desk.receipting import open_receipts
        from verifier.desk.settings import PageSettings
        from verifier.desk.terminal import Terminal
        from verifier.desk.web.app import create_app, make_server
    except ModuleNotFoundError as missing:
        raise DeskError("DESK_NOT_INSTALLED", missing.name or "") from None
    terminal = Terminal(
        root=load_root(options.root),
        policy=choose_policy(options.policy),
        state=None if options.state is None else StateFolder(options.state),
        bundle=None if options.bundle is None else Path(options.bundle),
    )
    receipts = open_receipts(
        options.state, terminal.policy, now=terminal.clock.now(), required=options.receipts
    )
    teller = Teller(console, terminal) if options.json_lines else None
    one = Desk(
        terminal,
        name=options.name,
        purpose=options.purpose,
        tell=teller,
        receipts=receipts,
        requester=_requester(options, terminal),
    )
    settings = PageSettings(console.words.language, options.gate)
    server = make_server(create_app(one, settings), port=options.port)
    address = f"http://127.0.0.1:{server.server_port}/"
    if teller is None:
        for line in development_lines(terminal.bundle(), console.words):
            console.say(line)
        console.say(console.words.label("desk", address=address))
    else:
        teller.say({"desk": address, "development_trust": terminal.bundle().development})
    _end_with(server)
    try:
        server.serve_forever()
    finally:
        server.server_close()
        one.close()
    return 0


def _end_with(server: BaseServer) -> None:
    """Let Ctrl-C and the system's request to end stop the server, wherever the program is.

    Not by KeyboardInterrupt: raised in a callback of Python's own, it is told and forgotten.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        Thread(target=server.shutdown, daemon=True).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _requester(options: Namespace, terminal: Terminal) -> Requester | None:
    """Return what signs challenges: looked at as phones will, and with room for the purpose."""
    if options.requester is None:
        return None
    from verifier.desk.challenges import purpose_of

    found = load_requester(Path(options.requester))
    now = int(terminal.clock.now().timestamp())
    found.check_trusted(terminal.bundle().chain.keys, now)
    found.check_purpose(purpose_of(options.purpose, terminal.policy))
    return found


class Teller:
    """Prints one JSON object a check, for a turnstile or a log that reads line by line."""

    def __init__(self, console: Console, terminal: Terminal) -> None:
        """Print to the console's standard output."""
        self._console, self._terminal = console, terminal
        self._lock = Lock()

    def __call__(self, outcome: Outcome) -> None:
        """Print an outcome: the members of `check --json`, and the desk's own."""
        from verifier.desk.short_codes import SHORT_CODES
        from verifier.desk.showing import desk_code, tone_of

        policy = self._terminal.policy
        code = desk_code(outcome, policy)
        members: dict[str, object] = {"valid": False, "code": outcome.verdict.code}
        if isinstance(outcome.verdict, Verified | Refused):
            report = Report(outcome.verdict, outcome.bundle, policy, outcome.at)
            members = report.members()
            del members["portrait"]
        self.say(
            {
                "number": outcome.number,
                "at": outcome.at.isoformat().replace("+00:00", "Z"),
                "accepted": outcome.accepted,
                "tone": tone_of(outcome, policy),
                "desk_code": code,
                "help_code": SHORT_CODES[code],
                "seen_seconds": outcome.seen_seconds,
                "source": outcome.source,
                "receipt": None if outcome.receipt is None else outcome.receipt.number,
                **members,
            }
        )

    def say(self, members: dict[str, object]) -> None:
        """Print one line, whole."""
        with self._lock:
            self._console.say(json.dumps(members, ensure_ascii=False))
