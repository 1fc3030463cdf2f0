"""A vector of refusals: one input, how it is read, and the code it must be refused with.

Each file holds inputs that pass ("expected": null) beside those that differ from them in one thing.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from credentials.jwe import parse_jwe
from credentials.key_binding import verify_key_binding
from credentials.mdoc_device import parse_device_response, verify_device_signature
from credentials.mdoc_issuer import parse_issuer_signed, verify_issuer_signed
from credentials.sd_jwt_vc import parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.status_token import (
    UnverifiedStatusToken,
    parse_status_cwt,
    parse_status_jwt,
    verify_status_token,
)
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, check_issuer, verify_chain


@dataclass(frozen=True)
class Case:
    """`format` names the reader; `expected` is the code, None when the input passes."""

    name: str
    why: str
    format: str
    input: str
    expected: str | None

    def encode(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Setting:
    """What the verifier knows besides the input."""

    now: int
    anchors: tuple[str, ...]
    audience: str
    nonce: str
    status_uri: str
    transcript: str = ""
    loaded: Anchors = field(init=False)

    def __post_init__(self) -> None:
        """Load the anchors from base64."""
        object.__setattr__(self, "loaded", Anchors(tuple(map(b64decode, self.anchors))))

    def encode(self) -> dict[str, Any]:
        """Return the JSON form."""
        members = asdict(self)
        del members["loaded"]
        return members


def read_setting(value: dict[str, Any]) -> Setting:
    """Read the JSON form."""
    return Setting(**{**value, "anchors": tuple(value["anchors"])})


def read(case: Case, setting: Setting) -> None:
    """Do with the input all that a verifier does; raise CredentialError where it refuses."""
    _READERS[case.format](case.input, setting)


def _credential(text: str, setting: Setting) -> None:
    unverified = parse_sd_jwt_vc(text)
    leaf = verify_chain(unverified.jws.chain, setting.loaded, now=setting.now)
    credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=setting.now)
    if credential.issuer is not None:
        check_issuer(leaf, credential.issuer)


def _presentation(text: str, setting: Setting) -> None:
    unverified = parse_sd_jwt_vc(text)
    leaf = verify_chain(unverified.jws.chain, setting.loaded, now=setting.now)
    credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=setting.now)
    assert credential.holder_key is not None
    verify_key_binding(
        unverified,
        credential.holder_key,
        audience=setting.audience,
        nonce=setting.nonce,
        now=setting.now,
    )


def _status(token: UnverifiedStatusToken, setting: Setting) -> None:
    leaf = verify_chain(token.chain, setting.loaded, now=setting.now)
    found = verify_status_token(token, leaf.public_key, uri=setting.status_uri, now=setting.now)
    found.get(100)


def _issuer_signed(text: str, setting: Setting) -> None:
    unverified = parse_issuer_signed(b64decode(text))
    leaf = verify_chain(unverified.chain, setting.loaded, now=setting.now, usage=DOCUMENT_SIGNER)
    verify_issuer_signed(unverified, leaf, now=setting.now)


def _device_response(text: str, setting: Setting) -> None:
    for document in parse_device_response(b64decode(text)):
        signed = document.issuer_signed
        leaf = verify_chain(signed.chain, setting.loaded, now=setting.now, usage=DOCUMENT_SIGNER)
        issued = verify_issuer_signed(signed, leaf, now=setting.now)
        transcript = bytes.fromhex(setting.transcript)
        verify_device_signature(document, issued.device_key, transcript=transcript)


_READERS: dict[str, Callable[[str, Setting], None]] = {
    "sd-jwt-vc": _credential,
    "sd-jwt-vc with key binding": _presentation,
    "status list JWT": lambda text, setting: _status(parse_status_jwt(text), setting),
    "status list CWT": lambda text, setting: _status(parse_status_cwt(b64decode(text)), setting),
    "mdoc IssuerSigned": _issuer_signed,
    "mdoc DeviceResponse": _device_response,
    "JWE": lambda text, _: parse_jwe(text) and None,
}
