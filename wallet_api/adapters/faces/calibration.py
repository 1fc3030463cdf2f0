"""The calibration: which thresholds a model was measured to deserve, on whom, and who says so.

A threshold without its model is a number. This file binds them: the hashes of the model files,
the way frames are fused, the thresholds, what they were measured on and when. Two forms of the
same document: plain JSON, packaged with the product for development and demonstrations, and a
compact JWS (RFC 7515, ES256) by the evaluator's calibration key, the only form production takes.

A calibration does not expire by itself: a model does not age, and a face step that stops on a date
would stop a country. ``docs/operations.md`` says when to measure anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from wallet_api.adapters.faces.model_files import ENGINES, SFACE, ModelSet
from wallet_api.rules.face_policy import FacePolicy

FORMAT: Final = 1
TYP: Final = "ikd-face-calibration+jwt"
MAX_BYTES: Final = 262_144
SIGNED_NAME: Final = "face-calibration.jws"
_PACKAGED: Final = {
    "sface": "calibration.json",
    "face-recognition": "calibration-face-recognition.json",
}

_Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Rate = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1, le=1_000_000_000)]


class CalibrationError(Exception):
    """There is no calibration that may be used. ``code`` says why, ``detail`` which part.

    CALIBRATION_MISSING (no such file), CALIBRATION_UNREADABLE (too large, not JSON, a field
    missing, unknown or of another type), CALIBRATION_UNSIGNED (plain where only a signed one
    will do), CALIBRATION_SIGNATURE (not by our calibration key, or of another type),
    CALIBRATION_MODEL (measured with another model, other files or another way of fusing),
    CALIBRATION_THRESHOLDS (out of range or in the wrong order).
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Thresholds(_Strict):
    """The numbers of ``FacePolicy``, with the same names."""

    match: float
    review: float
    same_capture: float
    same_turned: float
    min_turn: float
    min_frames: int
    max_frames: int
    max_offered: int


class DataSet(_Strict):
    """Whose pictures were measured."""

    name: _Text
    people: _Count
    photos: _Count


class Figure(_Strict):
    """One measured rate with its 95 % interval.

    ``kind`` "fmr": strangers accepted, "fnmr": genuine claims not accepted, at ``threshold``, for
    probes of ``fused`` frames, among ``group``; ``of`` comparisons, where known.
    """

    kind: Literal["fmr", "fnmr"]
    group: _Text
    fused: Annotated[int, Field(ge=1, le=10)]
    threshold: float
    value: _Rate
    low: _Rate
    high: _Rate
    of: _Count | None = None


class MeasuredOn(_Strict):
    """The evidence: data sets, figures, and SHA-256 of the report it was taken from."""

    data: Annotated[tuple[DataSet, ...], Field(min_length=1, max_length=20, strict=False)]
    figures: Annotated[tuple[Figure, ...], Field(max_length=200, strict=False)]
    report: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""


class Calibration(_Strict):
    """The document, checked in form. ``load`` and ``verify`` also check it against the model."""

    format: Literal[1]
    engine: _Text
    model_id: _Text
    models: dict[str, Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]]
    fusing: _Text
    thresholds: Thresholds
    measured_on: MeasuredOn
    date: Annotated[date, Field(strict=False)]
    note: Annotated[str, StringConstraints(max_length=1000)] = ""

    def policy(self) -> FacePolicy:
        """Return the thresholds as the matcher takes them, named after model and fusing."""
        return FacePolicy(model_id=f"{self.model_id}/{self.fusing}", **self.thresholds.model_dump())


@dataclass(frozen=True, slots=True)
class InForce:
    """A calibration that passed every check, and whether a signature stood on it."""

    calibration: Calibration
    signed: bool

    @property
    def policy(self) -> FacePolicy:
        """The thresholds for the matcher."""
        return self.calibration.policy()


def read(
    data: bytes,
    models: ModelSet,
    *,
    key: ec.EllipticCurvePublicKey | None,
    signed_only: bool,
) -> InForce:
    """Return the calibration in ``data`` for the engine of ``models``; raises CalibrationError.

    ``key`` is the public half of the calibration key; None: no signature can be believed.
    """
    if len(data) > MAX_BYTES:
        raise CalibrationError("CALIBRATION_UNREADABLE", f"more than {MAX_BYTES} bytes")
    if data.lstrip()[:1] == b"{":
        if signed_only:
            raise CalibrationError("CALIBRATION_UNSIGNED")
        return InForce(check(parse(data), models), signed=False)
    return InForce(check(parse(_verified(data.strip(), key)), models), signed=True)


def parse(data: bytes) -> Calibration:
    """Return the document in its form; raises CalibrationError CALIBRATION_UNREADABLE."""
    try:
        document = json.loads(data, object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
        return Calibration.model_validate(document)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise CalibrationError("CALIBRATION_UNREADABLE", f"{place}: {fault['msg']}") from None
    except (ValueError, RecursionError):
        raise CalibrationError("CALIBRATION_UNREADABLE", "not a JSON document") from None


def check(calibration: Calibration, models: ModelSet) -> Calibration:
    """Return it when it was measured with ``models`` and its thresholds make sense.

    Raises CalibrationError CALIBRATION_MODEL or CALIBRATION_THRESHOLDS.
    """
    if calibration.engine != models.engine or calibration.model_id != models.model_id:
        raise CalibrationError("CALIBRATION_MODEL", f"it was made for {calibration.model_id}")
    for name in sorted({*calibration.models, *models.sha256}):
        if calibration.models.get(name) != models.sha256.get(name):
            raise CalibrationError("CALIBRATION_MODEL", f"measured with another {name}")
    held = calibration.thresholds
    if calibration.fusing != fusing_of(held.min_frames, held.max_frames):
        raise CalibrationError("CALIBRATION_MODEL", "measured with another way of fusing")
    wrong = _first_wrong(held)
    if wrong:
        raise CalibrationError("CALIBRATION_THRESHOLDS", wrong)
    return calibration


def sign(calibration: Calibration, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the signed form: a compact JWS over the document."""
    payload = json.dumps(calibration.model_dump(mode="json"), sort_keys=True).encode()
    return jwt.api_jws.encode(payload, key, "ES256", headers={"typ": TYP}).encode() + b"\n"


@cache
def packaged(engine: str = SFACE.engine) -> Calibration:
    """Return the development calibration that comes with the product, for ``engine``."""
    source = files("wallet_api.adapters.faces").joinpath(_PACKAGED[engine])
    return check(parse(source.read_bytes()), ENGINES[engine])


def fusing_of(min_frames: int, max_frames: int) -> str:
    """Return the name of the matcher's way of fusing that many frames."""
    return f"fused-norm-{min_frames}-{max_frames}"


def thresholds_of(policy: FacePolicy) -> Mapping[str, float]:
    """Return the numbers of a policy, as a calibration holds them."""
    return {name: value for name, value in asdict(policy).items() if name != "model_id"}


def _verified(data: bytes, key: ec.EllipticCurvePublicKey | None) -> bytes:
    if key is None:
        raise CalibrationError("CALIBRATION_SIGNATURE", "no calibration key to check it with")
    try:
        held = jwt.api_jws.decode_complete(data, key, algorithms=["ES256"])
    except jwt.PyJWTError:
        raise CalibrationError("CALIBRATION_SIGNATURE", "not by our calibration key") from None
    if held["header"].get("typ") != TYP:
        raise CalibrationError("CALIBRATION_SIGNATURE", "it signs something else")
    return bytes(held["payload"])


def _first_wrong(held: Thresholds) -> str:
    """Return what is wrong with the thresholds, empty where nothing is."""
    similar = (held.match, held.review, held.same_capture, held.same_turned)
    checks = (
        (not all(math.isfinite(v) and -1 <= v < 1 for v in similar), "a similarity outside -1..1"),
        (held.review > held.match, "review above match"),
        (held.same_turned > held.same_capture, "same_turned above same_capture"),
        (not 5 <= held.min_turn <= 60, "min_turn outside 5..60 degrees"),
        (not 1 <= held.min_frames <= held.max_frames, "min_frames above max_frames"),
        (not held.max_frames <= held.max_offered <= 30, "max_offered outside max_frames..30"),
    )
    return next((what for wrong, what in checks if wrong), "")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(name)
