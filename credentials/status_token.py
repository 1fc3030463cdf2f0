"""Status list tokens (IETF Token Status List): the bitmap, signed, as JWT and as CWT.

Two bits an entry: 0 valid, 1 revoked (the draft says INVALID), 2 suspended. The entries are those
of the offline bundle's revocation set, so that whoever checks offline and whoever fetches a list
see the same. A token says whose list it is (`sub` is its address) and until when it may be used.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from credentials import tagged_cbor
from credentials.cose_chain import UnverifiedMessage, parse_message, sign_message, verify_message
from credentials.errors import ClaimError, FormatError, LintError
from credentials.jose import UnverifiedJws, parse_jws, sign_jws, verify_jws
from credentials.jwk import b64url_decode, b64url_encode
from credentials.signing import PublicKey, Signer
from credentials.status_list import BITS, INVALID, LIST_SIZE, SUSPENDED, StatusList
from credentials.token_claims import LEEWAY, check_times, find_time, read_text, read_time

if TYPE_CHECKING:
    import numpy as np

    from credentials.revocation import RevocationSet
else:
    from credentials.lazy_numpy import np

TYP_JWT = "statuslist+jwt"
TYP_CWT = "application/statuslist+cwt"
STATUS_BITS = 2
MAX_SIZE = 1 << 21  # characters or bytes of a token
MIN_TTL, DEFAULT_TTL, MAX_TTL = 60, 900, 86_400
MAX_INFLATED = LIST_SIZE  # bytes: a list of 2**20 entries of 8 bits

_SUB, _EXP, _IAT, _TTL, _LIST = 2, 4, 6, 65534, 65533
_NAMES = {_SUB: "sub", _EXP: "exp", _IAT: "iat", _TTL: "ttl", _LIST: "status_list"}


@dataclass(frozen=True, slots=True)
class ListTimes:
    """When a list was made, when it ends (None: never), and how long it may be kept, in seconds."""

    issued_at: int
    expires_at: int | None
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class UnverifiedStatusToken:
    """A token as read, JWT or CWT; nothing is inflated before its signature holds."""

    message: UnverifiedJws | UnverifiedMessage
    uri: str
    times: ListTimes
    bits: int
    compressed: bytes

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates of the header in DER, leaf first, possibly none; not verified."""
        return self.message.chain


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A list whose signature held and which may be used now."""

    uri: str
    times: ListTimes
    statuses: StatusList

    def get(self, index: int) -> int:
        """Return the status of an entry; ClaimError("STATUS_INDEX") outside the list."""
        try:
            return self.statuses.get(index)
        except IndexError:
            raise ClaimError("STATUS_INDEX") from None

    def keep_until(self, fetched_at: int) -> int:
        """Return until when (unix seconds) a copy fetched then may be used without a fresh one.

        The issuer's `ttl` is taken between a minute and a day, 15 minutes when it says none.
        """
        ttl = DEFAULT_TTL if self.times.ttl is None else self.times.ttl
        until = fetched_at + min(max(ttl, MIN_TTL), MAX_TTL)
        return until if self.times.expires_at is None else min(until, self.times.expires_at)


def fill_list(revocation: RevocationSet, number: int, *, size: int = LIST_SIZE) -> StatusList:
    """Return list `number` of a revocation set with 2 bits an entry; KeyError.

    Revoked wins over suspended, as in `RevocationSet.status`.
    """
    entries = np.zeros(size, dtype=np.uint8)
    entries[revocation.suspended(number)] = SUSPENDED
    entries[revocation.revoked(number)] = INVALID
    fours = entries.reshape(-1, 4)
    packed = fours[:, 0] | fours[:, 1] << 2 | fours[:, 2] << 4 | fours[:, 3] << 6
    return StatusList.from_bytes(packed.astype(np.uint8).tobytes(), STATUS_BITS)


def compress_runs(statuses: StatusList) -> bytes:
    """Return the zlib form, looking for runs only: nearly all entries are 0.

    For 2**20 entries with 1 % revoked that is 1 ms and 19 KB; zlib's level 9 takes 300 times as
    long and comes out larger.
    """
    stream = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return stream.compress(statuses.to_bytes()) + stream.flush()


def sign_status_jwt(
    statuses: StatusList,
    signer: Signer,
    *,
    uri: str,
    times: ListTimes,
    chain: tuple[bytes, ...],
    compressed: bytes | None = None,
) -> str:
    """Return the list as a signed JWT (section 5.1). `compressed` spares compressing twice."""
    data = compress_runs(statuses) if compressed is None else compressed
    claims = _claims(uri, times)
    claims["status_list"] = {"bits": statuses.bits, "lst": b64url_encode(data)}
    return sign_jws(claims, signer, typ=TYP_JWT, chain=chain)


def sign_status_cwt(
    statuses: StatusList,
    signer: Signer,
    *,
    uri: str,
    times: ListTimes,
    chain: tuple[bytes, ...],
    compressed: bytes | None = None,
) -> bytes:
    """Return the list as a signed CWT, tagged 18 (section 5.2)."""
    data = compress_runs(statuses) if compressed is None else compressed
    claims = _claims(uri, times)
    claims["status_list"] = {"bits": statuses.bits, "lst": data}
    payload = tagged_cbor.encode(
        {key: claims[name] for key, name in _NAMES.items() if name in claims}
    )
    parts = sign_message(payload, signer, chain=chain, typ=TYP_CWT)
    return b"\xd2" + tagged_cbor.encode(parts)


def parse_status_jwt(text: str) -> UnverifiedStatusToken:
    """Read a JWT of type `statuslist+jwt`; FormatError."""
    jws = parse_jws(text, typ=TYP_JWT, max_size=MAX_SIZE)
    bits, data = _list_of(jws.claims)
    if not isinstance(data, str):
        raise FormatError("CLAIM_INVALID", "status_list")
    return _token(jws, jws.claims, bits, b64url_decode(data))


def parse_status_cwt(data: bytes) -> UnverifiedStatusToken:
    """Read a CWT of type `application/statuslist+cwt`; FormatError."""
    if len(data) > MAX_SIZE:
        raise FormatError("CBOR_TOO_LARGE")
    message = parse_message(data, max_size=MAX_SIZE)
    if message.typ != TYP_CWT:
        raise FormatError("COSE_TYP")
    if message.payload is None:
        raise FormatError("COSE_NOT_SIGN1")
    read = tagged_cbor.decode_map(message.payload, max_size=MAX_SIZE)
    claims = {name: read[key] for key, name in _NAMES.items() if key in read}
    bits, compressed = _list_of(claims)
    if not isinstance(compressed, bytes):
        raise FormatError("CLAIM_INVALID", "status_list")
    return _token(message, claims, bits, compressed)


def verify_status_token(
    unverified: UnverifiedStatusToken,
    public_key: PublicKey,
    *,
    uri: str,
    now: int,
    leeway: int = LEEWAY,
) -> StatusToken:
    """Return the list when `public_key` signed it and it is that of `uri` and of now.

    `uri` is the one in the credential (section 8.3). SignatureError; ClaimError: STATUS_URI,
    ISSUED_IN_FUTURE, EXPIRED; FormatError("ZLIB_…").
    """
    if isinstance(unverified.message, UnverifiedJws):
        verify_jws(unverified.message, public_key)
    else:
        verify_message(unverified.message, public_key)
    if unverified.uri != uri:
        raise ClaimError("STATUS_URI")
    times = unverified.times
    check_times(now, issued_at=times.issued_at, expires_at=times.expires_at, leeway=leeway)
    statuses = StatusList.decompress(unverified.compressed, unverified.bits, limit=MAX_INFLATED)
    return StatusToken(uri, times, statuses)


def _claims(uri: str, times: ListTimes) -> dict[str, object]:
    end = times.expires_at
    if (end is not None and end <= times.issued_at) or (times.ttl is not None and times.ttl <= 0):
        raise LintError("CLAIM_TIMES")
    claims: dict[str, object] = {"sub": uri, "iat": times.issued_at}
    if end is not None:
        claims["exp"] = end
    if times.ttl is not None:
        claims["ttl"] = times.ttl
    return claims


def _list_of(claims: Mapping[str, object]) -> tuple[int, object]:
    value = claims.get("status_list")
    if not isinstance(value, Mapping):
        raise FormatError("CLAIM_MISSING", "status_list")
    bits = value.get("bits")
    if type(bits) is not int or bits not in BITS:
        raise FormatError("STATUS_LIST_FORMAT")
    return bits, value.get("lst")


def _token(
    message: UnverifiedJws | UnverifiedMessage,
    claims: Mapping[str, object],
    bits: int,
    compressed: bytes,
) -> UnverifiedStatusToken:
    ttl = find_time(claims, "ttl")
    if ttl == 0:
        raise FormatError("CLAIM_INVALID", "ttl")
    times = ListTimes(read_time(claims, "iat"), find_time(claims, "exp"), ttl)
    return UnverifiedStatusToken(message, read_text(claims, "sub"), times, bits, compressed)
