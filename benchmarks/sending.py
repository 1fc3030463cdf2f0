"""Sends prepared requests over a few connections, as fast as they are answered; a program.

`python -m benchmarks.sending SOCKET FILE CONNECTIONS`: FILE holds a JSON list of requests as text.
Prints a JSON object: seconds from the first byte to the last, and answers by status. Its own work
is small, because it takes processor time from the server that it measures: bytes in, bytes out.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

END = b"\r\n\r\n"
ON_A_CONNECTION = 5


def send(address: str, requests: list[bytes]) -> list[int]:
    """Send one after the other, a few on each connection; return the statuses.

    A worker keeps the connections that it took, so that long ones may all be with one of them.
    """
    statuses = []
    for at in range(0, len(requests), ON_A_CONNECTION):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(address)
            statuses += [_exchange(link, one) for one in requests[at : at + ON_A_CONNECTION]]
    return statuses


def _exchange(link: socket.socket, request: bytes) -> int:
    link.sendall(request)
    answer = link.recv(65536)
    while not _is_whole(answer):
        more = link.recv(65536)
        if not more:
            message = "the server hung up"
            raise ConnectionError(message)
        answer += more
    return int(answer[9:12])


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(END)
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return bool(found) and len(body) >= int(length)


def main(address: str, file: str, connections: str) -> None:
    """Share the requests out and tell how it went."""
    requests = [text.encode() for text in json.loads(Path(file).read_text())]
    width = int(connections)
    shares = [requests[at::width] for at in range(width)]
    with ThreadPoolExecutor(width) as pool:
        start = time.monotonic()
        statuses = [one for part in pool.map(send, [address] * width, shares) for one in part]
        seconds = time.monotonic() - start
    print(json.dumps({"seconds": seconds, "statuses": Counter(statuses)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
