"""What the engine sees: the right face, at any distance, with points that can be trusted."""

from __future__ import annotations

import io
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.engine import COARSE_SIDE, FINE_SIDE, MODEL_ID, FaceEngine
from wallet_api.adapters.faces.engines import Engine, cosine, fuse, unit
from wallet_api.adapters.faces.intake import QUICK_SIDE, Picture, read_picture
from wallet_api.adapters.faces.looks import Look, look_at
from wallet_api.adapters.faces.window import Window, reduced
from wallet_api.rules.face_policy import POLICY, REGISTRY_GATE, RESEARCH_GATE, RESIDENT_GATE

FREE = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "astronaut.png")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return FaceEngine()


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def photo(name: str) -> Image.Image:
    with Image.open(io.BytesIO(sessions.free_photo(name))) as image:
        return image.convert("RGB")


def look(engine: Engine, image: Image.Image) -> Look:
    return look_at(engine, jpeg(image), RESIDENT_GATE)


def test_the_policy_is_of_this_model() -> None:
    assert POLICY.model_id.startswith(f"{MODEL_ID}/")


@pytest.mark.parametrize("name", FREE)
def test_a_quick_look_sees_what_a_thorough_one_sees(engine: Engine, name: str) -> None:
    image = photo(name)
    image.thumbnail((1200, 1200))
    data = jpeg(image)
    thorough = engine.find_face(read_picture(data))
    quick = look_at(engine, data, RESIDENT_GATE).face
    assert thorough is not None
    assert quick is not None
    assert cosine(thorough.embedding, quick.embedding) > 0.95
    assert quick.measures.eye_distance == pytest.approx(thorough.measures.eye_distance, rel=0.05)
    assert quick.measures.yaw == pytest.approx(thorough.measures.yaw, abs=6)


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "obama2.jpg"])
@pytest.mark.parametrize("share", [0.7, 0.45, 0.3])
def test_a_face_keeps_its_vector_at_any_distance(engine: Engine, name: str, share: float) -> None:
    near = photo(name)
    near.thumbnail((1200, 1200))
    far = Image.new("RGB", near.size, (120, 118, 115))
    size = (round(near.width * share), round(near.height * share))
    far.paste(near.resize(size), ((near.width - size[0]) // 2, (near.height - size[1]) // 2))
    faces = [look(engine, image).face for image in (near, far)]
    assert faces[0] is not None
    assert faces[1] is not None
    assert cosine(faces[0].embedding, faces[1].embedding) > 0.85
    assert faces[1].measures.eye_distance == pytest.approx(
        faces[0].measures.eye_distance * share, rel=0.10
    )


def test_points_stand_on_the_face_they_belong_to(engine: Engine) -> None:
    image = photo("obama2.jpg")
    image.thumbnail((640, 640))
    one, other = image, Image.new("RGB", (image.width * 3, image.height * 2), "grey")
    other.paste(image, (image.width * 2, image.height))
    here, there = (engine.find_face(read_picture(jpeg(seen))) for seen in (one, other))
    assert here is not None
    assert there is not None
    share = 1280 / max(other.size) if max(other.size) > 1280 else 1.0
    place = np.asarray([image.width * 2, image.height], np.float32)
    expected = (here.points + place) * share
    distance = math.dist(expected[0], expected[1])
    assert np.abs(there.points - expected).max() < 0.12 * distance


@pytest.mark.parametrize(
    ("box", "central"), [((0, 0, 640, 640), False), ((0, 0, 640, 640), True)], ids=["big", "middle"]
)
def test_the_largest_face_is_meant_unless_the_middle_is_asked(
    engine: Engine, box: tuple[int, int, int, int], *, central: bool
) -> None:
    scene = Image.new("RGB", (1500, 900), "grey")
    scene.paste(photo("obama.jpg").resize((520, 650)), (0, 0))
    scene.paste(photo("biden.jpg").crop((0, 300, 970, 1500)).resize((260, 322)), (640, 300))
    face = engine.find_face(read_picture(jpeg(scene)), central=central)
    assert face is not None
    assert (face.box[0] > 450) is central
    assert (face.measures.second_face > 1) is central


def test_half_a_face_is_not_enough(engine: Engine) -> None:
    data = sessions.free_photo("obama_partial_face.jpg")
    assert look_at(engine, data, RESIDENT_GATE).good is None
    assert look_at(engine, data, RESIDENT_GATE).reasons


def test_a_small_picture_is_enlarged_for_research_only(engine: Engine) -> None:
    data = (sessions.FOLDER / "cmu" / "kk49_straight_neutral_open.png").read_bytes()
    assert look_at(engine, data, RESEARCH_GATE).good is not None
    assert look_at(engine, data, RESIDENT_GATE).good is None
    assert look_at(engine, data, REGISTRY_GATE).good is None


def test_what_is_no_picture_is_told_and_shows_nothing(engine: Engine) -> None:
    seen = look_at(engine, b"no picture", RESIDENT_GATE)
    assert (seen.face, seen.reasons, seen.grey) == (None, ("FORMAT_NOT_ACCEPTED",), None)


@pytest.mark.parametrize("size", [(96, 96), (192, 96), (481, 1280), (1280, 321)])
def test_any_shape_of_picture_can_be_looked_at(engine: Engine, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), np.uint8)
    engine.find_face(Picture(pixels, 1.0))
    assert engine.find_face(Picture(np.full_like(pixels, 127), 1.0)) is None


@given(
    st.tuples(st.floats(-50, 300), st.floats(-50, 300), st.floats(2, 300), st.floats(2, 300)),
    st.integers(16, 320),
    st.floats(1.0, 2.0),
)
@settings(max_examples=80, deadline=None)
def test_a_window_leads_back_to_the_picture(
    box: tuple[float, float, float, float], side: int, share: float
) -> None:
    pixels = np.full((240, 320, 3), 200, np.uint8)
    wanted = np.asarray(box, np.float32)
    window = Window.around(pixels, wanted, side, share)
    assert window.pixels.shape == (side, side, 3)
    row = np.linspace(1, 200, 15, dtype=np.float32)
    assert np.allclose(window.outside(window.inside(row))[:14], row[:14], atol=0.05)
    left, top, right, bottom = window.shown()
    assert 0 <= left <= side
    assert 0 <= top <= side
    assert right <= side
    assert bottom <= side


def test_a_window_shows_its_part_where_it_says() -> None:
    pixels = np.zeros((300, 300, 3), np.uint8)
    cv2.circle(pixels, (120, 90), 6, (255, 255, 255), -1)
    window = Window.around(pixels, np.asarray([80, 40, 100, 120], np.float32), FINE_SIDE, 1.2)
    row = np.zeros(15, np.float32)
    row[4:6] = 120, 90
    x, y = window.inside(row)[4:6]
    assert window.pixels[round(float(y)), round(float(x))].min() > 200


def test_a_large_face_is_reduced_before_its_chip_is_cut_and_a_small_one_is_not() -> None:
    pixels = np.zeros((900, 900, 3), np.uint8)
    row = np.zeros(15, np.float32)
    row[4:14] = 350, 400, 550, 400, 450, 500, 370, 620, 530, 620
    smaller, points = reduced(pixels, row, 56.0)
    assert max(smaller.shape) < 400
    assert math.dist(points[4:6], points[6:8]) == pytest.approx(56.0, rel=0.15)
    assert reduced(pixels, row, 300.0)[0] is pixels


def test_fused_vectors_weigh_by_their_length() -> None:
    one, other = np.asarray([3, 0], np.float32), np.asarray([0, 1], np.float32)
    assert unit(fuse([one, other])) == pytest.approx(unit(np.asarray([3, 1], np.float32)))
    assert cosine(one, other) == 0
    assert cosine(one, one * 9) == pytest.approx(1)


def test_the_sides_leave_room_for_what_is_asked() -> None:
    """A face at the resident's smallest eye distance is still some pixels in the coarse copy."""
    assert RESIDENT_GATE.min_eye_distance * COARSE_SIDE / 1280 > 8
    assert QUICK_SIDE >= COARSE_SIDE
