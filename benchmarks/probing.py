"""Somebody who asks for small things at a steady pace, and how long each took; a program.

`python -m benchmarks.probing SOCKET SECONDS RATE PATH…` prints a JSON list of milliseconds, from
the moment when the request was due: a late start counts.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

from benchmarks.exchanging import exchange

WIDTH = 16
OK = 200


def probe(address: str, due: float, path: str) -> float:
    """Ask once at `due` (monotonic); return the milliseconds until the answer was there."""
    time.sleep(max(0.0, due - time.monotonic()))
    request = f"GET {path} HTTP/1.1\r\nHost: wallet.test\r\nConnection: close\r\n\r\n".encode()
    status = exchange(address, request)
    assert status == OK, status
    return 1000 * (time.monotonic() - due)


def main(address: str, seconds: str, rate: str, *paths: str) -> None:
    """Probe and tell."""
    pace, count = float(rate), int(float(rate) * float(seconds))
    begun = time.monotonic() + 0.1
    which = cycle(paths)
    with ThreadPoolExecutor(WIDTH) as pool:
        sent = [pool.submit(probe, address, begun + at / pace, next(which)) for at in range(count)]
        print(json.dumps([one.result() for one in sent]))


if __name__ == "__main__":
    main(*sys.argv[1:])
