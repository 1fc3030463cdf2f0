"""The bytes of a bundle's payload: its members as written, none of them interpreted.

    payload = { 1: format (2), 2: version, 3: issued at, 4: expires at, 5: status as of,
                6: [ + key set ], 7: [ * [list, revoked block, suspended block] ],
                8: catalogue (JSON), 9: regions (packed), 10: minimum app version (the verifier's),
                11: policies (JSON) }

A delta replaces members and blocks and must come out at the very bytes the publisher signed, so
writing is deterministic and reading keeps every block as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from credentials import cbor
from credentials.cbor_reader import CborReader
from credentials.errors import FormatError

FORMAT = 2
MAX_SIZE = 64 * 1024 * 1024
MAX_LISTS = 1 << 16
KEY_SETS, REVOCATION, CATALOGUE, REGIONS, APP_VERSION, POLICIES = 6, 7, 8, 9, 10, 11
TIMES = (2, 3, 4, 5)

_MEMBERS = 11
_MAX_TIME = 1 << 40
_MAX_KEY_SETS = 16

Block = bytes | memoryview


@dataclass(frozen=True, slots=True)
class ListBlocks:
    """The two gap-coded blocks of one status list."""

    number: int
    revoked: Block
    suspended: Block


@dataclass(frozen=True, slots=True)
class Sections:
    """The members of a payload. Views point into the bytes that were read."""

    version: int
    issued_at: int
    expires_at: int
    status_as_of: int
    key_sets: tuple[Block, ...]
    lists: tuple[ListBlocks, ...]
    catalogue: Block
    regions: Block
    minimum_app_version: str
    policies: Block


def read_sections(payload: bytes | memoryview) -> Sections:
    """Read the members in place; FormatError for any other shape."""
    reader = CborReader(payload)
    if reader.mapping() != _MEMBERS:
        raise FormatError("BUNDLE_MEMBERS")
    _key(reader, 1)
    if reader.unsigned() != FORMAT:
        raise FormatError("BUNDLE_FORMAT")
    version, issued_at, expires_at, status_as_of = (_time(reader, key) for key in TIMES)
    if not status_as_of <= issued_at < expires_at:
        raise FormatError("BUNDLE_TIMES")
    _key(reader, KEY_SETS)
    count = reader.array()
    if not 1 <= count <= _MAX_KEY_SETS:
        raise FormatError("BUNDLE_MEMBERS")
    key_sets = tuple(reader.byte_string() for _ in range(count))
    _key(reader, REVOCATION)
    lists = tuple(_read_lists(reader))
    _key(reader, CATALOGUE)
    catalogue = reader.byte_string()
    _key(reader, REGIONS)
    regions = reader.byte_string()
    _key(reader, APP_VERSION)
    app = reader.text()
    _key(reader, POLICIES)
    policies = reader.byte_string()
    reader.end()
    return Sections(
        version=version,
        issued_at=issued_at,
        expires_at=expires_at,
        status_as_of=status_as_of,
        key_sets=key_sets,
        lists=lists,
        catalogue=catalogue,
        regions=regions,
        minimum_app_version=app,
        policies=policies,
    )


def write_sections(sections: Sections) -> bytes:
    """Return the payload of these members; the same members give the same bytes."""
    return cbor.encode(
        {
            1: FORMAT,
            2: sections.version,
            3: sections.issued_at,
            4: sections.expires_at,
            5: sections.status_as_of,
            6: [bytes(one) for one in sections.key_sets],
            7: [[one.number, bytes(one.revoked), bytes(one.suspended)] for one in sections.lists],
            8: bytes(sections.catalogue),
            9: bytes(sections.regions),
            10: sections.minimum_app_version,
            11: bytes(sections.policies),
        }
    )


def _key(reader: CborReader, expected: int) -> None:
    if reader.unsigned() != expected:
        raise FormatError("BUNDLE_MEMBERS")


def _time(reader: CborReader, key: int) -> int:
    _key(reader, key)
    value = reader.unsigned()
    if value >= _MAX_TIME:
        raise FormatError("BUNDLE_MEMBERS")
    return value


def _read_lists(reader: CborReader) -> Iterator[ListBlocks]:
    count = reader.array()
    if count > MAX_LISTS:
        raise FormatError("REVOCATION_FORMAT")
    last = -1
    for _ in range(count):
        if reader.array() != 3:
            raise FormatError("REVOCATION_FORMAT")
        number = reader.unsigned()
        if number <= last:
            raise FormatError("REVOCATION_FORMAT")
        yield ListBlocks(number, reader.byte_string(), reader.byte_string())
        last = number
