"""What every app and kiosk may know: rules, versions, trust anchors, the time."""

from __future__ import annotations

from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization

from credentials.jwk import public_jwk
from wallet_api.rules import face_capture
from wallet_api.rules.pin_choice import BLOCKED, RULES
from wallet_api.services.deps import Deps
from wallet_api.services.enrolment_view import POLL_IDLE, iso

TIME_TYPE: Final = "ikd-time+jwt"
RENEW_SECONDS: Final = 15


def read(deps: Deps) -> dict[str, object]:
    """Return the policy document of the API."""
    settings = deps.settings
    _, ca = deps.keys.kiosk_ca
    return {
        "server_time": iso(deps.now()),
        "consent_version": settings.consent_version,
        "platforms": {
            name: {
                "supported": getattr(settings, f"{name}_supported"),
                "minimum_os": getattr(settings, f"{name}_minimum_os"),
                "minimum_app": getattr(settings, f"{name}_minimum_app"),
                "store_url": getattr(settings, f"{name}_store_url"),
            }
            for name in ("android", "ios")
        },
        "pin": {"length": 6, "blocked": list(BLOCKED), "rules": list(RULES)},
        "face": {
            "prompts": face_capture.PROMPTS,
            "frames": face_capture.FRAMES,
            "frame_max_bytes": face_capture.FRAME_BYTES,
            "seconds": int(face_capture.LIFE.total_seconds()),
            "prompt_seconds": int(face_capture.PROMPT_LIFE.total_seconds()),
            "upload_seconds": int(face_capture.UPLOAD_LIFE.total_seconds()),
            "challenge_key": public_jwk(deps.keys.challenge_key.public_key()),
        },
        "poll_seconds": POLL_IDLE,
        "presentation": {"renew_seconds": RENEW_SECONDS},
        "renew_after_fraction": 0.5,
        "kiosk_ca": ca.public_bytes(serialization.Encoding.PEM).decode(),
        "bundle_root": public_jwk(deps.keys.bundle_root.public_key),
        "document_types": {
            held.name: {"id": held.labels.id, "en": held.labels.en} for held in deps.catalogue.types
        },
    }


def signed_time(deps: Deps, nonce: str) -> dict[str, object]:
    """Sign the time together with the caller's nonce, so that an old answer is of no use."""
    now = deps.now()
    token = jwt.encode(
        {"iat": now.timestamp(), "nonce": nonce},
        deps.keys.time_key,
        "ES256",
        headers={"typ": TIME_TYPE},
    )
    return {"server_time": iso(now), "token": token}
