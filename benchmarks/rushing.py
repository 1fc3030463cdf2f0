"""Residents who all want their face compared at once; a program.

`python -m benchmarks.rushing SOCKET FILE RATE SECONDS CONNECTIONS`: FILE holds a JSON list of
residents, each a list of requests as text that say the same with another nonce. RATE requests a
second are begun, whatever becomes of them (0: each connection goes on as soon as it is answered). A
resident who is refused comes again at the next turn, without heeding Retry-After: the worst that
phones can do. Prints a JSON object: answers by status, seconds, and comparisons done in that time.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.exchanging import exchange

DONE, USED_UP, FULL = 200, 401, 503
PAUSE = 0.05


class Rush:
    """The residents that wait for their turn, and what they were told."""

    def __init__(
        self, address: str, residents: list[list[bytes]], rate: float, seconds: float
    ) -> None:
        self._address = address
        self._waiting = deque(residents)
        self._rate = rate
        self._begun = time.monotonic()
        self._until = self._begun + seconds
        self._turns = 0
        self._lock = threading.Lock()
        self.statuses: Counter[int] = Counter()
        self.done = 0

    def send(self) -> None:
        """Send one request after the other until the time is over or nobody is left."""
        while self._wait_for_turn():
            try:
                resident = self._waiting.popleft()
            except IndexError:
                return
            status = exchange(self._address, resident[0])
            self._note(status, resident)
            if status == FULL and not self._rate:
                time.sleep(PAUSE)

    def _wait_for_turn(self) -> bool:
        now = time.monotonic()
        if self._rate:
            with self._lock:
                turn = max(now, self._begun + self._turns / self._rate)
                self._turns += 1
            time.sleep(turn - now)
            now = turn
        return now < self._until

    def _note(self, status: int, resident: list[bytes]) -> None:
        with self._lock:
            self.statuses[status] += 1
            self.done += status == DONE and time.monotonic() < self._until
        if status == USED_UP and len(resident) > 1:
            resident.pop(0)
        if status in (FULL, USED_UP):
            self._waiting.append(resident)


def main(address: str, file: str, rate: str, seconds: str, connections: str) -> None:
    """Let them rush and tell how it went."""
    texts = json.loads(Path(file).read_text())
    residents = [[text.encode() for text in variants] for variants in texts]
    rush = Rush(address, residents, float(rate), float(seconds))
    width = int(connections)
    with ThreadPoolExecutor(width) as pool:
        for sent in [pool.submit(rush.send) for _ in range(width)]:
            sent.result()
    told = {"done": rush.done, "seconds": float(seconds), "statuses": rush.statuses}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
