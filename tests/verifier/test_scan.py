"""From pictures to text: two readers, and pictures that mean harm."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from samples.vectors_world import CARD
from verifier.errors import ScanError
from verifier.scan import camera_texts, load_frame, load_gray, read_codes, scan_bytes, scan_file
from verifier.sight import first_opinion, look, look_closely, second_opinion

TEXT = CARD.shown()


def picture(text: str, *, scale: int = 4, kind: str = "png", error: str = "L") -> bytes:
    out = io.BytesIO()
    segno.make(text, error=error, boost_error=False).save(out, kind="png", scale=scale)
    if kind == "png":
        return out.getvalue()
    changed = io.BytesIO()
    Image.open(out).convert("RGB").save(changed, format=kind, quality=80)
    return changed.getvalue()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_dense_presentation_is_read_from_every_format(kind: str) -> None:
    assert scan_bytes(picture(TEXT, kind=kind)) == TEXT


def test_a_code_on_transparent_ground_is_read() -> None:
    out = io.BytesIO()
    segno.make(TEXT, error="L").save(out, kind="png", scale=4, light=None)
    assert scan_bytes(out.getvalue()) == TEXT


def test_a_turned_and_blurred_photo_is_read() -> None:
    gray = load_gray(picture(TEXT, scale=6))
    turned = Image.fromarray(gray).rotate(17, expand=True, fillcolor=255)
    blurred = cv2.GaussianBlur(np.asarray(turned), (5, 5), 1.2)
    assert read_codes(blurred) == [TEXT]


def test_the_second_reader_reads_alone() -> None:
    assert second_opinion(load_gray(picture(TEXT, scale=5))) == [TEXT]


def test_a_code_that_the_first_look_misses_is_read_by_a_closer_one() -> None:
    """Out of focus by half a module (sigma): its contrast has to be evened out."""
    blurred = cv2.GaussianBlur(load_gray(picture(TEXT, scale=4)), (0, 0), 2.0)
    assert first_opinion(blurred) == []
    assert look(blurred).texts == [TEXT]


def test_a_code_round_a_cylinder_is_read_by_the_third_look() -> None:
    flat = load_gray(picture(TEXT, scale=4))
    height, width = flat.shape
    angle = np.arcsin(np.linspace(-0.72, 0.72, width))
    columns = (angle / angle.max() + 1) * width / 2
    rows = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None], flat.shape)
    bent = cv2.remap(
        flat, np.broadcast_to(columns.astype(np.float32), flat.shape).copy(), rows.copy(),
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    seen = look(bent)
    assert seen.texts == []
    assert seen.located
    assert look_closely(bent, seen.regions) == [TEXT]


def test_an_empty_room_in_the_dark_is_not_looked_at_twice() -> None:
    """The second decoder takes half a minute for such a picture, and every frame is one."""
    dice = np.random.default_rng(1)
    noise = np.clip(60 + dice.normal(0, 8, (720, 1280)), 0, 255).astype(np.uint8)
    assert look(noise).regions == ()


def test_a_frame_of_plain_luminance_is_taken_as_it_is() -> None:
    gray = load_gray(picture(TEXT))
    height, width = gray.shape
    frame = b"P5\n%d\n%d\n255\n" % (width, height) + gray.tobytes()
    assert read_codes(load_frame(frame)) == [TEXT]
    assert load_frame(picture(TEXT)).shape == gray.shape
    for bent in (frame[:-1], frame + b"\0", frame.replace(b"P5\n", b"P5\n9", 1), frame[:9]):
        with pytest.raises(ScanError, match="IMAGE_INVALID"):
            load_frame(bent)


def beside(*texts: str) -> bytes:
    parts = [Image.open(io.BytesIO(picture(text))).convert("L") for text in texts]
    wide = Image.new("L", (sum(p.width for p in parts), max(p.height for p in parts)), 255)
    left = 0
    for part in parts:
        wide.paste(part, (left, 0))
        left += part.width
    out = io.BytesIO()
    wide.save(out, format="PNG")
    return out.getvalue()


def test_ours_is_chosen_where_another_code_hangs_beside_it() -> None:
    assert scan_bytes(beside("https://bank.example", TEXT)) == TEXT


def test_two_of_ours_are_not_guessed_between() -> None:
    with pytest.raises(ScanError) as caught:
        scan_bytes(beside(TEXT, CARD.but(profile="boarding").shown()))
    assert caught.value.code == "QR_SEVERAL"


def test_a_picture_without_code_says_so() -> None:
    out = io.BytesIO()
    Image.new("L", (200, 200), 255).save(out, format="PNG")
    with pytest.raises(ScanError) as caught:
        scan_bytes(out.getvalue())
    assert caught.value.code == "QR_NOT_FOUND"


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes whose header promises a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        sum_ = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", sum_)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(
    "size", [(13_800, 13_800), (5_000, 5_000), (100_000, 10), (60_000, 60_000)]
)
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(ScanError) as caught:
        scan_bytes(png_claiming(*size))
    assert caught.value.code == "IMAGE_TOO_LARGE"


def test_a_file_over_16_mib_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(17 * 1024 * 1024))
    with pytest.raises(ScanError) as caught:
        scan_file(path)
    assert caught.value.code == "IMAGE_TOO_LARGE"


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_other_formats_reach_no_decoder(data: bytes) -> None:
    with pytest.raises(ScanError) as caught:
        scan_bytes(data)
    assert caught.value.code == "IMAGE_INVALID"


PNG = picture("HELLO", scale=2)


@given(st.integers(0, len(PNG) - 1), st.integers(1, 255))
def test_one_changed_byte_gives_a_text_or_the_one_error(position: int, change: int) -> None:
    bent = bytearray(PNG)
    bent[position] ^= change
    try:
        text = scan_bytes(bytes(bent))
    except ScanError:
        return
    assert text


def test_a_camera_yields_each_code_once_as_it_comes(tmp_path: Path) -> None:
    """A video file stands for the camera: two codes, ten frames each."""
    path = tmp_path / "camera.avi"
    frames = [cv2.resize(load_gray(picture(text, scale=8)), (640, 640)) for text in ("ONE", "TWO")]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (640, 640))
    for frame in frames:
        for _ in range(10):
            writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    assert list(camera_texts(str(path))) == ["ONE", "TWO"]


def test_no_camera_is_no_traceback() -> None:
    with pytest.raises(ScanError) as caught:
        next(camera_texts("no-such-video.avi"))
    assert caught.value.code == "CAMERA_NOT_FOUND"
