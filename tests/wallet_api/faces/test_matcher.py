"""Real faces through the whole comparison, in one process."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from samples.faces import sessions
from wallet_api.adapters.faces.attack import NoAttackDetection
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.intake import read_picture
from wallet_api.adapters.faces.matcher import LocalFaceMatcher
from wallet_api.ports.faces import FaceJob, FaceResult
from wallet_api.rules.face_policy import POLICY, RESEARCH_GATE
from wallet_api.rules.face_reasons import REASONS

OBAMA = sessions.free_photo("obama.jpg")


def compare(
    matcher: LocalFaceMatcher, frames: tuple[bytes, ...], reference: bytes | None
) -> FaceResult:
    result = matcher.match(FaceJob.of_fronts(frames, reference))
    assert set(result.reasons) <= set(REASONS)
    assert set(result.quality) <= set(REASONS)
    assert result.liveness == "not_evaluated"
    assert (result.threshold, result.model_id) == (POLICY.match, POLICY.model_id)
    return result


def jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def changed(person: str, change: str) -> tuple[bytes, ...]:
    frames = []
    for data in sessions.capture(person):
        with Image.open(io.BytesIO(data)) as opened:
            image = opened.convert("RGB")
        frames.append(jpeg(CHANGES[change](image)))
    return tuple(frames)


def beside_itself(image: Image.Image) -> Image.Image:
    pair = Image.new("RGB", (image.width * 2, image.height))
    pair.paste(image, (0, 0))
    pair.paste(image, (image.width, 0))
    return pair


CHANGES = {
    "small": lambda image: image.resize((image.width // 3, image.height // 3)),
    "dark": lambda image: image.point(lambda value: value // 6),
    "bright": lambda image: image.point(lambda value: 200 + value // 5),
    "tilted": lambda image: image.rotate(38),
    "cut": lambda image: image.crop((image.width // 2, 0, image.width, image.height)),
    "two": beside_itself,
    "empty": lambda image: Image.new("RGB", image.size, "grey"),
}


@pytest.mark.parametrize("person", sessions.PEOPLE)
def test_each_sample_resident_matches_their_registry_photo(
    matcher: LocalFaceMatcher, person: str
) -> None:
    result = compare(matcher, sessions.capture(person), sessions.registry_photo(person))
    assert (result.outcome, result.reasons) == ("match", ())
    assert 3 <= result.frames_used <= 5


@pytest.mark.parametrize(
    ("person", "other"), [("sz24", "mitchell"), ("phoebe", "cheyer"), ("saavik", "bpm")]
)
def test_the_most_alike_strangers_among_the_samples_do_not_match(
    matcher: LocalFaceMatcher, person: str, other: str
) -> None:
    result = compare(matcher, sessions.capture(person), sessions.registry_photo(other))
    assert (result.outcome, result.reasons) == ("no_match", ("NOT_SAME_FACE",))


def test_three_photos_of_one_man_match(matcher: LocalFaceMatcher) -> None:
    frames = (
        sessions.free_photo("obama2.jpg"),
        sessions.free_photo("obama3.jpg"),
        *sessions.free_capture("obama2.jpg", frames=1),
    )
    result = compare(matcher, frames, OBAMA)
    assert result.outcome == "match"
    assert result.score == pytest.approx(0.82, abs=0.03)


def test_another_man_does_not_match(matcher: LocalFaceMatcher) -> None:
    result = compare(matcher, sessions.free_capture("biden.jpg"), OBAMA)
    assert result.outcome == "no_match"


def test_another_womans_registry_photo_does_not_match(matcher: LocalFaceMatcher) -> None:
    collins = sessions.free_photo("astronaut.png")
    result = compare(matcher, sessions.free_capture("obama2.jpg"), collins)
    assert result.outcome == "no_match"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("small", "FACE_TOO_SMALL"),
        ("dark", "TOO_DARK"),
        ("bright", "TOO_BRIGHT"),
        ("tilted", "FACE_TILTED"),
        ("cut", "NEAR_EDGE"),
        ("two", "SECOND_FACE"),
        ("empty", "NO_FACE"),
    ],
)
def test_a_bad_capture_is_told_what_to_mend(
    matcher: LocalFaceMatcher, change: str, reason: str
) -> None:
    result = compare(matcher, changed("bpm", change), sessions.registry_photo("bpm"))
    assert result.outcome == "try_again"
    assert result.score is None
    assert result.reasons[-1] == "TOO_FEW_FRAMES"
    assert reason in result.reasons
    assert result.quality[reason]


def test_dark_glasses_are_asked_off(matcher: LocalFaceMatcher) -> None:
    for person in sessions.PEOPLE:
        frames = sessions.with_sunglasses(person, frames=1)
        result = compare(matcher, frames, sessions.registry_photo(person))
        assert result.reasons[0] == "DARK_GLASSES"


def test_turned_faces_are_not_frontal_frames(matcher: LocalFaceMatcher) -> None:
    for side in ("left", "right"):
        frames = (sessions.turned("mitchell", side),)
        result = compare(matcher, frames, sessions.registry_photo("mitchell"))
        assert "FACE_TURNED" in result.reasons


def test_yaw_has_the_sign_of_the_turn(matcher: LocalFaceMatcher) -> None:
    for person in sessions.PEOPLE:
        left = matcher._engine.find_face(read_picture(sessions.turned(person, "left")))
        right = matcher._engine.find_face(read_picture(sessions.turned(person, "right")))
        assert left is not None
        assert right is not None
        assert left.measures.yaw > 15
        assert right.measures.yaw < -15


def test_two_frames_are_too_few(matcher: LocalFaceMatcher) -> None:
    result = compare(matcher, sessions.capture("ch4f", frames=2), sessions.registry_photo("ch4f"))
    assert (result.outcome, result.reasons) == ("try_again", ("TOO_FEW_FRAMES",))
    assert result.frames_used == 2


def test_one_frame_sent_three_times_is_one_frame(matcher: LocalFaceMatcher) -> None:
    result = compare(matcher, (sessions.selfie("bpm"),) * 3, sessions.registry_photo("bpm"))
    assert (result.outcome, result.frames_used) == ("try_again", 1)
    assert result.reasons == ("FRAME_REPEATED", "TOO_FEW_FRAMES")


def test_a_person_swapped_in_the_middle_is_noticed(matcher: LocalFaceMatcher) -> None:
    frames = sessions.capture("bpm", frames=3) + sessions.capture("boland", frames=2)
    result = compare(matcher, frames, sessions.registry_photo("bpm"))
    assert (result.outcome, result.reasons) == ("try_again", ("FRAMES_DIFFER",))
    assert result.score is None


def test_more_than_five_frames_use_the_five_clearest(matcher: LocalFaceMatcher) -> None:
    frames = sessions.capture("danieln", frames=8)
    result = compare(matcher, frames, sessions.registry_photo("danieln"))
    assert (result.outcome, result.frames_used) == ("match", 5)


def test_more_than_ten_frames_are_not_looked_at(matcher: LocalFaceMatcher) -> None:
    result = compare(matcher, (b"x",) * 11, OBAMA)
    assert (result.outcome, result.reasons) == ("try_again", ("TOO_MANY_FRAMES",))


def test_no_registry_photo_is_not_the_residents_fault(matcher: LocalFaceMatcher) -> None:
    result = compare(matcher, sessions.capture("bpm"), None)
    assert (result.outcome, result.reasons) == ("no_reference", ("REFERENCE_MISSING",))


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (b"no photo", "FORMAT_NOT_ACCEPTED"),
        (jpeg(Image.new("RGB", (300, 400), "grey")), "NO_FACE"),
        (sessions.with_sunglasses("bpm", frames=1)[0], "DARK_GLASSES"),
        (changed("bpm", "small")[0], "FACE_TOO_SMALL"),
    ],
    ids=["not a picture", "no face", "dark glasses", "small"],
)
def test_an_unusable_registry_photo_goes_to_an_officer(
    matcher: LocalFaceMatcher, reference: bytes, reason: str
) -> None:
    result = compare(matcher, sessions.capture("bpm"), reference)
    assert result.outcome == "no_reference"
    assert result.reasons == ("REFERENCE_UNUSABLE", reason)


def test_the_same_question_has_the_same_answer(matcher: LocalFaceMatcher) -> None:
    job = FaceJob.of_fronts(sessions.capture("an2i"), sessions.registry_photo("an2i"))
    assert matcher.match(job) == matcher.match(job)


def test_a_photo_stored_on_its_side_matches_once_exif_turned_it(matcher: LocalFaceMatcher) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    with Image.open(io.BytesIO(sessions.registry_photo("bpm"))) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=95, exif=exif)
    assert compare(matcher, sessions.capture("bpm"), out.getvalue()).outcome == "match"


def test_the_research_gate_reads_the_small_photos_the_residents_gate_refuses(
    matcher: LocalFaceMatcher,
) -> None:
    small = (sessions.FOLDER / "cmu" / "mitchell_straight_angry_open.png").read_bytes()
    reference = sessions.registry_photo("mitchell")
    assert "FACE_TOO_SMALL" in compare(matcher, (small,), reference).reasons
    research = LocalFaceMatcher(FaceEngine(), gate=RESEARCH_GATE)
    result = research.match(FaceJob.of_fronts((small,), reference))
    assert (result.frames_used, result.reasons) == (1, ("TOO_FEW_FRAMES",))


def test_the_models_give_the_numbers_they_were_calibrated_with() -> None:
    """Parity: another OpenCV or file may replace these only with cosine >= 0.999."""
    engine = FaceEngine()
    ramp = np.linspace(0, 255, 112 * 112 * 3).reshape(112, 112, 3)
    chip = cv2.GaussianBlur(np.asarray((ramp * 7) % 256, np.uint8), (0, 0), 2)
    feature = engine._embedder.feature(chip)[0]
    unit = feature / np.linalg.norm(feature)
    known = np.asarray(PARITY, np.float32)
    assert float(unit[:16] @ known / np.linalg.norm(unit[:16]) / np.linalg.norm(known)) > 0.999


# fmt: off
PARITY = (
    0.0187, -0.0438, -0.0365, -0.0632, 0.093, 0.0998, 0.1054, -0.1596,
    -0.0706, -0.0532, -0.102, 0.0878, 0.0414, 0.1886, 0.0921, 0.0185,
)
# fmt: on


def test_liveness_is_not_claimed() -> None:
    assert NoAttackDetection().evaluate((b"frame",)) == "not_evaluated"
