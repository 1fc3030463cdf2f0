"""Names of villages up to provinces by Kemendagri code, packed for the verifier bundle.

A credential carries ten digits instead of four names; the names come from here. The block stays
compressed (0.7 MB) until the first look-up, then one scan of the text finds a line: no index to
build or keep, for something a person reads once a scan.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from credentials.errors import FormatError, LintError
from credentials.status_list import inflate

MAX_INFLATED = 16 * 1024 * 1024
_CODE = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}", re.ASCII)
_VILLAGE = re.compile(r"[0-9]{10}", re.ASCII)
_POSTAL = re.compile(r"([0-9]{5})?", re.ASCII)
_LEVELS = (10, 6, 4, 2)


@dataclass(frozen=True, slots=True)
class Region:
    """Where a village lies. `postal_code` is "" where the table has none."""

    village: str
    district: str
    regency: str
    province: str
    postal_code: str


class Regions:
    """The packed table; opened, within a limit, at the first look-up."""

    __slots__ = ("_table", "packed")

    def __init__(self, packed: bytes) -> None:
        """Take the packed block without looking into it."""
        self.packed = packed
        self._table: bytes | None = None

    def find(self, village_code: str) -> Region | None:
        """Return the region of a 10-digit code, None when unknown.

        FormatError when the block is not one of ours; names missing above the village are "".
        """
        if not _VILLAGE.fullmatch(village_code):
            return None
        village = self._line(village_code)
        if village is None:
            return None
        above = [self._line(village_code[:size]) or ("", "") for size in _LEVELS[1:]]
        return Region(village[0], above[0][0], above[1][0], above[2][0], village[1])

    def _line(self, code: str) -> tuple[str, str] | None:
        table = self._open()
        start = table.find(f"\n{code}\t".encode())
        if start < 0:
            return None
        end = table.find(b"\n", start + 1)
        try:
            parts = table[start + 1 : end].decode().split("\t")
        except UnicodeDecodeError:
            raise FormatError("REGIONS_FORMAT") from None
        if end < 0 or len(parts) != 3:
            raise FormatError("REGIONS_FORMAT")
        return parts[1], parts[2]

    def _open(self) -> bytes:
        if self._table is None:
            self._table = b"\n" + inflate(self.packed, MAX_INFLATED)
        return self._table


def pack_regions(rows: Iterable[tuple[str, str, str]]) -> Regions:
    """Pack (code, name, postal code or "") rows of all four levels; dots in codes are dropped.

    LintError for a code, name or postal code that could not be read back.
    """
    lines: dict[str, str] = {}
    for dotted, name, postal_code in rows:
        code = dotted.replace(".", "")
        if not _CODE.fullmatch(code) or not _POSTAL.fullmatch(postal_code):
            raise LintError("REGIONS_ROW")
        if not name.isprintable() or not name or code in lines:
            raise LintError("REGIONS_ROW")
        lines[code] = f"{code}\t{name}\t{postal_code}\n"
    text = "".join(lines[code] for code in sorted(lines))
    return Regions(zlib.compress(text.encode(), 9))
