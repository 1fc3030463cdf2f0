"""Messages between pool and worker: whatever comes back is a message or one error."""

from __future__ import annotations

import socket
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wallet_api.adapters.faces import wire


@given(st.lists(st.binary(max_size=2000), max_size=10), st.text(max_size=50))
@settings(max_examples=50, deadline=None)
def test_a_message_arrives_as_it_was_sent(blobs: list[bytes], text: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.send(ours, {"kind": text}, blobs, seconds=1)
        assert wire.receive(theirs, seconds=1) == ({"kind": text}, blobs)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_message_or_the_one_error(data: bytes) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        with ours:
            ours.sendall(data)
        assert outcome(theirs) in {"message", "FACE_WORKER_GONE", "FACE_WORKER_ODD"}


def outcome(sock: socket.socket) -> str:
    try:
        wire.receive(sock, seconds=1)
    except wire.WireError as error:
        return str(error)
    return "message"


@pytest.mark.parametrize(
    "text",
    [
        b"[]",
        b"{}",
        b'{"blobs": 3}',
        b'{"blobs": [-1]}',
        b'{"blobs": [true]}',
        b'{"blobs": [2000001]}',
        b'{"blobs": [' + b"0," * 40 + b"0]}",
        b"[" * 60_000,
        b"\xff",
    ],
)
def test_a_malformed_header_is_refused(text: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(len(text).to_bytes(4, "big") + text)
        with pytest.raises(wire.WireError, match="FACE_WORKER_ODD"):
            wire.receive(theirs, seconds=1)


def test_a_header_that_is_too_long_is_refused_before_it_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"\xff\xff\xff\xff")
        with pytest.raises(wire.WireError, match="FACE_WORKER_ODD"):
            wire.receive(theirs, seconds=1)


def test_drops_of_bytes_do_not_move_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"\0\0")
        began = time.monotonic()
        with pytest.raises(wire.WireError, match="FACE_DEADLINE"):
            wire.receive(theirs, seconds=0.2)
        assert time.monotonic() - began < 1
