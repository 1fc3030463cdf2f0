"""Compact JWE (RFC 7516) as OpenID4VCI and OpenID4VP use it: ECDH-ES to a P-256 key, AES-GCM.

One key agreement (RFC 7518 section 4.6, direct), two ciphers, no compression: a `zip` header would
let a few bytes unfold without end. That a text can be decrypted says nothing of who wrote it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from credentials.disclosures import Random
from credentials.errors import FormatError, LintError, SignatureError
from credentials.json_text import encode_json, parse_object
from credentials.jwk import b64url_decode, b64url_encode, load_jwk, public_jwk

ALG = "ECDH-ES"
KEY_SIZES = {"A128GCM": 16, "A256GCM": 32}  # bytes; HAIP 1.0 section 5 wants both
MAX_SIZE = 1 << 20  # characters

_PARTS = 5
_IV_SIZE = 12
_TAG_SIZE = 16
_MAX_PARTY = 1024
_MAX_KID = 512
_REFUSED = frozenset({"crit", "zip", "b64", "jku", "x5u", "jwk", "p2c", "p2s"})


@dataclass(frozen=True, slots=True)
class UnopenedJwe:
    """A JWE as read. `header` is what its writer says; the cipher text is not opened yet."""

    header: dict[str, object]
    ephemeral_key: ec.EllipticCurvePublicKey
    enc: str
    apu: bytes
    apv: bytes
    iv: bytes
    ciphertext: bytes
    additional_data: bytes

    @property
    def kid(self) -> str | None:
        """Which of our keys it is for, or None."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else None


def encrypt_jwe(
    plaintext: bytes,
    recipient: ec.EllipticCurvePublicKey,
    *,
    enc: str,
    random: Random,
    kid: str | None = None,
    apu: bytes = b"",
    apv: bytes = b"",
    typ: str | None = None,
) -> str:
    """Encrypt to a P-256 key; `enc` is A128GCM or A256GCM, else LintError("JWE_ENC").

    `kid` is the recipient's, echoed so that it finds its key; `random(n)` gives n unpredictable
    bytes. `apu` and `apv` go into the header and the key derivation when they are not empty.
    """
    if enc not in KEY_SIZES:
        raise LintError("JWE_ENC")
    ephemeral = _ephemeral_key(random)
    header: dict[str, object] = {
        "alg": ALG,
        "enc": enc,
        "epk": public_jwk(ephemeral.public_key()),
    }
    if kid is not None:
        header["kid"] = kid
    if typ is not None:
        header["typ"] = typ
    if apu:
        header["apu"] = b64url_encode(apu)
    if apv:
        header["apv"] = b64url_encode(apv)
    protected = b64url_encode(encode_json(header))
    key = derive_key(ephemeral.exchange(ec.ECDH(), recipient), enc, apu, apv)
    iv = random(_IV_SIZE)
    sealed = AESGCM(key).encrypt(iv, plaintext, protected.encode())
    parts = (iv, sealed[:-_TAG_SIZE], sealed[-_TAG_SIZE:])
    return ".".join((protected, "", *map(b64url_encode, parts)))


def parse_jwe(text: str, *, max_size: int = MAX_SIZE) -> UnopenedJwe:
    """Read a compact JWE; FormatError("JWE_…", "JSON_…", "BASE64_INVALID", "JWK_…").

    JWE_ALG for any key management but ECDH-ES, JWE_ENC for another cipher, JWE_HEADER for zip,
    crit, keys and addresses in the header.
    """
    parts = text.split(".") if len(text) <= max_size else []
    if len(parts) != _PARTS:
        raise FormatError("JWE_FORMAT")
    header = parse_object(b64url_decode(parts[0]), max_depth=4)
    if header.get("alg") != ALG:
        raise FormatError("JWE_ALG")
    enc = header.get("enc")
    if not isinstance(enc, str) or enc not in KEY_SIZES:
        raise FormatError("JWE_ENC")
    if not _REFUSED.isdisjoint(header):
        raise FormatError("JWE_HEADER")
    kid = header.get("kid", "")
    if not isinstance(kid, str) or len(kid) > _MAX_KID:
        raise FormatError("JWE_HEADER", "kid")
    epk = header.get("epk")
    if not isinstance(epk, Mapping):
        raise FormatError("JWE_HEADER", "epk")
    iv, ciphertext, tag = map(b64url_decode, parts[2:])
    if parts[1] or len(iv) != _IV_SIZE or len(tag) != _TAG_SIZE:
        raise FormatError("JWE_FORMAT")  # direct agreement has no encrypted key
    return UnopenedJwe(
        header=header,
        ephemeral_key=load_jwk(epk),
        enc=enc,
        apu=_party(header, "apu"),
        apv=_party(header, "apv"),
        iv=iv,
        ciphertext=ciphertext + tag,
        additional_data=parts[0].encode("ascii"),
    )


def decrypt_jwe(unopened: UnopenedJwe, private_key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the plain text; SignatureError("DECRYPTION_FAILED") when it is not for this key."""
    secret = private_key.exchange(ec.ECDH(), unopened.ephemeral_key)
    key = derive_key(secret, unopened.enc, unopened.apu, unopened.apv)
    try:
        return AESGCM(key).decrypt(unopened.iv, unopened.ciphertext, unopened.additional_data)
    except InvalidTag:
        raise SignatureError("DECRYPTION_FAILED") from None


def derive_key(secret: bytes, enc: str, apu: bytes, apv: bytes) -> bytes:
    """Return the content key of direct agreement: Concat KDF (RFC 7518 section 4.6.2)."""
    size = KEY_SIZES[enc]
    info = b"".join(map(_counted, (enc.encode(), apu, apv))) + (size * 8).to_bytes(4, "big")
    return hashlib.sha256((1).to_bytes(4, "big") + secret + info).digest()[:size]


def _ephemeral_key(random: Random) -> ec.EllipticCurvePrivateKey:
    """Return a key from more random bytes than it needs, so that none is likelier (FIPS 186-5)."""
    number = int.from_bytes(random(40), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def _counted(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _party(header: Mapping[str, object], name: str) -> bytes:
    value = header.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_PARTY:
        raise FormatError("JWE_HEADER", name)
    return b64url_decode(value)


_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
