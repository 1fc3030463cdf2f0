"""Disclosures of SD-JWT (RFC 9901 section 4.2): one claim each, hashed into what is signed.

The issuer marks what the holder may withhold with `Selective`; everything else stays in the open.
The digests of one object are sorted, so that their order says nothing about the claims, and decoys
hide how many there are.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _quote
from typing import NamedTuple

from credentials.errors import FormatError, LintError
from credentials.json_text import MAX_DEPTH, check_depth, encode_json, parse_texts
from credentials.jwk import b64url_decode_all, b64url_encode

DIGESTS = "_sd"
ELLIPSIS = "..."
ALGORITHM = "_sd_alg"
SHA_256 = "sha-256"
RESERVED = frozenset({DIGESTS, ELLIPSIS, ALGORITHM})
SALT_SIZE = 16  # bytes: 128 bits, the least RFC 9901 section 9.3 recommends
MAX_SALT = 128  # characters; a salt has no other use than to be random
MAX_NAME = 256
SCALARS: frozenset[type] = frozenset({str, int, bool, float, type(None)})

_TO_URL = bytes.maketrans(b"+/", b"-_")
_SALTS_AT_ONCE = 24  # asking the system for random bytes costs more than the bytes

Random = Callable[[int], bytes]


class Disclosure(NamedTuple):
    """One disclosure as read. `name` is None for an element of an array."""

    text: str
    digest: str
    name: str | None
    value: object


@dataclass(frozen=True, slots=True)
class Selective:
    """A member's or an element's value that the holder may show or withhold."""

    value: object


def conceal(
    claims: Mapping[str, object], random: Random, *, decoys: int = 0
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return (payload with digests, disclosures) of claims with `Selective` values inside.

    `random(n)` gives n unpredictable bytes; `decoys` digests of nothing are added wherever there
    are digests (RFC 9901 section 4.2.5). LintError("CLAIM_NAME") for a reserved name.
    """
    concealer = _Concealer(random, decoys)
    payload = concealer.members(claims)
    payload[ALGORITHM] = SHA_256
    return payload, tuple(concealer.disclosures)


def parse_disclosures(texts: Sequence[str]) -> tuple[Disclosure, ...]:
    """Read disclosures; FormatError for anything but [salt, value] or [salt, name, value].

    Codes: DISCLOSURE_FORMAT, DISCLOSURE_SALT (empty or overlong), DISCLOSURE_NAME (reserved),
    BASE64_INVALID, JSON_INVALID, JSON_DEPTH.
    """
    found: list[Disclosure] = []
    read = parse_texts(b64url_decode_all(texts))
    for text, digest, parts in zip(texts, _digests_of(texts), read, strict=True):
        if type(parts) is not list or len(parts) not in (2, 3):
            raise FormatError("DISCLOSURE_FORMAT")
        salt, name, value = parts if len(parts) == 3 else (parts[0], None, parts[1])
        if type(salt) is not str or not 0 < len(salt) <= MAX_SALT:
            raise FormatError("DISCLOSURE_SALT")
        if len(parts) == 3:
            if type(name) is not str or len(name) > MAX_NAME:
                raise FormatError("DISCLOSURE_FORMAT")
            if name in RESERVED:
                raise FormatError("DISCLOSURE_NAME")
        if type(value) not in SCALARS:
            check_depth(value, max_depth=MAX_DEPTH - 1)
        found.append(Disclosure(text, digest, name, value))
    return tuple(found)


def _digests_of(texts: Sequence[str]) -> list[str]:
    """Return base64url of SHA-256 over each text's characters as they travel (section 4.2.3).

    A digest of 32 bytes and a zero are 33 bytes, whose base64 begins with that of the digest: so
    one call encodes them all.
    """
    digests = [sha256(text.encode("ascii")).digest() for text in texts]
    encoded = b2a_base64(b"\0".join((*digests, b"")), newline=False).translate(_TO_URL).decode()
    return [encoded[at : at + 43] for at in range(0, len(encoded), 44)]


class _Concealer:
    """Walks through claims once and collects the disclosures on the way."""

    def __init__(self, random: Random, decoys: int) -> None:
        self._random = random
        self._decoys = decoys
        self._salts: list[bytes] = []
        self.disclosures: list[str] = []

    def members(self, claims: Mapping[str, object]) -> dict[str, object]:
        result: dict[str, object] = {}
        digests: list[str] = []
        for name, value in claims.items():
            if name in RESERVED:
                raise LintError("CLAIM_NAME")
            if isinstance(value, Selective):
                digests.append(self._member(name, value.value))
            else:
                result[name] = self._value(value)
        if digests:
            digests += [self._decoy() for _ in range(self._decoys)]
            result[DIGESTS] = sorted(digests)
        return result

    def _member(self, name: str, value: object) -> str:
        if type(value) is str:  # most are: written by hand, four times as fast
            salt = b2a_base64(self._salt(), newline=False).translate(_TO_URL, b"=")
            return self._add(b'["%b",%b,%b]' % (salt, _quoted(name), _quote(value).encode()))
        parts = [b64url_encode(self._salt()), name, self._value(value)]
        return self._add(encode_json(parts))

    def _value(self, value: object) -> object:
        if type(value) in SCALARS:
            return value
        if isinstance(value, Mapping):
            return self.members(value)
        if isinstance(value, list | tuple):
            elements = [self._element(element) for element in value]
            if any(isinstance(element, Selective) for element in value):
                elements += [{ELLIPSIS: self._decoy()} for _ in range(self._decoys)]
            return elements
        return value

    def _element(self, element: object) -> object:
        if isinstance(element, Selective):
            parts = [b64url_encode(self._salt()), self._value(element.value)]
            return {ELLIPSIS: self._add(encode_json(parts))}
        return self._value(element)

    def _salt(self) -> bytes:
        if not self._salts:
            drawn = self._random(SALT_SIZE * _SALTS_AT_ONCE)
            self._salts = [drawn[at : at + SALT_SIZE] for at in range(0, len(drawn), SALT_SIZE)]
        return self._salts.pop()

    def _decoy(self) -> str:
        return b64url_encode(sha256(self._random(2 * SALT_SIZE)).digest())

    def _add(self, disclosure: bytes) -> str:
        text = b2a_base64(disclosure, newline=False).translate(_TO_URL, b"=")
        self.disclosures.append(text.decode())
        digest = sha256(text).digest()
        return b2a_base64(digest, newline=False).translate(_TO_URL, b"=").decode()


@lru_cache(maxsize=512)
def _quoted(name: str) -> bytes:
    """Return a claim's name as JSON. Cached: a document type has the same few."""
    return _quote(name).encode()
