"""The portrait that travels in a credential."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.intake import read_picture
from wallet_api.adapters.faces.matcher import LocalFaceMatcher
from wallet_api.ports.faces import NoUsablePhoto

FREE = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png")


def photos() -> dict[str, bytes]:
    free = {name: sessions.free_photo(name) for name in FREE}
    return {**free, **{person: sessions.registry_photo(person) for person in sessions.PEOPLE}}


@pytest.mark.parametrize("name", photos())
def test_a_portrait_is_a_small_webp_that_fits(matcher: LocalFaceMatcher, name: str) -> None:
    portrait = matcher.make(photos()[name])
    assert 450 <= len(portrait) <= 600
    with Image.open(io.BytesIO(portrait)) as image:
        assert (image.format, image.size) == ("WEBP", (64, 80))
        assert not image.info.get("exif")
    assert matcher.make(photos()[name]) == portrait


def test_a_portrait_keeps_its_colours(matcher: LocalFaceMatcher) -> None:
    with Image.open(io.BytesIO(matcher.make(sessions.free_photo("obama.jpg")))) as image:
        red, _, blue = image.convert("RGB").getpixel((32, 40))  # type: ignore[misc]
    assert red > blue + 20


def test_the_face_fills_the_portrait(matcher: LocalFaceMatcher) -> None:
    for name, photo in photos().items():
        portrait = io.BytesIO(matcher.make(photo))
        with Image.open(portrait) as image:
            enlarged = image.convert("RGB").resize((320, 400), Image.Resampling.BICUBIC)
        out = io.BytesIO()
        enlarged.save(out, "PNG")
        face = matcher._engine.find_face(read_picture(out.getvalue()))
        assert face is not None, name
        x, y, wide, high = face.box
        assert 0.45 < high / 400 < 0.75, name
        assert abs((x + wide / 2) / 320 - 0.5) < 0.1, name
        assert abs((y + high / 2) / 400 - 0.5) < 0.15, name


@pytest.mark.parametrize("limit", [300, 450, 600])
def test_a_smaller_limit_is_kept(matcher: LocalFaceMatcher, limit: int) -> None:
    assert len(matcher.make(sessions.free_photo("biden.jpg"), max_bytes=limit)) <= limit


def test_a_limit_that_no_picture_can_keep_is_refused(matcher: LocalFaceMatcher) -> None:
    with pytest.raises(NoUsablePhoto) as refused:
        matcher.make(sessions.free_photo("biden.jpg"), max_bytes=40)
    assert refused.value.reason == "FACE_UNCLEAR"


def test_a_photo_without_a_face_is_refused(matcher: LocalFaceMatcher) -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 400), "grey").save(out, "JPEG")
    with pytest.raises(NoUsablePhoto) as refused:
        matcher.make(out.getvalue())
    assert refused.value.reason == "NO_FACE"


def test_bytes_that_are_no_photo_are_refused(matcher: LocalFaceMatcher) -> None:
    with pytest.raises(NoUsablePhoto) as refused:
        matcher.make(b"no photo")
    assert refused.value.reason == "FORMAT_NOT_ACCEPTED"
