"""What a phone is told of its capture: what to do now, which frames are missing, until when."""

from __future__ import annotations

from sqlalchemy.orm import Session

from credentials.jwk import b64url_encode
from wallet_api.models import Enrolment, FaceCapture
from wallet_api.rules import face_capture, notices
from wallet_api.rules.face_capture import Turn
from wallet_api.services import capture_tokens, face_frames
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import iso


def turn_of(deps: Deps, capture_id: str, number: int) -> Turn:
    """Return what a prompt asks: it follows from the capture's id and a key, kept nowhere."""
    drawn = deps.vault.mac("face-turn", f"{capture_id}|{number}".encode())
    return face_capture.turn_of(number, drawn)


def capture_of(
    db: Session, deps: Deps, enrolment: Enrolment, capture: FaceCapture
) -> dict[str, object]:
    """Return the Capture of the API."""
    frames = face_frames.of_capture(db, capture.id)
    waiting = capture.state in face_capture.UNDER_WAY
    failure = capture.failure
    return {
        "capture": capture.id,
        "state": capture.state.lower(),
        "challenge": capture_tokens.sign_challenge(deps, capture, enrolment),
        "prompt": _prompt(deps, enrolment, capture),
        "prompts": face_capture.PROMPTS,
        "missing": [
            b64url_encode(frame.digest) for frame in frames if waiting and frame.sealed is None
        ],
        "expires_at": iso(capture.expires_at),
        "frames_by": iso(capture.frames_by),
        "failure": notices.coded(failure, enrolment.language) if failure else None,
        "server_time": iso(deps.now()),
    }


def _prompt(deps: Deps, enrolment: Enrolment, capture: FaceCapture) -> dict[str, object] | None:
    if capture.state != face_capture.OPEN:
        return None
    turn = turn_of(deps, capture.id, capture.prompt)
    ends = face_capture.prompt_ends_at(capture.prompted_at, capture.expires_at)
    return {
        "number": capture.prompt,
        "turn": turn,
        "message": notices.coded(face_capture.MESSAGE_OF[turn], enrolment.language),
        "token": capture_tokens.sign_prompt(deps, capture, turn),
        "deadline_at": iso(ends),
    }
