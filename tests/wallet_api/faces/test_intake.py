"""What anybody may send, and the one code each of it is answered with."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from samples.faces import sessions
from wallet_api.adapters.faces.intake import (
    MAX_BYTES,
    QUICK_SIDE,
    WORKING_SIDE,
    PictureRefused,
    read_picture,
)
from wallet_api.rules.face_reasons import REASONS


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    depth = len(Image.new(mode, (1, 1)).getbands())
    values = np.random.default_rng(1).integers(0, 256, (height, width, depth), np.uint8)
    return Image.fromarray(values.squeeze(), mode=None) if depth != 4 else _four(values, mode)


def _four(values: np.ndarray, mode: str) -> Image.Image:
    return Image.frombytes(mode, (values.shape[1], values.shape[0]), values.tobytes())


def claimed_png(width: int, height: int) -> bytes:
    """A PNG whose header announces any size and whose data is a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def claimed_webp(width: int, height: int) -> bytes:
    """A WebP whose extended header announces any size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0) + size + b"VP8 " + b"\0" * 40
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_text(text: str) -> bytes:
    """A PNG with a small chunk that inflates to ``text``."""
    metadata = PngImagePlugin.PngInfo()
    metadata.add_text("comment", text, zip=True)
    return encode(PHOTO, "PNG", pnginfo=metadata)


def with_segments(marker: int, count: int) -> bytes:
    """A JPEG with ``count`` segments of 60 kB before the picture."""
    segment = bytes([0xFF, marker]) + struct.pack(">H", 60_002) + b"A" * 60_000
    return JPEG[:2] + segment * count + JPEG[2:]


PHOTO = noise(200, 200)
JPEG = encode(PHOTO, "JPEG")
FRAMES = [noise(200, 200), Image.new("RGB", (200, 200))]

HOSTILE = {
    "nothing at all": (b"", "FILE_EMPTY"),
    "text": (b"hello, this is no picture at all, only words", "FORMAT_NOT_ACCEPTED"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "DOCUMENT_NOT_ACCEPTED"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "DOCUMENT_NOT_ACCEPTED"),
    "1.6 MB": (JPEG + b"\0" * MAX_BYTES, "FILE_TOO_LARGE"),
    "gif": (encode(PHOTO, "GIF"), "GIF_NOT_ACCEPTED"),
    "tiff": (encode(PHOTO, "TIFF"), "TIFF_NOT_ACCEPTED"),
    "bmp": (encode(PHOTO, "BMP"), "BMP_NOT_ACCEPTED"),
    "heic": (b"\0\0\0\x18ftypheic" + b"\0" * 200, "HEIC_NOT_ACCEPTED"),
    "animated webp": (
        encode(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
        "ANIMATED",
    ),
    "animated png": (encode(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), "ANIMATED"),
    "bomb png": (claimed_png(30_000, 30_000), "PICTURE_TOO_LARGE"),
    "warned png": (claimed_png(10_000, 10_000), "PICTURE_TOO_LARGE"),
    "13 MP png": (claimed_png(4000, 3300), "PICTURE_TOO_LARGE"),
    "17 MP jpeg": (encode(Image.new("RGB", (4200, 4100)), "JPEG"), "PICTURE_TOO_LARGE"),
    "64 px": (encode(noise(64, 64), "PNG"), "PICTURE_TOO_SMALL"),
    "300 x 3000": (encode(Image.new("RGB", (300, 3000)), "JPEG"), "PICTURE_STRETCHED"),
    "cmyk": (encode(noise(200, 200, "CMYK"), "JPEG"), "COLOURS_NOT_ACCEPTED"),
    "16 bit": (
        encode(Image.fromarray(np.full((200, 200), 40_000, np.uint16)), "PNG"),
        "DEPTH_NOT_ACCEPTED",
    ),
    "truncated jpeg": (JPEG[: len(JPEG) // 2], "TRUNCATED"),
    "truncated png": (encode(PHOTO, "PNG")[:60_000], "TRUNCATED"),
    "truncated webp": (encode(PHOTO, "WEBP", lossless=True)[:60_000], "TRUNCATED"),
    "avif": (b"\0\0\0\x20ftypavif" + b"\0" * 200, "AVIF_NOT_ACCEPTED"),
    "16 bit colour": (
        bytes(cv2.imencode(".png", np.full((200, 200, 3), 40_000, np.uint16))[1]),
        "DEPTH_NOT_ACCEPTED",
    ),
    "zeros": (b"\0" * 5000, "FORMAT_NOT_ACCEPTED"),
    "zip": (b"PK\3\4" + b"\0" * 100, "FORMAT_NOT_ACCEPTED"),
    "one pixel": (encode(Image.new("RGB", (1, 1)), "PNG"), "PICTURE_TOO_SMALL"),
    "65,500 px jpeg": (
        JPEG.replace(struct.pack(">HH", 200, 200), struct.pack(">HH", 65_500, 65_500)),
        "PICTURE_TOO_LARGE",
    ),
    "30,000 px webp": (claimed_webp(30_000, 30_000), "PICTURE_TOO_LARGE"),
    "truncated progressive jpeg": (
        encode(PHOTO, "JPEG", progressive=True)[:9000],
        "TRUNCATED",
    ),
    "60 MB of text in a png": (with_text("x" * 60_000_000), "BROKEN"),
    "header only": (JPEG[:20], "FORMAT_NOT_ACCEPTED"),
    "broken png data": (claimed_png(200, 200), "TRUNCATED"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_with_its_own_code_and_quickly(name: str) -> None:
    data, code = HOSTILE[name]
    began = time.perf_counter()
    with pytest.raises(PictureRefused) as refused:
        read_picture(data)
    assert refused.value.code == code
    assert code in REASONS
    assert time.perf_counter() - began < 0.5


def test_a_bomb_costs_no_time_and_no_memory() -> None:
    bomb = claimed_png(30_000, 30_000)
    with pytest.raises(PictureRefused):
        read_picture(bomb)
    tracemalloc.start()
    spent = []
    for _ in range(20):
        began = time.process_time()
        with pytest.raises(PictureRefused):
            read_picture(bomb)
        spent.append(time.process_time() - began)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert min(spent) < 0.001
    assert peak < 1_000_000


STRANGE_BUT_GOOD = {
    "junk icc profile": encode(PHOTO, "JPEG", icc_profile=b"\xff" * 5000),
    "junk icc profile in a png": encode(PHOTO, "PNG", icc_profile=b"\xff" * 5000),
    "1.2 MB of EXIF": with_segments(0xE1, 20),
    "1.2 MB of Photoshop": with_segments(0xED, 20),
    "1.2 MB of comments": with_segments(0xFE, 20),
    "two pictures in one": encode(
        PHOTO, "MPO", save_all=True, append_images=[Image.new("RGB", (200, 200))]
    ),
    "something behind it": JPEG + b"<html>" * 100,
    "progressive": encode(PHOTO, "JPEG", progressive=True),
    "palette with a clear colour": encode(PHOTO.convert("P"), "PNG", transparency=3),
    "lossless webp": encode(PHOTO, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", STRANGE_BUT_GOOD)
def test_what_is_strange_but_a_photo_is_read(name: str) -> None:
    pixels = read_picture(STRANGE_BUT_GOOD[name]).pixels
    assert pixels.shape == (200, 200, 3)
    assert pixels.std() > 40


@pytest.mark.parametrize(
    ("sent", "seen"), [(1200, 600), (1280, 640), (959, 959), (2000, 500), (480, 480)]
)
def test_a_quick_look_reduces_a_jpeg_while_decoding_it(sent: int, seen: int) -> None:
    data = encode(Image.new("RGB", (sent * 3 // 4, sent), "grey"), "JPEG")
    picture = read_picture(data, at_least=QUICK_SIDE)
    assert max(picture.pixels.shape) == seen
    assert picture.scale == pytest.approx(seen / sent)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright_exactly_once(orientation: int) -> None:
    upright = Image.new("RGB", (200, 120), "white")
    upright.paste((255, 0, 0), (0, 0, 100, 60))  # red above left
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation in back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(encode(stored, "JPEG", exif=exif, quality=95))
    assert picture.pixels.shape == (120, 200, 3)
    blue, green, red = picture.pixels[20, 20]
    assert red > 200
    assert max(blue, green) < 60
    assert picture.pixels[100, 180].min() > 230


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_picture(encode(PHOTO, "JPEG", exif=exif)).pixels.shape == (200, 200, 3)


def test_damaged_exif_does_not_refuse_a_good_photo() -> None:
    data = encode(PHOTO, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert read_picture(data).pixels.shape == (200, 200, 3)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "1", "L"])
def test_other_modes_become_three_channels(mode: str) -> None:
    picture = read_picture(encode(Image.new(mode, (100, 100)), "PNG"))
    assert picture.pixels.shape == (100, 100, 3)


def test_what_is_transparent_becomes_white() -> None:
    clear = encode(Image.new("RGBA", (100, 100), (0, 0, 0, 0)), "PNG")
    assert read_picture(clear).pixels.min() == 255


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_large_photo_is_reduced_and_says_by_how_much(kind: str) -> None:
    data = encode(Image.new("RGB", (4000, 3000), "grey"), kind)
    picture = read_picture(data)
    assert max(picture.pixels.shape) == WORKING_SIDE
    assert picture.scale == pytest.approx(WORKING_SIDE / 4000)


def test_a_photo_as_a_phone_sends_it_is_read() -> None:
    picture = read_picture(sessions.free_photo("biden.jpg"))
    assert picture.pixels.shape == (1280, 563, 3)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_picture_or_refused(data: bytes) -> None:
    with pytest.raises(PictureRefused) as refused:
        read_picture(data)
    assert refused.value.code in REASONS


@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "MPO", "GIF"]),
    st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 40_000),
)
@settings(max_examples=250, deadline=None)
def test_a_damaged_picture_is_read_or_refused_but_never_an_error(
    kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(DAMAGEABLE[kind])
    for place, value in changes:
        data[place % len(data)] = value
    del data[len(data) - cut % len(data) // 8 :]
    assert outcome(bytes(data)) in {"read", *REASONS}


def outcome(data: bytes) -> str:
    try:
        read_picture(data)
    except PictureRefused as refused:
        return refused.code
    return "read"


DAMAGEABLE = {kind: encode(noise(100, 100), kind) for kind in ("JPEG", "PNG", "WEBP", "MPO", "GIF")}
