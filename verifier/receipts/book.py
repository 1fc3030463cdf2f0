"""A desk's book of receipts: appends in constant time, opens in constant time, mends a torn end.

Of two processes with the same folder each waits for the other's record and builds on it. A chain
that went back while a desk was open is not written on: that is damage, or somebody at work.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError
from credentials.signing import PemSigner, compress, generate_pem
from verifier.errors import StateError
from verifier.files import write_atomically
from verifier.receipts import keys
from verifier.receipts.errors import ReceiptError
from verifier.receipts.lock import FolderLock
from verifier.receipts.record import (
    CHAIN_SIZE,
    NO_HASH,
    Begin,
    Body,
    Pruned,
    Receipt,
    Record,
    Repair,
    parse_receipt,
    sign_receipt,
    verify_receipt,
)
from verifier.receipts.segments import (
    MAX_SEGMENT,
    Segment,
    append,
    cut,
    find_tail,
    first_receipt,
    segment,
    segments,
    size_of,
)
from verifier.version import VERSION


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: who knows it notices when anything up to it is changed or missing."""

    chain: bytes
    number: int
    digest: bytes

    @property
    def text(self) -> str:
        """What a printed receipt carries, in the characters of a QR code's alphanumeric mode."""
        return f"IDR:{self.chain.hex()}/{self.number}/{self.digest.hex()}".upper()


_HEAD_TEXT: Final = re.compile(
    r"(?:IDR:)?([0-9a-f]{32})/([0-9]{1,15})/([0-9a-f]{64})", re.IGNORECASE
)


def parse_head(text: str) -> Head:
    """Read what a printed receipt carries, also with spaces typed in; RECEIPT_HEAD_INVALID."""
    match = _HEAD_TEXT.fullmatch("".join(text[:400].split()))
    if match is None:
        raise ReceiptError("RECEIPT_HEAD_INVALID")
    return Head(bytes.fromhex(match[1]), int(match[2]), bytes.fromhex(match[3]))


@dataclass(frozen=True, slots=True)
class _End:
    segment: Segment
    size: int
    receipt: Receipt


def receipts_folder(state: str | Path) -> Path:
    """Return where a terminal's receipts are."""
    return Path(state) / "receipts"


def is_begun(folder: Path) -> bool:
    """Tell whether there is a chain, or what is left of one."""
    return folder.is_dir() and ((folder / keys.KEY).exists() or bool(segments(folder)))


class ReceiptBook:
    """The receipts of one folder. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, *, now: datetime) -> None:
        """Open at the last record; mend what a power cut left, which is noted as of `now`.

        ReceiptError: RECEIPTS_NOT_BEGUN, RECEIPT_KEY_INVALID, RECIPIENT_INVALID,
        RECEIPTS_DAMAGED, RECEIPTS_NOT_READABLE, RECEIPTS_NOT_WRITABLE, RECEIPTS_BUSY.
        """
        self.folder = folder
        self._signer = keys.load_signer(folder)
        self.recipient = keys.load_recipient(folder)
        self._end: _End | None = None
        self._lock = FolderLock(folder)
        with self._lock.held():
            self._open(int(now.timestamp()))

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The key that signs the chain."""
        return self._signer.public_key

    @property
    def head(self) -> Head:
        """The last record that this book has seen."""
        return _head(self._known().receipt)

    @property
    def chain(self) -> bytes:
        """The chain's random name, 16 bytes."""
        return self._known().receipt.record.chain

    def keep(self, make: Body, at: datetime) -> Head:
        """Write one record and return its place, once it is on the disk; else ReceiptError."""
        now = int(at.timestamp())
        with self._lock.held():
            self._open(now)
            return _head(self._append(make, now).receipt)

    def prune(self, before: str, at: datetime) -> tuple[str, ...]:
        """Delete whole segments of months before `before` (YYYY-MM); return the months.

        From the oldest on, never the newest; that it was done is a record of its own.
        """
        now = int(at.timestamp())
        with self._lock.held():
            self._open(now)
            found = segments(self.folder)[1:]
            gone = []
            for one in found[:-1]:
                if one.month >= before:
                    break
                gone.append(one)
            if not gone:
                return ()
            last = find_tail(gone[-1].path, self.public_key).receipt
            if last is None:
                raise ReceiptError("RECEIPTS_DAMAGED", gone[-1].path.name)
            self._append(Pruned(last.record.number, last.digest), now)
            for one in gone:
                cut(one.path, 0)
                for aside in (self.folder / "torn").glob(f"{one.path.stem}-*"):
                    cut(aside, 0)
        return tuple(dict.fromkeys(one.month for one in gone))

    def close(self) -> None:
        """Let go of the folder."""
        self._lock.close()

    def _known(self) -> _End:
        if self._end is None:
            raise ReceiptError("RECEIPTS_DAMAGED")
        return self._end

    def _open(self, now: int) -> None:
        """Look for the end, unless it is where it was."""
        found = segments(self.folder)
        if not found or found[0].first != 0:
            raise ReceiptError("RECEIPTS_DAMAGED" if found else "RECEIPTS_NOT_BEGUN")
        known = self._end
        if known is not None and known.segment == found[-1]:
            if size_of(known.segment.path) == known.size:
                return
        elif known is None and first_receipt(found[0].path, self.public_key) is None:
            raise ReceiptError("RECEIPT_KEY_INVALID", "another chain's")
        torn: Repair | None = None
        while True:
            tail = find_tail(found[-1].path, self.public_key)
            if tail.torn:
                torn = Repair(len(tail.torn), hashlib.sha256(tail.torn).digest())
                self._set_aside(found[-1], tail.end, tail.torn)
                cut(found[-1].path, tail.end)
            if tail.receipt is not None:
                break
            cut(found.pop().path, 0)  # a first record that was never finished
        self._require_onwards(tail.receipt)
        self._end = _End(found[-1], tail.end, tail.receipt)
        if torn is not None:
            self._append(torn, now)

    def _require_onwards(self, found: Receipt) -> None:
        """A chain only grows. What was read once and is gone was cut off."""
        if self._end is None:
            return
        before, now = self._end.receipt.record, found.record
        same = now.number == before.number
        if now.chain != before.chain or now.number < before.number:
            raise ReceiptError("RECEIPTS_DAMAGED", "went back")
        if same and found.digest != self._end.receipt.digest:
            raise ReceiptError("RECEIPTS_DAMAGED", "went back")

    def _set_aside(self, of: Segment, end: int, torn: bytes) -> None:
        """Keep what is taken off: it was never answered for, but nothing is thrown away unseen."""
        name = f"{of.path.stem}-{end}-{hashlib.sha256(torn).hexdigest()[:8]}"
        try:
            write_atomically(self.folder / "torn" / name, torn)
        except StateError:
            raise ReceiptError("RECEIPTS_NOT_WRITABLE", "torn") from None

    def _append(self, body: Body, now: int) -> _End:
        end = self._known()
        before = end.receipt
        month = datetime.fromtimestamp(now, UTC).strftime("%Y-%m")
        record = Record(
            before.record.chain, before.record.number + 1, before.digest, now, VERSION, body
        )
        data = _signed(record, self._signer)
        new = end.segment.first == 0 or end.segment.month != month or end.size >= MAX_SEGMENT
        place = segment(self.folder, record.number, month) if new else end.segment
        size = append(place.path, 0 if new else end.size, data, new=new)
        receipt = verify_receipt(parse_receipt(data), self.public_key)
        self._end = _End(place, size, receipt)
        return self._end


def begin(folder: Path, *, now: datetime) -> PemSigner:
    """Make a folder's key and number 0; RECEIPTS_EXIST when there is a chain already."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_WRITABLE", folder.name) from None
    lock = FolderLock(folder)
    try:
        with lock.held():
            if segments(folder):
                raise ReceiptError("RECEIPTS_EXIST")
            pem = generate_pem()
            signer = PemSigner(pem)
            at = int(now.timestamp())
            body = Begin(compress(signer.public_key))
            record = Record(secrets.token_bytes(CHAIN_SIZE), 0, NO_HASH, at, VERSION, body)
            _write(folder / keys.KEY, pem)
            _write(folder / keys.PUBLIC, keys.public_pem(signer.public_key))
            path = segment(folder, 0, now.strftime("%Y-%m")).path
            append(path, 0, _signed(record, signer), new=True)
            return signer
    finally:
        lock.close()


def set_recipient(folder: Path, public_key: ec.EllipticCurvePublicKey) -> None:
    """Seal for this institution from the next start of a desk on; RECEIPTS_NOT_WRITABLE."""
    _write(folder / keys.RECIPIENT, keys.public_pem(public_key))


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except StateError:
        raise ReceiptError("RECEIPTS_NOT_WRITABLE", path.name) from None


def _signed(record: Record, signer: PemSigner) -> bytes:
    try:
        return sign_receipt(record, signer)
    except CredentialError as problem:
        raise ReceiptError("RECEIPT_NOT_WRITTEN", problem.code) from None


def _head(receipt: Receipt) -> Head:
    return Head(receipt.record.chain, receipt.record.number, receipt.digest)
