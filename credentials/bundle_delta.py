"""From one bundle to the next: what was added and removed, never the whole country again.

    delta   = COSE_Sign1, untagged, external_aad "IKD-DELTA", by a publisher of the resulting bundle
    payload = { 1: format (1), 2: base version, 3: SHA-256 of the base file, 4: version,
                5: SHA-256 of the resulting file, 6: members that changed (by their number),
                7: [ *[list, revoked +, revoked -, suspended +, suspended -] ],
                8: [ *dropped list ], 9: protected header of the result, 10: its signature }

A delta is bound to the exact bytes it starts from and to those it ends at. The result is a whole
bundle, byte for byte the one the publisher signed, with its signature: base + delta == full, and a
terminal that came by deltas cannot differ from one that did not. A block of no index is empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.bundle import UnverifiedBundle, parse_bundle, verify_published
from credentials.bundle_form import (
    APP_VERSION,
    CATALOGUE,
    KEY_SETS,
    MAX_SIZE,
    POLICIES,
    REGIONS,
    TIMES,
    Block,
    ListBlocks,
    Sections,
    read_sections,
    write_sections,
)
from credentials.errors import CredentialError, FormatError, LintError
from credentials.key_set import verify_key_sets
from credentials.revocation import decode_gaps, encode_gaps
from credentials.signing import Signer

if TYPE_CHECKING:
    import numpy as np

    from credentials.status_list import Indices
else:
    from credentials.lazy_numpy import np

CONTEXT = b"IKD-DELTA"
FORMAT = 1

_KEYS = frozenset(range(1, 11))
_NAMES = dict(zip(TIMES, ("version", "issued_at", "expires_at", "status_as_of"), strict=True)) | {
    KEY_SETS: "key_sets",
    CATALOGUE: "catalogue",
    REGIONS: "regions",
    APP_VERSION: "minimum_app_version",
    POLICIES: "policies",
}
_DIGEST = 32
_EMPTY = encode_gaps(())


@dataclass(frozen=True, slots=True)
class UnverifiedDelta:
    """A delta as read. Nothing in it is believed before `apply_delta` has compared the result."""

    message: UnverifiedBundle
    base_version: int
    base_digest: bytes
    version: int
    digest: bytes
    members: Mapping[int, Any]
    lists: tuple[tuple[int, tuple[bytes, bytes, bytes, bytes]], ...]
    dropped: frozenset[int]
    protected: bytes
    signature: bytes


def sign_delta(base: bytes, result: bytes, signer: Signer) -> bytes:
    """Return the delta between two signed bundles that the caller trusts; LintError.

    It is applied before it is given out: what does not come out at `result` is never published.
    """
    before, after = parse_bundle(base), parse_bundle(result)
    old, new = read_sections(before.payload), read_sections(after.payload)
    if new.version <= old.version:
        raise LintError("DELTA_VERSION")
    payload = cbor.encode(
        {
            1: FORMAT,
            2: old.version,
            3: hashlib.sha256(base).digest(),
            4: new.version,
            5: hashlib.sha256(result).digest(),
            6: _changed_members(old, new),
            7: list(_changed_lists(old, new)),
            8: sorted({one.number for one in old.lists} - {one.number for one in new.lists}),
            9: after.protected,
            10: after.signature,
        }
    )
    signed = cose.sign1(payload, signer, external_aad=CONTEXT)
    try:
        rebuilt = _rebuild(base, parse_delta(signed))
    except CredentialError as error:
        raise LintError("DELTA_RESULT", error.code) from None
    if rebuilt != result:
        raise LintError("DELTA_RESULT")
    return signed


def parse_delta(data: bytes) -> UnverifiedDelta:
    """Read a delta; FormatError for anything not well-formed."""
    message = parse_bundle(data)  # the same envelope, another context
    value = cbor.decode(bytes(message.payload), max_size=MAX_SIZE)
    if not isinstance(value, dict) or value.keys() != _KEYS or value[1] != FORMAT:
        raise FormatError("DELTA_FORMAT")
    base, base_digest, version, digest = (value[key] for key in (2, 3, 4, 5))
    if type(base) is not int or type(version) is not int or not 0 <= base < version:
        raise FormatError("DELTA_FORMAT")
    for part, size in ((base_digest, _DIGEST), (digest, _DIGEST), (value[10], 64)):
        if type(part) is not bytes or len(part) != size:
            raise FormatError("DELTA_FORMAT")
    if type(value[9]) is not bytes or not isinstance(value[8], list):
        raise FormatError("DELTA_FORMAT")
    if not all(type(number) is int for number in value[8]):
        raise FormatError("DELTA_FORMAT")
    return UnverifiedDelta(
        message=message,
        base_version=base,
        base_digest=base_digest,
        version=version,
        digest=digest,
        members=_read_members(value[6]),
        lists=tuple(_read_changes(value[7])),
        dropped=frozenset(value[8]),
        protected=value[9],
        signature=value[10],
    )


def apply_delta(base: bytes, data: bytes, root_public_key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the bundle file that follows `base`, still to be verified as any other bundle.

    `base` is a file the caller trusts. Refused: FormatError DELTA_FORMAT, DELTA_BASE (made for
    another base: version or bytes), DELTA_CONFLICT (adds what is there, removes what is not),
    DELTA_RESULT (comes out at other bytes than it says); SignatureError.
    """
    delta = parse_delta(data)
    if delta.base_digest != hashlib.sha256(base).digest():
        raise FormatError("DELTA_BASE")
    sections = read_sections(parse_bundle(base).payload)
    if delta.base_version != sections.version:
        raise FormatError("DELTA_BASE")
    chain = verify_key_sets(delta.members.get(KEY_SETS, sections.key_sets), root_public_key)
    issued_at = delta.members.get(3, sections.issued_at)
    verify_published(delta.message, chain, issued_at=issued_at, context=CONTEXT)
    return _rebuild(base, delta)


def _rebuild(base: bytes, delta: UnverifiedDelta) -> bytes:
    sections = read_sections(parse_bundle(base).payload)
    changes: dict[str, Any] = {_NAMES[key]: value for key, value in delta.members.items()}
    sections = replace(sections, lists=tuple(_next_lists(sections, delta)), **changes)
    if sections.version != delta.version:
        raise FormatError("DELTA_FORMAT")
    payload = write_sections(sections)
    head = (
        b"\x84"
        + cbor.encode_bytes(delta.protected)
        + b"\xa0"
        + cbor.encode_bytes_head(len(payload))
    )
    result = b"".join((head, payload, cbor.encode_bytes(delta.signature)))
    if hashlib.sha256(result).digest() != delta.digest:
        raise FormatError("DELTA_RESULT")
    return result


def _next_lists(sections: Sections, delta: UnverifiedDelta) -> Iterator[ListBlocks]:
    held = {one.number: one for one in sections.lists}
    if delta.dropped - held.keys():
        raise FormatError("DELTA_CONFLICT")
    for number in delta.dropped:
        del held[number]
    for number, (revoked, unrevoked, suspended, resumed) in delta.lists:
        if number in delta.dropped:
            raise FormatError("DELTA_CONFLICT")
        before = held.get(number, ListBlocks(number, _EMPTY, _EMPTY))
        held[number] = ListBlocks(
            number,
            _changed(before.revoked, revoked, unrevoked),
            _changed(before.suspended, suspended, resumed),
        )
    return (held[number] for number in sorted(held))


def _changed(block: Block, added: bytes, removed: bytes) -> Block:
    """Return the block with indices added and removed; FormatError when one does not fit."""
    if not added and not removed:
        return block
    present, fresh, gone = decode_gaps(block), _indices(added), _indices(removed)
    kept = np.setdiff1d(present, gone, assume_unique=True)
    if len(kept) + len(gone) != len(present):
        raise FormatError("DELTA_CONFLICT")
    result = np.union1d(kept, fresh)
    if len(result) != len(kept) + len(fresh) or len(np.intersect1d(fresh, gone)):
        raise FormatError("DELTA_CONFLICT")
    return encode_gaps(result)


def _changed_members(old: Sections, new: Sections) -> dict[int, object]:
    changed: dict[int, object] = {}
    for key, name in _NAMES.items():
        value = getattr(new, name)
        if value != getattr(old, name):
            if key == KEY_SETS:
                value = [bytes(one) for one in value]
            changed[key] = bytes(value) if isinstance(value, memoryview) else value
    return changed


def _changed_lists(old: Sections, new: Sections) -> Iterator[list[object]]:
    held = {one.number: one for one in old.lists}
    for one in new.lists:
        before = held.get(one.number)
        if before is None or (before.revoked, before.suspended) != (one.revoked, one.suspended):
            blocks = before or ListBlocks(one.number, _EMPTY, _EMPTY)
            yield [
                one.number,
                *_difference(blocks.revoked, one.revoked),
                *_difference(blocks.suspended, one.suspended),
            ]


def _difference(old: Block, new: Block) -> tuple[bytes, bytes]:
    before, after = decode_gaps(old), decode_gaps(new)
    added = np.setdiff1d(after, before, assume_unique=True)
    removed = np.setdiff1d(before, after, assume_unique=True)
    return _block(added), _block(removed)


def _block(indices: Indices) -> bytes:
    return encode_gaps(indices) if len(indices) else b""


def _indices(block: bytes) -> Indices:
    return decode_gaps(block or _EMPTY)


def _read_members(value: object) -> Mapping[int, Any]:
    if not isinstance(value, dict) or not value.keys() <= _NAMES.keys():
        raise FormatError("DELTA_FORMAT")
    for key, member in value.items():
        kind = int if key in TIMES else str if key == APP_VERSION else bytes
        if key == KEY_SETS:
            if not isinstance(member, list) or not all(type(one) is bytes for one in member):
                raise FormatError("DELTA_FORMAT")
            value = value | {KEY_SETS: tuple(member)}
        elif type(member) is not kind:
            raise FormatError("DELTA_FORMAT")
    return value


def _read_changes(value: object) -> Iterator[tuple[int, tuple[bytes, bytes, bytes, bytes]]]:
    last = -1
    if not isinstance(value, list):
        raise FormatError("DELTA_FORMAT")
    for entry in value:
        if not isinstance(entry, list) or len(entry) != 5:
            raise FormatError("DELTA_FORMAT")
        number, *blocks = entry
        if type(number) is not int or number <= last:
            raise FormatError("DELTA_FORMAT")
        if not all(type(block) is bytes for block in blocks):
            raise FormatError("DELTA_FORMAT")
        yield number, (blocks[0], blocks[1], blocks[2], blocks[3])
        last = number
