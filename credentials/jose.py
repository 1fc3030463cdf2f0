"""Compact JWS (RFC 7515) with ES256 and nothing else, and the refusals of RFC 8725.

The caller says which `typ` it expects and which key it trusts. The header decides nothing: an
algorithm other than ES256, a key or the address of one, a critical extension or a compressed
payload are refused before any signature is looked at. A key in the header (`jwk`) is read only
where the specification gives it that place, in proofs of possession.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, cast

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import FormatError
from credentials.json_text import encode_json, parse_object
from credentials.jwk import b64url_decode, b64url_decode_all, b64url_encode
from credentials.signing import SIGNATURE_SIZE, PublicKey, Signer, verify_es256

ALG = "ES256"
MAX_SIZE = 1 << 17  # characters
MAX_CERTIFICATES = 4
MAX_CERTIFICATE = 8192  # bytes

_PARTS = 3
_MAX_KID = 512
_MAX_CACHED = 4096  # characters: what somebody sends on purpose does not fill our memory
# `b64` and `zip` change what the payload is; the others let a message bring its own trust.
_REFUSED = frozenset({"b64", "zip", "jku", "x5u"})


class UnverifiedJws(NamedTuple):
    """A JWS as read: `header` and `claims` are what it says, checked against no key.

    `chain` is the certificates of `x5c` in DER, leaf first, possibly none; not verified.
    """

    header: dict[str, object]
    claims: dict[str, object]
    chain: tuple[bytes, ...]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        """Key id in the header, or None. It selects among trusted keys; it proves nothing."""
        return cast("str | None", self.header.get("kid"))

    @property
    def jwk(self) -> Mapping[str, object] | None:
        """The key the header brings; only where the caller of `parse_jws` allowed one."""
        return cast("Mapping[str, object] | None", self.header.get("jwk"))


def sign_jws(
    claims: Mapping[str, object],
    signer: Signer,
    *,
    typ: str,
    kid: str | None = None,
    chain: tuple[bytes, ...] = (),
) -> str:
    """Sign with ES256. `chain` is DER, leaf first, without the trust anchor (RFC 7515 4.1.6)."""
    signed = f"{_encoded_header(typ, kid, chain)}.{b64url_encode(encode_json(claims))}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def sign_with_jwk(
    claims: Mapping[str, object], signer: Signer, *, typ: str, jwk: Mapping[str, object]
) -> str:
    """Sign a proof of possession whose header brings its key (OpenID4VCI F.1, RFC 9449)."""
    header = encode_json({"alg": ALG, "typ": typ, "jwk": dict(jwk)})
    signed = f"{b64url_encode(header)}.{b64url_encode(encode_json(claims))}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def parse_jws(
    text: str, *, typ: str, max_size: int = MAX_SIZE, key_in_header: bool = False
) -> UnverifiedJws:
    """Read a compact JWS of exactly this `typ`; FormatError("JWS_…", "JSON_…") otherwise.

    Codes of refused headers: JWS_ALG, JWS_TYP, JWS_CRIT, JWS_HEADER (b64, zip, jku, x5u, and
    members of the wrong kind), JWS_JWK (a key in the header while `key_in_header` is false).
    """
    parts = text.split(".") if len(text) <= max_size else []
    if len(parts) != _PARTS:
        raise FormatError("JWS_FORMAT")
    read = _read_header if len(parts[0]) > _MAX_CACHED else _cached_header
    header, chain = read(parts[0], typ, key_in_header)
    payload, signature = b64url_decode_all(parts[1:])
    if len(signature) != SIGNATURE_SIZE:
        raise FormatError("JWS_SIGNATURE_SIZE")
    signed = text[: text.rindex(".")].encode("ascii")
    return UnverifiedJws(dict(header), parse_object(payload), chain, signed, signature)


def verify_jws(unverified: UnverifiedJws, public_key: PublicKey) -> dict[str, object]:
    """Return the claims when `public_key` signed them, else raise SignatureError."""
    verify_es256(public_key, unverified.signing_input, unverified.signature)
    return unverified.claims


def same_key(first: ec.EllipticCurvePublicKey, second: ec.EllipticCurvePublicKey) -> bool:
    """Tell whether two public keys are one."""
    return first.public_numbers() == second.public_numbers()


@lru_cache(maxsize=64)
def _encoded_header(typ: str, kid: str | None, chain: tuple[bytes, ...]) -> str:
    """Return the header's base64url. Cached: the same for everything an issuer signs."""
    header: dict[str, object] = {"alg": ALG, "typ": typ}
    if kid is not None:
        header["kid"] = kid
    if chain:
        header["x5c"] = [b64encode(der).decode() for der in chain]
    return b64url_encode(encode_json(header))


def _read_header(
    text: str,
    typ: str,
    key_in_header: bool,  # noqa: FBT001  cached
) -> tuple[dict[str, object], tuple[bytes, ...]]:
    """Return (header, chain)."""
    header = parse_object(b64url_decode(text), max_depth=4)
    _check_header(header, typ, key_in_header=key_in_header)
    return header, _read_chain(header["x5c"]) if "x5c" in header else ()


# A verifier meets the same few issuers all day, and every wallet's proof has the same header.
_cached_header = lru_cache(maxsize=256)(_read_header)


def _check_header(header: dict[str, object], typ: str, *, key_in_header: bool) -> None:
    if header.get("alg") != ALG:
        raise FormatError("JWS_ALG")
    if header.get("typ") != typ:
        raise FormatError("JWS_TYP")
    if "crit" in header:  # RFC 7515 section 4.1.11: we understand no extension
        raise FormatError("JWS_CRIT")
    if not _REFUSED.isdisjoint(header):
        raise FormatError("JWS_HEADER")
    if "jwk" in header and not (key_in_header and isinstance(header["jwk"], dict)):
        raise FormatError("JWS_JWK")
    kid = header.get("kid", "")
    if not isinstance(kid, str) or len(kid) > _MAX_KID:
        raise FormatError("JWS_HEADER", "kid")


def _read_chain(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CERTIFICATES:
        raise FormatError("JWS_HEADER", "x5c")
    for text in value:
        if not isinstance(text, str) or len(text) > MAX_CERTIFICATE * 4 // 3 + 4:
            raise FormatError("JWS_HEADER", "x5c")
    try:
        return tuple(b64decode(text, validate=True) for text in value)
    except ValueError:
        raise FormatError("JWS_HEADER", "x5c") from None
