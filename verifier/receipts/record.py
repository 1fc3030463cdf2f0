"""One receipt: a COSE_Sign1 (RFC 9052) over deterministic CBOR, in the context "IKD-RECEIPT".

    record = { 1: 1, 2: chain, 3: number, 4: previous, 5: unix time, 6: verifier, 7: kind, 8: body }
    chain = 16 random bytes       previous = hash of the record before (zeros for number 0)
    hash = SHA-256("IKD-RECEIPT-HASH" || record)

The hash is over what was signed and not over the signature: from one ECDSA signature anybody can
make a second valid one, and with it a second hash of the same record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError
from credentials.signing import COMPRESSED_SIZE, Signer
from verifier.receipts.shapes import (
    FORMS,
    POSSESSIONS,
    SOURCES,
    STATUSES,
    code,
    count,
    flag,
    known,
    octets,
    text,
)

CONTEXT: Final = b"IKD-RECEIPT"
HASH_CONTEXT: Final = b"IKD-RECEIPT-HASH"
MAX_RECORD: Final = 32768  # bytes; the largest text of a QR code, sealed, takes some 19,000
CHAIN_SIZE, HASH_SIZE, SALT_SIZE = 16, 32, 16
NO_HASH: Final = bytes(HASH_SIZE)
_FORM: Final = 1


@dataclass(frozen=True, slots=True)
class Begin:
    """Number 0: the key (a compressed point) that signs this chain."""

    public_key: bytes


@dataclass(frozen=True, slots=True)
class Repair:
    """After a power cut: so many bytes of an unfinished record were taken off; their SHA-256."""

    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Pruned:
    """Everything up to `number`, whose hash was `digest`, was deleted: its time was over."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Check:
    """What one check came to. Nothing in it names a person; what does is inside `sealed`.

    `mark` is SHA-256(salt || text): whoever has the scanned text can show that it was this one,
    and two visits with the same print cannot be linked. Absent for what was no credential: that
    may be anything, and a hash of something short can be guessed. `sealed` is a compact JWE.
    """

    desk: str
    code: str
    accepted: bool
    source: str
    authentic: bool
    possession: str
    status: str
    bundle_version: int
    status_as_of: int
    policy: str
    policy_digest: bytes
    purpose: str
    development: bool
    set_back: bool
    form: str
    salt: bytes | None = None
    mark: bytes | None = None
    document_type: str | None = None
    profile: str | None = None
    issuer: str | None = None
    nonce: bytes | None = None
    seen_seconds: int | None = None
    sealed: str | None = None


Body = Begin | Check | Repair | Pruned
_Shape = Callable[[object], bool]

# kind: the body's class, and of each member its key on the wire and what it may be.
_BODIES: Final[Mapping[str, tuple[type[Body], Mapping[str, tuple[int, _Shape]]]]] = {
    "begin": (Begin, {"public_key": (1, octets(COMPRESSED_SIZE))}),
    "repair": (Repair, {"size": (1, count), "digest": (2, octets(HASH_SIZE))}),
    "pruned": (Pruned, {"number": (1, count), "digest": (2, octets(HASH_SIZE))}),
    "check": (
        Check,
        {
            "desk": (1, text(100)),
            "code": (2, code),
            "accepted": (3, flag),
            "source": (4, known(SOURCES)),
            "authentic": (5, flag),
            "possession": (6, known(POSSESSIONS)),
            "status": (7, known(STATUSES)),
            "bundle_version": (8, count),
            "status_as_of": (9, count),
            "policy": (10, text(40)),
            "policy_digest": (11, octets(HASH_SIZE)),
            "purpose": (12, text(300)),
            "development": (13, flag),
            "set_back": (14, flag),
            "form": (15, known(FORMS)),
            "salt": (16, octets(SALT_SIZE)),
            "mark": (17, octets(HASH_SIZE)),
            "document_type": (18, text(40)),
            "profile": (19, text(40)),
            "issuer": (20, text(200)),
            "nonce": (21, octets(16)),
            "seen_seconds": (22, count),
            "sealed": (23, text(30000)),
        },
    ),
}
_KINDS: Final = {body: kind for kind, (body, _) in _BODIES.items()}
_HEAD: Final[Mapping[int, _Shape]] = {
    2: octets(CHAIN_SIZE), 3: count, 4: octets(HASH_SIZE), 5: count, 6: text(40),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One link: its place in the chain, when (unix s, by the desk's clock), and what happened."""

    chain: bytes
    number: int
    previous: bytes
    at: int
    verifier: str
    body: Body

    @property
    def kind(self) -> str:
        """One of "begin", "check", "repair", "pruned"."""
        return _KINDS[type(self.body)]


@dataclass(frozen=True, slots=True)
class UnverifiedReceipt:
    """A receipt as read; its signature is not looked at yet. The next one names `digest`."""

    sign1: cose.UnverifiedSign1
    record: Record
    digest: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that the chain's key signed."""

    record: Record
    digest: bytes


def sign_receipt(record: Record, signer: Signer) -> bytes:
    """Return the COSE_Sign1; FormatError when a member is not what it may be."""
    payload = _encode(record)
    data = cose.sign1(payload, signer, external_aad=CONTEXT)
    if len(data) > MAX_RECORD:
        raise FormatError("RECEIPT_FORMAT", "size")
    return data


def parse_receipt(data: bytes) -> UnverifiedReceipt:
    """Read a receipt of at most 32,768 bytes; FormatError for anything else."""
    sign1 = cose.parse_sign1(data, max_size=MAX_RECORD)
    if sign1.unprotected:  # nobody signed what would be there
        raise FormatError("RECEIPT_FORMAT")
    record = _decode(sign1.payload)
    return UnverifiedReceipt(sign1, record, digest_of(sign1.payload))


def verify_receipt(unverified: UnverifiedReceipt, public_key: ec.EllipticCurvePublicKey) -> Receipt:
    """Return the receipt when this key signed it, else SignatureError."""
    cose.verify_sign1(unverified.sign1, public_key, external_aad=CONTEXT)
    return Receipt(unverified.record, unverified.digest)


def digest_of(payload: bytes) -> bytes:
    """Return the hash of a record that the next one names, 32 bytes."""
    return hashlib.sha256(HASH_CONTEXT + payload).digest()


def mark_of(salt: bytes, scanned: str) -> bytes:
    """Return what stands for a scanned text in a receipt, 32 bytes."""
    return hashlib.sha256(salt + scanned.encode("utf-8", "surrogatepass")).digest()


def _encode(record: Record) -> bytes:
    members = _BODIES[record.kind][1]
    body: dict[int, object] = {}
    for name, (key, shape) in members.items():
        value = getattr(record.body, name)
        if value is None:
            continue
        if not shape(value):
            raise FormatError("RECEIPT_FORMAT", "member")
        body[key] = value
    head = {
        2: record.chain, 3: record.number, 4: record.previous, 5: record.at, 6: record.verifier,
    }  # fmt: skip
    if not all(_HEAD[key](value) for key, value in head.items()):
        raise FormatError("RECEIPT_FORMAT", "member")
    return cbor.encode({1: _FORM, **head, 7: record.kind, 8: body})


def _decode(payload: bytes) -> Record:
    value = cbor.decode(payload, max_size=MAX_RECORD)
    if not isinstance(value, dict) or list(value) != [1, 2, 3, 4, 5, 6, 7, 8]:
        raise FormatError("RECEIPT_FORMAT")
    if value[1] != _FORM or type(value[1]) is not int:
        raise FormatError("RECEIPT_FORMAT", "version")
    if not all(shape(value[key]) for key, shape in _HEAD.items()):
        raise FormatError("RECEIPT_FORMAT", "member")
    kind = value[7]
    if not isinstance(kind, str) or kind not in _BODIES:
        raise FormatError("RECEIPT_FORMAT", "kind")
    if (kind == "begin") != (value[3] == 0) or (kind == "begin" and value[4] != NO_HASH):
        raise FormatError("RECEIPT_FORMAT", "kind")
    body = _decode_body(kind, value[8])
    return Record(value[2], value[3], value[4], value[5], value[6], body)


def _decode_body(kind: str, value: object) -> Body:
    made, members = _BODIES[kind]
    if not isinstance(value, dict):
        raise FormatError("RECEIPT_FORMAT")
    names = {key: name for name, (key, _) in members.items()}
    needed = {field.name for field in fields(made) if field.default is not None}
    if not set(value) <= set(names):
        raise FormatError("RECEIPT_FORMAT", "member")
    read = {names[key]: one for key, one in value.items()}
    if not needed <= set(read) or not all(members[name][1](one) for name, one in read.items()):
        raise FormatError("RECEIPT_FORMAT", "member")
    if kind == "check" and ("salt" in read) != ("mark" in read):
        raise FormatError("RECEIPT_FORMAT", "member")
    return made(**read)
