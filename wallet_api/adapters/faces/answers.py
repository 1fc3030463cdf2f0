"""What a worker answered, believed only as far as it must be.

A worker decodes pictures that anybody may have sent, so it may have been taken over. Its answer is
checked field by field against the question and the policy that went with it: nothing of it can
break a record, a log line or a sentence told to the resident, and "match" is taken only where the
rest of the answer says so too. What is not as it must be is FACE_WORKER_ODD.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from wallet_api.ports.faces import (
    Challenge,
    FaceJob,
    FaceResult,
    FaceUnavailable,
    FrameNote,
    NoUsablePhoto,
    Outcome,
)
from wallet_api.rules.face_policy import FacePolicy
from wallet_api.rules.face_reasons import REASONS

ODD: Final = "FACE_WORKER_ODD"
MOST_REASONS: Final = len(REASONS)
FARTHEST_SCORE: Final = 2.0
"""A cosine, or one less a distance: no similarity of an engine leaves -2 to 2."""
FIELDS: Final = frozenset(FaceResult.__dataclass_fields__)
_WEBP: Final = (b"RIFF", b"WEBP")

_Kind = TypeVar("_Kind")


def read_result(answer: Mapping[str, Any], job: FaceJob, policy: FacePolicy) -> FaceResult:
    """Return the result of ``job``. Raises FaceUnavailable (FACE_WORKER_ODD)."""
    fields = _a(dict, answer.get("result"))
    _demand(fields.keys() == FIELDS)
    result = FaceResult(
        outcome=_one_of(get_args(Outcome), fields["outcome"]),
        score=None if fields["score"] is None else _number(fields["score"]),
        threshold=policy.match,
        model_id=policy.model_id,
        reasons=_codes(fields["reasons"]),
        frames_used=_whole(fields["frames_used"], below=len(job.frames) + 1),
        quality=_flags(fields["quality"]),
        challenge=_one_of(get_args(Challenge), fields["challenge"]),
        notes=_notes(fields["notes"], job),
        clearest=_clearest(fields["clearest"], job),
    )
    _demand(fields["liveness"] == result.liveness)
    _demand(fields["model_id"] == policy.model_id and fields["threshold"] == policy.match)
    _demand(_agrees(result, job, policy))
    return result


def read_portrait(answer: Mapping[str, Any], blobs: list[bytes], *, max_bytes: int) -> bytes:
    """Return the portrait. Raises NoUsablePhoto, FaceUnavailable (FACE_WORKER_ODD)."""
    if "no_usable_photo" in answer:
        raise NoUsablePhoto(_one_of(REASONS, answer["no_usable_photo"]))
    _demand(len(blobs) == 1 and len(blobs[0]) <= max_bytes)
    head, size = blobs[0][:12], len(blobs[0])
    _demand((head[:4], head[8:]) == _WEBP and int.from_bytes(head[4:8], "little") + 8 == size)
    return blobs[0]


def _agrees(result: FaceResult, job: FaceJob, policy: FacePolicy) -> bool:
    """Whether the parts of an answer say the same, in what lets a resident in."""
    turned = any(frame.turn != "front" for frame in job.frames)
    if not turned and result.challenge != "not_asked":
        return False
    if result.outcome not in ("match", "review", "no_match"):
        return True
    if result.score is None or job.reference is None:
        return False
    return result.outcome != "match" or (
        result.score >= policy.match
        and result.challenge == ("passed" if turned else "not_asked")
        and result.frames_used >= policy.min_frames
    )


def _notes(value: object, job: FaceJob) -> tuple[FrameNote, ...]:
    told = _a(list, value)
    _demand(len(told) in (0, len(job.frames)))
    return tuple(_note(one, frame.turn) for one, frame in zip(told, job.frames, strict=False))


def _note(value: object, turn: str) -> FrameNote:
    fields = _a(dict, value)
    _demand(fields.keys() == {"turn", "reasons"} and fields["turn"] == turn)
    return FrameNote(fields["turn"], _codes(fields["reasons"]))


def _clearest(value: object, job: FaceJob) -> int | None:
    if value is None:
        return None
    index = _whole(value, below=len(job.frames))
    _demand(job.frames[index].turn == "front")
    return index


def _codes(value: object) -> tuple[str, ...]:
    told = _a(list, value)
    _demand(len(told) <= MOST_REASONS)
    return tuple(_one_of(REASONS, code) for code in told)


def _flags(value: object) -> dict[str, bool]:
    return {_one_of(REASONS, name): _a(bool, flag) for name, flag in _a(dict, value).items()}


def _number(value: object) -> float:
    number = value if type(value) is int else _a(float, value)
    _demand(abs(number) <= FARTHEST_SCORE)  # not a number compares false
    return float(number)


def _whole(value: object, *, below: int) -> int:
    number = _a(int, value)
    _demand(0 <= number < below)
    return number


def _one_of(known: object, value: object) -> Any:
    _demand(type(value) is str and value in known)  # type: ignore[operator]  # a tuple or a mapping
    return value


def _a(kind: type[_Kind], value: object) -> _Kind:
    """Return ``value`` if it is of exactly this type: True is no number."""
    if type(value) is not kind:
        raise FaceUnavailable(ODD)
    return value


def _demand(holds: bool) -> None:  # noqa: FBT001 - reads as an assertion that is never left out
    if not holds:
        raise FaceUnavailable(ODD)
