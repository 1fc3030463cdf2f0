"""The capture of a face: prompts, promised frames, waiting."""

from __future__ import annotations

from wallet_api.errors.root import NotFound, WalletError


class CaptureNotFound(NotFound):
    """No capture with this id in this enrolment."""

    code = "CAPTURE_NOT_FOUND"


class CaptureEnded(WalletError):
    """Used, failed or abandoned: open a new one."""

    code = "CAPTURE_ENDED"


class CaptureNotReady(WalletError):
    """The prompts are not all answered yet: no frame is taken and nothing compared."""

    code = "CAPTURE_NOT_READY"


class PromptInvalid(WalletError):
    """Not a prompt of ours, or not the one that waits for an answer; ends the capture."""

    code = "PROMPT_INVALID"


class PromptLate(WalletError):
    """The answer came after the prompt's deadline; ends the capture."""

    code = "PROMPT_LATE"


class PromptEarly(WalletError):
    """The answer came faster than anybody reads; ends the capture."""

    code = "PROMPT_EARLY"


class FrameSeen(WalletError):
    """A digest was promised before, here or elsewhere; ends the capture."""

    code = "FRAME_SEEN"


class FrameNotPromised(WalletError):
    """Bytes whose digest no answer to a prompt has named."""

    code = "FRAME_NOT_PROMISED"


class FrameTooLarge(WalletError):
    """A frame above the policy's limit."""

    code = "FRAME_TOO_LARGE"


class FramesLate(WalletError):
    """The frames did not arrive in time; ends the capture."""

    code = "FRAMES_LATE"


class FaceFramesMissing(WalletError):
    """``missing`` frames have not arrived yet."""

    code = "FACE_FRAMES_MISSING"


class FaceWait(WalletError):
    """Too many captures, or too soon after a refusal: wait, or go on to the office."""

    code = "FACE_WAIT"
