"""Charges one PIN attempt as the service does, says so, and waits to be killed (C6)."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from credentials.statement import UnverifiedStatement
from tests.wallet_api.simulators import make_deps
from wallet_api.services import pins


def say_and_wait(*_: object) -> bool:
    """In the place of the look at the PIN's signature."""
    sys.stdout.write("charged\n")
    sys.stdout.flush()
    time.sleep(60)
    return True


def main() -> None:
    url, folder, wallet_id = sys.argv[1:]
    pins._proves = say_and_wait
    no_proof: UnverifiedStatement = None  # type: ignore[assignment]  # nobody looks at it
    pins.check_wallet_pin(make_deps(url, Path(folder)).deps, wallet_id, no_proof)


if __name__ == "__main__":
    main()
