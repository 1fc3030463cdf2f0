"""From the settings to a pool of face workers under a calibration, or a refusal to start.

Which calibration is in force:

1. the file that WALLET_FACE_CALIBRATION names, else
2. ``face-calibration.jws`` below the keys folder (of the deciding engine), else
3. outside production, the packaged one of the engine.

Production takes a signed one only. In every environment the model files are hashed first: a model
that is not the calibrated one never starts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from wallet_api.adapters.faces import calibration as calibrations
from wallet_api.adapters.faces.calibration import CalibrationError, InForce
from wallet_api.adapters.faces.model_files import ENGINES, SFACE, ModelAltered, ModelSet
from wallet_api.adapters.faces.pool import FacePool
from wallet_api.adapters.keys import load_calibration_public
from wallet_api.config import Settings
from wallet_api.errors import ConfigurationError

_SIGN: Final = "sign one: `python -m wallet_api face calibrate` (docs/operations.md)"
_PUT_BACK: Final = "put back the model files that this version came with"
ADVICE: Final = {
    "CALIBRATION_MISSING": _SIGN,
    "CALIBRATION_UNREADABLE": f"put the file back, or {_SIGN}",
    "CALIBRATION_UNSIGNED": f"production takes the signed form only; {_SIGN}",
    "CALIBRATION_SIGNATURE": (
        "put back the file that belongs to calibration-public.pem (`admin keys init` makes the"
        f" key), or {_SIGN}"
    ),
    "CALIBRATION_MODEL": f"put the calibrated model back, or measure this one and {_SIGN}",
    "CALIBRATION_THRESHOLDS": f"put the file back, or {_SIGN}",
    "FACE_MODEL_ALTERED": _PUT_BACK,
    "FACE_MODEL_MISSING": _PUT_BACK,
    "FACE_ENGINE_NOT_INSTALLED": "`make second-engine` installs it",
}


def open_faces(settings: Settings) -> FacePool:
    """Return the pool of the engine in the settings; its workers start at first use.

    Raises ``ConfigurationError`` that says what to do.
    """
    models = ENGINES[settings.face_engine]
    held = in_force(settings)
    return FacePool(
        size=settings.face_workers,
        waiting=settings.face_queue,
        entry=models.entry,
        policy=held.policy,
    )


def closed_faces() -> FacePool:
    """Return a pool that answers FaceUnavailable, for commands that compare no faces.

    Revoking, blocking and restoring must work also on the day when the calibration is what is
    broken.
    """
    pool = FacePool()
    pool.close()
    return pool


def in_force(settings: Settings) -> InForce:
    """Return the calibration that decides under ``settings``; raises ``ConfigurationError``."""
    models = ENGINES[settings.face_engine]
    try:
        models.check()
        return _read(settings, models)
    except (CalibrationError, ModelAltered) as error:
        name = "WALLET_FACE_CALIBRATION" if isinstance(error, CalibrationError) else "face models"
        raise ConfigurationError(errors=[f"{name}: {error}: {ADVICE[error.code]}"]) from None


def _read(settings: Settings, models: ModelSet) -> InForce:
    signed_only = settings.environment == "production"
    path = Path(settings.face_calibration or settings.keys_dir / calibrations.SIGNED_NAME)
    own = not settings.face_calibration and not signed_only
    if own and (models is not SFACE or not path.exists()):
        return InForce(calibrations.packaged(models.engine), signed=False)
    try:
        with path.open("rb") as file:
            data = file.read(calibrations.MAX_BYTES + 1)
    except OSError:
        raise CalibrationError("CALIBRATION_MISSING", path.name) from None
    return calibrations.read(
        data, models, key=_public_key(settings.keys_dir), signed_only=signed_only
    )


def _public_key(keys: Path) -> ec.EllipticCurvePublicKey | None:
    try:
        return load_calibration_public(keys)
    except (OSError, ValueError):
        return None
