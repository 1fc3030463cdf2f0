"""Whom we believe: issuer keys with their algorithm, their time and what they may sign.

Trust is checked on the key that signed, never on a claim that names an issuer; the algorithm is
the one written here, never the one in the message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from credentials.errors import FormatError, LintError
from credentials.signing import EDDSA, ES256, PublicKey, compress, load_compressed

_MEMBERS = 7
_MAX_KID = 32
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One issuer key. Times are unix seconds, both inclusive; `document_types` are names.

    `alg` is the COSE algorithm to verify with: -7 (ES256) or -8 (EdDSA, claim 169 issuers only).
    """

    kid: bytes
    public_key: PublicKey
    alg: int
    not_before: int
    not_after: int
    issuer_name: str
    document_types: frozenset[str]

    def may_sign(self, document_type: str) -> bool:
        """Tell whether this key may sign credentials of that document type."""
        return document_type in self.document_types

    def valid_at(self, moment: int) -> bool:
        """Tell whether the key may be used at that unix time."""
        return self.not_before <= moment <= self.not_after


@dataclass(frozen=True, slots=True)
class TrustList:
    """All trusted keys. A kid is four bytes: two keys may share one, so `find` gives them all."""

    keys: tuple[TrustedKey, ...]
    _by_kid: dict[bytes, tuple[TrustedKey, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the keys by kid."""
        by_kid: dict[bytes, tuple[TrustedKey, ...]] = {}
        for key in self.keys:
            by_kid[key.kid] = (*by_kid.get(key.kid, ()), key)
        object.__setattr__(self, "_by_kid", by_kid)

    def find(self, kid: bytes) -> tuple[TrustedKey, ...]:
        """Return every key with that id, possibly none."""
        return self._by_kid.get(kid, ())


def encode_trust_list(trust: TrustList) -> list[object]:
    """Return the CBOR form: an array of [kid, alg, key, not before, not after, name, types]."""
    return [
        [
            key.kid,
            key.alg,
            _key_bytes(key),
            key.not_before,
            key.not_after,
            key.issuer_name,
            sorted(key.document_types),
        ]
        for key in trust.keys
    ]


def parse_trust_list(value: object) -> TrustList:
    """Read the CBOR form; FormatError("TRUST_…") for anything else. Keys are loaded here, once."""
    if not isinstance(value, list):
        raise FormatError("TRUST_FORMAT")
    return TrustList(tuple(_parse_key(item) for item in value))


def _parse_key(item: object) -> TrustedKey:
    if not isinstance(item, list) or len(item) != _MEMBERS:
        raise FormatError("TRUST_FORMAT")
    kid, alg, key, not_before, not_after, name, types = item
    if type(kid) is not bytes or not 0 < len(kid) <= _MAX_KID or type(key) is not bytes:
        raise FormatError("TRUST_FORMAT")
    if type(not_before) is not int or type(not_after) is not int:
        raise FormatError("TRUST_FORMAT")
    if not 0 <= not_before <= not_after:
        raise FormatError("TRUST_FORMAT")
    if type(name) is not str or len(name) > _MAX_NAME:
        raise FormatError("TRUST_FORMAT")
    if not isinstance(types, list) or not all(type(entry) is str for entry in types):
        raise FormatError("TRUST_FORMAT")
    if alg not in (ES256, EDDSA) or type(alg) is not int:
        raise FormatError("TRUST_ALG")
    return TrustedKey(
        kid,
        _load_key(alg, key),
        alg,
        not_before,
        not_after,
        name,
        frozenset(cast("Iterable[str]", types)),
    )


def _load_key(alg: int, data: bytes) -> PublicKey:
    if alg == ES256:
        return load_compressed(data)
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(data)
    except ValueError:
        raise FormatError("KEY_INVALID") from None


def _key_bytes(key: TrustedKey) -> bytes:
    if isinstance(key.public_key, ed25519.Ed25519PublicKey):
        if key.alg != EDDSA:
            raise LintError("TRUST_ALG")
        return key.public_key.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
    if key.alg != ES256:
        raise LintError("TRUST_ALG")
    return compress(key.public_key)
