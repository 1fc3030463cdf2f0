"""Messages between the pool and a worker process, over a local socket pair.

JSON and raw bytes, never pickle: the worker decodes pictures that anybody may have sent, and an
answer of a worker that was taken over must not be able to run code in the web worker.

A message is: header length (4 bytes, big endian), header (JSON object whose ``blobs`` lists the
lengths of what follows), the blobs.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any, Final

MAX_HEADER: Final = 65_536
MAX_BLOBS: Final = 32
MAX_BLOB: Final = 2_000_000
_LENGTH: Final = struct.Struct(">I")


class WireError(Exception):
    """The other side closed, was silent until the deadline, or sent something malformed."""


def send(
    sock: socket.socket, header: dict[str, Any], blobs: list[bytes], *, seconds: float | None = None
) -> None:
    """Send one message within ``seconds`` (None: no limit). Raises WireError."""
    text = json.dumps({**header, "blobs": [len(blob) for blob in blobs]}).encode()
    try:
        sock.settimeout(seconds)
        sock.sendall(b"".join((_LENGTH.pack(len(text)), text, *blobs)))
    except OSError as error:
        raise WireError("FACE_WORKER_GONE") from error


def receive(
    sock: socket.socket, *, seconds: float | None = None, most: int = MAX_BLOBS * MAX_BLOB
) -> tuple[dict[str, Any], list[bytes]]:
    """Return the next message, all of it within ``seconds`` (None: wait for ever).

    ``most``: bytes of all blobs together that the caller is ready to hold. Raises WireError; its
    text is a stable code: FACE_WORKER_GONE, FACE_DEADLINE, FACE_WORKER_ODD.
    """
    until = None if seconds is None else time.monotonic() + seconds
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size, until))
    if length > MAX_HEADER:
        raise WireError("FACE_WORKER_ODD")
    header = _header(_exactly(sock, length, until))
    if sum(header["blobs"]) > most:
        raise WireError("FACE_WORKER_ODD")
    return header, [_exactly(sock, size, until) for size in header.pop("blobs")]


def _header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("FACE_WORKER_ODD") from error
    sizes = header.get("blobs") if isinstance(header, dict) else None
    if not isinstance(sizes, list) or len(sizes) > MAX_BLOBS:
        raise WireError("FACE_WORKER_ODD")
    if not all(type(size) is int and 0 <= size <= MAX_BLOB for size in sizes):
        raise WireError("FACE_WORKER_ODD")
    return dict(header)


def _exactly(sock: socket.socket, size: int, until: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        try:
            sock.settimeout(None if until is None else max(0.001, until - time.monotonic()))
            part = sock.recv(min(size - len(parts), 1 << 20))
        except TimeoutError as error:
            raise WireError("FACE_DEADLINE") from error
        except OSError as error:
            raise WireError("FACE_WORKER_GONE") from error
        if not part:
            raise WireError("FACE_WORKER_GONE")
        parts += part
    return bytes(parts)
