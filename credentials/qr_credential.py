"""The credential inside the QR: a COSE_Sign1 over four claims (offline-qr CDDL).

    claims = { 4: exp, 6: iat, ? 8: cnf, 169: identity }

`cnf` binds it to a holder key; without it the credential is made to be printed. The issuer is
implied by the key id and the trust list, which also says which document types a key may sign.

What is read with every scan is a named tuple: making one costs a fifth of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError
from credentials.quick_form import split_claims, split_credential
from credentials.quick_identity import (
    KEY_PROFILE,
    KEY_STATUS,
    QuickProfile,
    read_identity,
)
from credentials.signing import (
    ES256,
    KEY_ID_SIZE,
    SIGNATURE_SIZE,
    PublicKey,
    Signer,
    compress,
)
from credentials.status_list import LIST_SIZE

CONTEXT = b"IKD-ID1-CRED"
MAX_LIFE = 30 * 86400  # seconds from iat to exp

_EXP, _IAT, _CNF, _IDENTITY = 4, 6, 8, 169
_BOUND = frozenset({_EXP, _IAT, _CNF, _IDENTITY})
_PRINT = frozenset({_EXP, _IAT, _IDENTITY})
_X_SIZE = 32
_STATUS_PARTS = 2
_MAX_TIME = 1 << 40
_MAX_LIST = 1 << 32


class Credential(NamedTuple):
    """A credential whose issuer signature held. Times are unix seconds.

    `identity` is the wire map without the status (key 95), ready for `Catalogue.decode`;
    `holder_key` is the compressed point (33 bytes) or None for the print form; it has not been
    checked to lie on the curve. `raw` is the whole COSE_Sign1. Read with the profiles of a
    catalogue, a flat identity comes at once as {name: value} in `values`, its portrait not looked
    into, and `identity` stays empty.
    """

    raw: bytes
    kid: bytes
    identity: dict[int, object]
    profile: int
    issued_at: int
    expires_at: int
    holder_key: bytes | None
    status_list: int
    status_index: int
    values: dict[str, object] | None = None


class UnverifiedCredential(NamedTuple):
    """A well-formed credential as read: nobody has vouched for it yet."""

    raw: bytes
    kid: bytes
    sign1: cose.UnverifiedSign1
    claims: Credential

    @property
    def holder_key(self) -> bytes | None:
        """Claimed holder key (33 bytes), or None in the print form."""
        return self.claims.holder_key

    @property
    def profile(self) -> int:
        """Claimed profile number."""
        return self.claims.profile


def build_claims(
    identity: Mapping[int, object],
    *,
    issued_at: int,
    expires_at: int,
    holder_key: ec.EllipticCurvePublicKey | bytes | None,
    status: tuple[int, int],
) -> bytes:
    """Return the claims as bytes to be signed.

    `identity` carries the profile (key 91) and not the status, in the order of
    `DocumentType.encode`; `status` is (list, index); `holder_key` may be its compressed point.
    LintError when the result would not pass our own parser (life, profile, status, types, order).
    """
    if KEY_STATUS in identity:
        raise LintError("CLAIMS_STATUS")
    claims: dict[int, object] = {_EXP: expires_at, _IAT: issued_at}
    if holder_key is not None:
        claims[_CNF] = _cnf(holder_key)
    claims[_IDENTITY] = {**identity, KEY_STATUS: list(status)}
    try:
        encoded = cbor.encode_ordered(claims)
        _read_claims(b"", b"", encoded)
    except FormatError as error:
        raise LintError(error.code) from None
    return encoded


def sign_credential(claims: bytes, signer: Signer) -> bytes:
    """Sign claims made by `build_claims`; LintError when the signer's key id is not 4 bytes."""
    if len(signer.kid) != KEY_ID_SIZE:
        raise LintError("KID_SIZE")
    return cose.sign1(claims, signer, external_aad=CONTEXT)


def parse_credential(
    data: bytes, *, profiles: Mapping[bytes, QuickProfile] | None = None
) -> UnverifiedCredential:
    """Read a credential of either form; FormatError for anything the CDDL does not allow.

    `profiles` are those of a catalogue (`Catalogue.quick`): see `Credential.values`.
    """
    sign1, kid = parse_envelope(data)
    return UnverifiedCredential(data, kid, sign1, _read_claims(data, kid, sign1.payload, profiles))


def parse_envelope(data: bytes) -> tuple[cose.UnverifiedSign1, bytes]:
    """Read what is around the claims and the key id, not the claims themselves; FormatError."""
    quick = split_credential(data) if len(data) <= cbor.MAX_SIZE else None
    if quick is None:
        return _read_envelope(data)
    protected, kid, payload, signature = quick
    return cose.UnverifiedSign1(protected, {}, payload, signature), kid


def verify_credential(
    unverified: UnverifiedCredential, public_key: PublicKey, *, alg: int = ES256
) -> Credential:
    """Return the credential when the issuer key signed it, else raise SignatureError.

    `alg` is the trust list's. The caller still checks times, key validity, document types,
    status and the holder's proof.
    """
    cose.verify_sign1(unverified.sign1, public_key, external_aad=CONTEXT, alg=alg)
    return unverified.claims


_PROTECTED = cbor.encode({cose.HEADER_ALG: ES256, cose.HEADER_KID: b""})


def _read_envelope(data: bytes) -> tuple[cose.UnverifiedSign1, bytes]:
    sign1 = cose.parse_sign1(data)
    kid = sign1.kid
    if sign1.unprotected or kid is None or len(kid) != KEY_ID_SIZE or sign1.alg is None:
        raise FormatError("CREDENTIAL_HEADER")
    if len(sign1.protected) != len(_PROTECTED) + KEY_ID_SIZE:  # no further header members
        raise FormatError("CREDENTIAL_HEADER")
    if len(sign1.signature) != SIGNATURE_SIZE:
        raise FormatError("CREDENTIAL_SIGNATURE_SIZE")
    return sign1, kid


def _read_claims(
    raw: bytes, kid: bytes, payload: bytes, profiles: Mapping[bytes, QuickProfile] | None = None
) -> Credential:
    if len(payload) > cbor.MAX_SIZE:
        raise FormatError("CBOR_TOO_LARGE")
    quick = split_claims(payload)
    if quick is None:
        return _read_any_claims(raw, kid, payload)
    expires_at, issued_at, holder_key, identity = quick
    _check_times(issued_at, expires_at)
    named = read_identity(identity, profiles) if profiles else None
    if named is not None and _is_status(named.status_list, named.status_index):
        values, profile, number, index = named
        return Credential(
            raw, kid, {}, profile, issued_at, expires_at, holder_key, number, index, values
        )
    wire, profile, status_list, status_index = _read_identity(
        cbor.decode(identity, max_depth=cbor.MAX_DEPTH - 1)
    )
    return Credential(
        raw, kid, wire, profile, issued_at, expires_at, holder_key, status_list, status_index
    )


def _read_any_claims(raw: bytes, kid: bytes, payload: bytes) -> Credential:
    claims = cbor.decode(payload)
    if not isinstance(claims, dict):
        raise FormatError("CLAIMS_FORMAT")
    keys = claims.keys()
    if keys != _BOUND and keys != _PRINT:  # noqa: PLR1714  sets do not hash
        raise FormatError("CLAIMS_MEMBERS")
    expires_at, issued_at = claims[_EXP], claims[_IAT]
    _check_times(issued_at, expires_at)
    holder_key = _read_cnf(claims[_CNF]) if _CNF in claims else None
    identity, profile, status_list, status_index = _read_identity(claims[_IDENTITY])
    return Credential(
        raw,
        kid,
        identity,
        profile,
        issued_at,
        expires_at,
        holder_key,
        status_list,
        status_index,
    )


def _check_times(issued_at: object, expires_at: object) -> None:
    if type(expires_at) is not int or type(issued_at) is not int:
        raise FormatError("CLAIMS_TIME")
    if not 0 <= issued_at < expires_at <= issued_at + MAX_LIFE or expires_at > _MAX_TIME:
        raise FormatError("CLAIMS_TIME")


def _read_identity(identity: object) -> tuple[dict[int, object], int, int, int]:
    if not isinstance(identity, dict):
        raise FormatError("CLAIMS_IDENTITY")
    last = next(reversed(identity), -1)  # keys are in order: 0, 1 … then -1, -2 … then texts
    if type(last) is not int or last < 0:
        raise FormatError("CLAIMS_IDENTITY")
    profile = identity.get(KEY_PROFILE)
    if type(profile) is not int or profile < 0:
        raise FormatError("CLAIMS_PROFILE")
    status = identity.pop(KEY_STATUS, None)
    if not isinstance(status, list) or len(status) != _STATUS_PARTS:
        raise FormatError("CLAIMS_STATUS")
    number, index = status
    if type(number) is not int or type(index) is not int or not _is_status(number, index):
        raise FormatError("CLAIMS_STATUS")
    return identity, profile, number, index


def _is_status(number: int, index: int) -> bool:
    return 0 <= number < _MAX_LIST and 0 <= index < LIST_SIZE


def _read_cnf(cnf: object) -> bytes:
    """Return the compressed point of {1: COSE_Key}; y is a sign bit (RFC 9053 section 7.1.1)."""
    key = cnf.get(1) if isinstance(cnf, dict) and len(cnf) == 1 else None
    if not isinstance(key, dict) or key.keys() != {1, -1, -2, -3}:
        raise FormatError("CLAIMS_CNF")
    x, odd = key[-2], key[-3]
    if key[1] != 2 or key[-1] != 1 or type(x) is not bytes or type(odd) is not bool:
        raise FormatError("CLAIMS_CNF")
    if len(x) != _X_SIZE or type(key[1]) is not int or type(key[-1]) is not int:
        raise FormatError("CLAIMS_CNF")
    return (b"\x03" if odd else b"\x02") + x


def _cnf(holder_key: ec.EllipticCurvePublicKey | bytes) -> dict[int, object]:
    point = holder_key if isinstance(holder_key, bytes) else compress(holder_key)
    return {1: {1: 2, -1: 1, -2: point[1:], -3: point[0] == 3}}
