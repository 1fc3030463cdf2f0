"""Fetches one thing over a few lasting connections, as fast as it is answered; a program.

`python -m benchmarks.fetching SOCKET FILE CONNECTIONS COUNT`: FILE holds one request as text.
Prints a JSON object: seconds from the first byte to the last, and answers by status. Its own work
is small, because it takes processor time from the server that it measures; the connections last,
as those of a proxy do.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

END = b"\r\n\r\n"
LARGEST = 1 << 18


@dataclass(slots=True)
class _Link:
    """A connection, what came of the answer so far, and how much is still to come."""

    socket: socket.socket
    status: int = 0
    missing: int = 0


def fetch(address: str, request: bytes, *, connections: int, count: int) -> Counter[int]:
    """Send the request so often over all connections; return the answers by status."""
    statuses: Counter[int] = Counter()
    sent = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            link = _Link(socket.socket(socket.AF_UNIX))
            link.socket.connect(address)
            selector.register(link.socket, selectors.EVENT_READ, link)
            link.socket.sendall(request)
            sent += 1
        while statuses.total() < count:
            for key, _ in selector.select():
                link = key.data
                if not _read(link):
                    continue
                statuses[link.status] += 1
                if sent < count:
                    link.socket.sendall(request)
                    sent += 1
        for held in list(selector.get_map().values()):
            held.data.socket.close()
    return statuses


def _read(link: _Link) -> bool:
    """Read what is there; say whether the answer is whole. Heads come in one piece here."""
    data = link.socket.recv(LARGEST)
    if not data:
        raise ConnectionError("the server hung up")
    if link.missing:
        link.missing -= len(data)
        return not link.missing
    head, _, body = data.partition(END)
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    link.status, link.missing = int(head[9:12]), int(length or 0) - len(body)
    return not link.missing


def main(address: str, file: str, connections: str, count: str) -> None:
    """Fetch and tell how it went."""
    request = Path(file).read_bytes()
    start = time.monotonic()
    statuses = fetch(address, request, connections=int(connections), count=int(count))
    print(json.dumps({"seconds": time.monotonic() - start, "statuses": statuses}))


if __name__ == "__main__":
    main(*sys.argv[1:])
