"""A bank's terminal with no network: `python -m samples.demo.teller PORT check …`.

Started inside an empty network namespace where the system permits one (`unshare -n`); there even
the loopback address leads nowhere. Where it does not, this process forbids itself every socket and
says so. Either way it first shows that it cannot reach the API, then runs the verifier's command.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from samples.processes import ROOT

NAMESPACES = (["unshare", "--map-root-user", "--net"], ["unshare", "--net"])
FORBID = "--forbid-sockets"
NETWORK_FOUND = 90


@dataclass(frozen=True, slots=True)
class Check:
    """What the terminal said. `isolation` says how it was kept from the network."""

    exit_code: int
    report: dict[str, Any]
    isolation: str


def find_isolation() -> list[str]:
    """Return the command that starts a program without network, or nothing."""
    for command in NAMESPACES:
        try:
            done = subprocess.run([*command, "true"], capture_output=True, check=False, timeout=5)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return command
    return []


def check_offline(arguments: list[str], *, api_port: int) -> Check:
    """Run `python -m verifier check …  --json` in a process that has no network."""
    namespace = find_isolation()
    command = [sys.executable, "-m", "samples.demo.teller", str(api_port)]
    command += [] if namespace else [FORBID]
    done = subprocess.run(
        [*namespace, *command, "check", *arguments, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if done.returncode == NETWORK_FOUND or not done.stdout:
        raise RuntimeError(f"the terminal did not run: {done.stderr.strip()}")
    isolation = f"in an empty network namespace ({' '.join(namespace)})"
    if not namespace:
        isolation = "with every socket forbidden (this system permits no network namespace)"
    return Check(done.returncode, json.loads(done.stdout), isolation)


def main(arguments: list[str]) -> int:
    """Show that there is no network, then verify."""
    port, rest = int(arguments[0]), arguments[1:]
    if rest[0] == FORBID:
        rest = rest[1:]
        sys.addaudithook(_refuse_sockets)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            print("the terminal can reach the network", file=sys.stderr)
            return NETWORK_FOUND
    except OSError:
        pass  # as it has to be
    from verifier.cli import main as verifier

    return verifier(rest)


def _refuse_sockets(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith("socket."):
        raise ConnectionRefusedError("this process may not use the network")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
