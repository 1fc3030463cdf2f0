"""One writer at a time, also among processes: a lock that ends with whoever holds it.

An SQLite file, because its locks are the operating system's own and Python brings it along.
Nothing is ever written into it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from verifier.receipts.errors import ReceiptError

PATIENCE_SECONDS = 5.0


class FolderLock:
    """The lock of one folder. Safe to use from several threads."""

    def __init__(self, folder: Path, *, patience: float = PATIENCE_SECONDS) -> None:
        """Open it; RECEIPTS_NOT_WRITABLE where nothing can be."""
        self._threads = Lock()
        try:
            self._file = sqlite3.connect(
                folder / "lock", timeout=patience, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error:
            raise ReceiptError("RECEIPTS_NOT_WRITABLE", "lock") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it; RECEIPTS_BUSY when another process does for too long."""
        with self._threads:
            try:
                self._file.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as problem:
                busy = problem.sqlite_errorcode == sqlite3.SQLITE_BUSY
                code = "RECEIPTS_BUSY" if busy else "RECEIPTS_NOT_WRITABLE"
                raise ReceiptError(code, "lock") from None
            except sqlite3.Error:
                raise ReceiptError("RECEIPTS_NOT_WRITABLE", "lock") from None
            try:
                yield
            finally:
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        with self._threads:
            self._file.close()
