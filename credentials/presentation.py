"""What the phone shows: a credential and the holder's fresh proof over it; or its print form.

    presentation  = [ credential, proof-payload, signature ]
    proof-payload = [ iat ] / [ iat, nonce, aud ]

The proof signs SHA-256("IKD-ID1-POP" || credential) as external_aad, which ties it to this one
credential and to this one use of the key. A credential with a holder key is refused in print form,
and one without it as a presentation: a filmed presentation must not live on as a print.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError
from credentials.qr_credential import UnverifiedCredential, parse_credential
from credentials.qr_text import (
    PREFIX_CHALLENGE,
    PREFIX_PRESENTATION,
    PREFIX_PRINT,
    from_text,
    to_text,
)
from credentials.quick_form import split_presentation
from credentials.quick_identity import QuickProfile
from credentials.signing import SIGNATURE_SIZE, Signer, verify_es256

NONCE_SIZE = 16
AUDIENCE_SIZE = 8
CHALLENGE_VERSION = 1

_PROOF_CONTEXT = b"IKD-ID1-POP"
_PROTECTED = cbor.encode({cose.HEADER_ALG: -7})
_SIG_HEAD = cose.sig_structure(_PROTECTED, bytes(32), b"")[:-33]
_PRESENTATION_PARTS = 3
_CHALLENGE_PARTS = 5
_PROOF_PARTS = 3
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class Challenge:
    """A verifier's question. `nonce` 16 bytes, `aud` 8 bytes, `issued_at` unix seconds."""

    nonce: bytes
    aud: bytes
    profile: int
    issued_at: int


class Proof(NamedTuple):
    """A holder's proof whose signature held; `nonce` and `aud` only in challenge mode."""

    issued_at: int
    nonce: bytes | None
    aud: bytes | None


class UnverifiedPresentation(NamedTuple):
    """A well-formed presentation as read. `credential.holder_key` is never None here."""

    credential: UnverifiedCredential
    proof_payload: bytes
    signature: bytes
    issued_at: int
    nonce: bytes | None
    aud: bytes | None

    @property
    def replay_key(self) -> bytes:
        """SHA-256(credential || proof payload): the same for every signature over it.

        Not the signature: ECDSA is malleable, and a second valid one would pass as new.
        """
        return hashlib.sha256(self.credential.raw + self.proof_payload).digest()


def sign_presentation(
    credential: bytes, holder: Signer, *, issued_at: int, challenge: Challenge | None = None
) -> bytes:
    """Return the presentation bytes. `challenge` makes a three-element proof that answers it."""
    proof: list[object] = [issued_at]
    if challenge is not None:
        proof += [challenge.nonce, challenge.aud]
    payload = cbor.encode(proof)
    signature = holder.sign(_signed(credential, payload))
    return cbor.encode([credential, payload, signature])


def presentation_text(presentation: bytes) -> str:
    """Return the "ID1:" text of presentation bytes."""
    return to_text(PREFIX_PRESENTATION, presentation)


def print_text(credential: bytes) -> str:
    """Return the "IDS:" text of a credential without holder key; LintError if it has one."""
    if parse_credential(credential).holder_key is not None:
        raise LintError("PRINT_HAS_HOLDER_KEY")
    return to_text(PREFIX_PRINT, credential)


def parse_presentation(
    data: bytes, *, profiles: Mapping[bytes, QuickProfile] | None = None
) -> UnverifiedPresentation:
    """Read a presentation and its credential; FormatError. `profiles` as in `parse_credential`."""
    quick = split_presentation(data) if len(data) <= cbor.MAX_SIZE else None
    if quick is not None:
        raw, payload, issued_at, signature = quick
        nonce = aud = None
    else:
        raw, payload, signature = _three_parts(cbor.decode(data))
        issued_at, nonce, aud = _read_proof(payload)
    credential = parse_credential(raw, profiles=profiles)
    if credential.claims.holder_key is None:
        raise FormatError("PRESENTATION_WITHOUT_HOLDER_KEY")
    return UnverifiedPresentation(credential, payload, signature, issued_at, nonce, aud)


def _three_parts(value: object) -> tuple[bytes, bytes, bytes]:
    if not isinstance(value, list) or len(value) != _PRESENTATION_PARTS:
        raise FormatError("PRESENTATION_FORMAT")
    raw, payload, signature = value
    if type(raw) is not bytes or type(payload) is not bytes or type(signature) is not bytes:
        raise FormatError("PRESENTATION_FORMAT")
    if len(signature) != SIGNATURE_SIZE:
        raise FormatError("PRESENTATION_FORMAT")
    return raw, payload, signature


def parse_print(data: bytes) -> UnverifiedCredential:
    """Read the print form; FormatError, also for a credential that is bound to a holder key."""
    credential = parse_credential(data)
    if credential.holder_key is not None:
        raise FormatError("PRINT_HAS_HOLDER_KEY")
    return credential


def verify_proof(
    unverified: UnverifiedPresentation, holder_public_key: ec.EllipticCurvePublicKey
) -> Proof:
    """Return the proof when the holder key signed it, else raise SignatureError.

    The key is that of the *verified* credential. The caller still checks the freshness window,
    or nonce and audience against its challenge, and its replay memory.
    """
    signed = _signed(unverified.credential.raw, unverified.proof_payload)
    verify_es256(holder_public_key, signed, unverified.signature)
    return Proof(unverified.issued_at, unverified.nonce, unverified.aud)


def challenge_text(challenge: Challenge) -> str:
    """Return the unsigned "IDC:" text of a challenge, 55 characters or so."""
    fields = [
        CHALLENGE_VERSION,
        challenge.nonce,
        challenge.aud,
        challenge.profile,
        challenge.issued_at,
    ]
    data = cbor.encode(fields)
    try:
        _read_challenge(fields)
    except FormatError as error:
        raise LintError(error.code) from None
    return to_text(PREFIX_CHALLENGE, data)


def parse_challenge(text: str) -> Challenge:
    """Read an unsigned "IDC:" text; FormatError.

    The signed form (it starts with a COSE_Sign1 or its protected header) is recognised and
    refused with CHALLENGE_SIGNED: we would not know whom to believe.
    """
    _, data = from_text(text, prefixes=(PREFIX_CHALLENGE,))
    value = cbor.decode(data)
    if isinstance(value, list) and value and isinstance(value[0], bytes | list):
        raise FormatError("CHALLENGE_SIGNED")
    return _read_challenge(value)


def _read_challenge(value: object) -> Challenge:
    if not isinstance(value, list) or len(value) != _CHALLENGE_PARTS:
        raise FormatError("CHALLENGE_FORMAT")
    version, nonce, aud, profile, issued_at = value
    if type(version) is not int or version != CHALLENGE_VERSION:
        raise FormatError("CHALLENGE_VERSION")
    if type(nonce) is not bytes or type(aud) is not bytes:
        raise FormatError("CHALLENGE_FORMAT")
    if len(nonce) != NONCE_SIZE or len(aud) != AUDIENCE_SIZE:
        raise FormatError("CHALLENGE_FORMAT")
    if type(profile) is not int or type(issued_at) is not int:
        raise FormatError("CHALLENGE_FORMAT")
    if profile < 0 or not 0 <= issued_at < _MAX_TIME:
        raise FormatError("CHALLENGE_FORMAT")
    return Challenge(nonce, aud, profile, issued_at)


def _read_proof(payload: bytes) -> tuple[int, bytes | None, bytes | None]:
    value = cbor.decode(payload)
    if not isinstance(value, list) or len(value) not in (1, _PROOF_PARTS):
        raise FormatError("PROOF_FORMAT")
    issued_at = value[0]
    if type(issued_at) is not int or not 0 <= issued_at < _MAX_TIME:
        raise FormatError("PROOF_FORMAT")
    if len(value) == 1:
        return issued_at, None, None
    nonce, aud = value[1], value[2]
    if type(nonce) is not bytes or type(aud) is not bytes:
        raise FormatError("PROOF_FORMAT")
    if len(nonce) != NONCE_SIZE or len(aud) != AUDIENCE_SIZE:
        raise FormatError("PROOF_FORMAT")
    return issued_at, nonce, aud


def _signed(credential: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure; everything before the context is fixed, the context is 32 bytes."""
    context = hashlib.sha256(_PROOF_CONTEXT + credential).digest()
    return _SIG_HEAD + context + cbor.encode_bytes(payload)
