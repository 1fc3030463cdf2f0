"""One request over a Unix socket, bytes in and bytes out: what measures must cost little."""

from __future__ import annotations

import socket

END = b"\r\n\r\n"


def exchange(address: str, request: bytes, *, seconds: float = 60) -> int:
    """Send a request on a connection of its own; return the status, 0 where none came."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(seconds)
        try:
            link.connect(address)
            link.sendall(request)
            answer = link.recv(65536)
            while not _is_whole(answer):
                more = link.recv(65536)
                if not more:
                    return 0
                answer += more
        except OSError:
            return 0
    return int(answer[9:12])


def _is_whole(answer: bytes) -> bool:
    head, found, body = answer.partition(END)
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return bool(found) and len(body) >= int(length)
