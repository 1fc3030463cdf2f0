"""What a stranger might send a desk: pictures that lie, texts that bend, requests that are none."""

from __future__ import annotations

import io
import json
import struct
import zlib
from functools import cache

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from samples.vectors_world import CARD
from tests.verifier.desk.conftest import picture
from tests.verifier.desk.desk_pc import vectors

TEXTS = [vector["text"] for vector, _ in vectors().values()]
LAYOUTS = [
    str.maketrans("YZ:-/*+", "ZYÖß-(`"),
    str.maketrans("1234567890AQWZM:./-*$%", "&é\"'(-è_çàQAZW?M:!)845"),
    str.maketrans("IDS:", "ıDş;"),
]
KINDS = ("PNG", "JPEG", "WEBP")


@cache
def whole(kind: str) -> bytes:
    """A sound picture of a code."""
    return picture(CARD.but(profile="age-only").shown(), kind=kind, scale=2)


@cache
def animated(kind: str) -> bytes:
    """Three pictures in one file: which of them counts is nobody's to choose."""
    frames = [Image.open(io.BytesIO(whole("PNG"))).convert("RGB") for _ in range(3)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def noise() -> bytes:
    """A picture that keeps the second decoder busy for very long."""
    dots = np.random.default_rng(1).integers(0, 255, (240, 400)).astype("uint8")
    out = io.BytesIO()
    Image.fromarray(dots).save(out, "PNG")
    return out.getvalue()


def png(width: int, height: int, *chunks: tuple[bytes, bytes], colour: int = 0) -> bytes:
    """A PNG whose header says what it likes."""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


@cache
def bombs() -> tuple[bytes, ...]:
    """Small files that would be large once they are unpacked, or claim to be."""
    zeros = zlib.compress(bytes(1 << 24), 9)
    text = b"Comment\0\0" + zlib.compress(b"x" * (1 << 26), 9)
    profile = b"icc\0\0" + zlib.compress(bytes(1 << 26), 9)
    wide = b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\xff\xff\xff\xff\xff"
    jpeg = bytearray(whole("JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = b"\xff\xff\xff\xff"
    return (
        png(1 << 30, 1 << 30, (b"IDAT", zeros)),
        png(12_001, 1, (b"IDAT", zeros)),
        png(6000, 4000, (b"IDAT", zeros)),
        png(0, 0, (b"IDAT", b"")),
        png(100, 100, (b"zTXt", text), (b"IDAT", zeros)),
        png(100, 100, (b"iCCP", profile), (b"IDAT", zeros)),
        png(100, 100, *[(b"tEXt", b"k\0v")] * 4000, (b"IDAT", zeros)),
        png(64, 64, (b"acTL", struct.pack(">II", 1 << 31, 0)), (b"IDAT", zeros)),
        png(10, 10, (b"PLTE", b"\1\2"), (b"IDAT", zeros), colour=3),
        wide,
        b"RIFF\xff\xff\xff\xffWEBPVP8L\x05\0\0\0\x2f\xff\xff\xff\xff",
        bytes(jpeg),
        b"\xff\xd8" + b"\xff\xd8" * 5000,
    )


@cache
def polyglots() -> tuple[bytes, ...]:
    """Files that are two things at once."""
    page = b"<html><script>alert(1)</script></html>"
    return (
        whole("PNG") + whole("JPEG"),
        whole("JPEG") + b"PK\x03\x04" + page,
        whole("PNG")[:8] + page,
        b"GIF89a" + whole("PNG"),
        b"RIFF" + whole("PNG"),
        b"P5\n2 2\n255\n\0\0\0\0",
        b"P5\n999999 999999\n255\n",
        b"P5\n-2 2\n255\n\0\0\0\0",
        b"P6\n1 1\n255\n\0\0\0",
        b"%!PS-Adobe",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\0" + bytes(40),
    )


def _cut(data: bytes, at: int, gone: int, junk: bytes) -> bytes:
    at %= len(data) + 1
    return data[:at] + junk + data[at + gone :]


sound = st.sampled_from(KINDS).map(whole)
several = st.sampled_from(("PNG", "WEBP")).map(animated)
bent_pictures = st.builds(
    _cut, sound | several, st.integers(0, 1 << 17), st.integers(0, 2000), st.binary(max_size=9)
)
headers_only = st.builds(
    lambda width, height, data, colour: png(
        width, height, (b"IDAT", zlib.compress(data)), colour=colour
    ),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, (1 << 32) - 1),
    st.binary(max_size=300),
    st.sampled_from([0, 2, 3, 4, 6, 7]),
)
pictures = (
    bent_pictures
    | several
    | headers_only
    | st.binary(max_size=300)
    | st.builds(bombs).flatmap(st.sampled_from)
    | st.builds(polyglots).flatmap(st.sampled_from)
)


def _text(number: int) -> str:
    return TEXTS[number % len(TEXTS)]


known = st.integers(0, len(TEXTS) - 1).map(_text)
mangled = st.builds(
    lambda text, at, junk: text[: at % (len(text) + 1)] + junk + text[at % (len(text) + 1) :],
    known,
    st.integers(0, 5000),
    st.text(st.characters(), max_size=8),
)
typed = st.builds(
    lambda text, layout, swap: (text.swapcase() if swap else text).translate(layout),
    known,
    st.sampled_from(LAYOUTS),
    st.booleans(),
)
long_ones = st.builds(
    lambda part, times: part * times, st.text(min_size=1, max_size=5), st.integers(1, 60_000)
)
texts = st.text(st.characters(), max_size=400) | mangled | typed | long_ones

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
members = st.fixed_dictionaries(
    {},
    optional={
        "text": texts | values,
        "keys": texts | values,
        "source": st.sampled_from(["scanner", "text", "camera"]) | values,
        "profile": st.sampled_from(["id_card/full", "id_card/age", "a/b"]) | values,
    },
)
deep = st.builds(lambda one, times: one * times, st.sampled_from([b"[", b'{"text":', b"[{"]),
                 st.integers(1, 100_000))  # fmt: skip
bodies = (
    members.map(lambda one: json.dumps(one).encode())
    | values.map(lambda one: json.dumps(one).encode())
    | deep
    | st.binary(max_size=300)
    | st.just(b'{"text": "\\ud800", "source": "text"}')
    | st.just(b'{"text": "x", "text": 1, "source": "text"}')
    | st.just(b"\xef\xbb\xbf{}")
    | st.just(b'{"text": ' + b"9" * 200_000 + b"}")
)

lines = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=60)
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "TRACE", "CONNECT", "get", ""])
paths = st.sampled_from(
    ["/", "/checks", "/frames", "/pictures", "/challenge", "/challenge/end", "/situation", "*",
     "/static/../../desk.py", "/static/%2e%2e/terminal.py", "//evil/", "/checks?lang=en", "/%00",
     "http://evil.example/", "/?lang=<script>", "/situation?lang[]=id", "/receipts/-1",
     "/receipts/99999999999999999999", "/receipts/..%2f"]
) | lines  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(
        ["Host", "Origin", "Cookie", "Desk-Token", "Desk-Shown", "Content-Type", "Content-Length",
         "Transfer-Encoding", "Sec-Fetch-Site", "Expect", "Range", "If-None-Match",
         "X-Forwarded-For", "X-Forwarded-Host", "Accept-Language"]
    ),
    lines
    | st.sampled_from(
        ["127.0.0.1", "localhost:1", "[::1]", "evil.example", "null", "chunked", "-1", "1e9", "0",
         "99999999999", "desk_language=en", "desk_language=\xff", "application/json; charset=utf-7",
         "multipart/form-data; boundary=x", "image/jpeg", "100-continue"]
    ),
    max_size=5,
)  # fmt: skip
