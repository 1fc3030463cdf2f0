"""Files from a web server: taken up where they broke off, through the system's proxy.

`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (or the system's own settings) count as everywhere in
Python's standard library. A broken line is tried again as long as bytes keep coming. An HTML page
in place of a file is what the sign-in page of a foreign network looks like, and is said so. Through
a proxy https goes as a tunnel (CONNECT): the server's certificate is checked here, not there.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urljoin

from verifier.errors import SyncError
from verifier.files import write_atomically
from verifier.sync.index import INDEX, MAX_INDEX_BYTES, Index, RemoteFile, parse_index
from verifier.sync.progress import Progress

TIMEOUT_SECONDS: Final = 20.0
WAITS: Final = (0.5, 1.0, 2.0, 4.0)  # before each further try without a single new byte
CHUNK: Final = 64 * 1024
RETRIED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_ETAG = "index.etag"
# One entity tag (RFC 9110 section 8.8.3). Sent back, `*` or a list would match whatever index there
# is, and a long one would be refused: a forged answer would count long after its author is gone.
_ETAG_FORM = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"', re.ASCII)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})", re.ASCII)  # http.client's own words
_BROKEN = (OSError, http.client.HTTPException)


class WebSource:
    """The folder of published files at a URL."""

    def __init__(
        self, url: str, *, waits: Sequence[float] = WAITS, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """Take the address of the folder or of its index.json; SyncError("SYNC_SOURCE")."""
        try:
            named = url.endswith(".json")
            self._index_url = url if named else urljoin(url.rstrip("/") + "/", INDEX)
        except ValueError:
            raise SyncError("SYNC_SOURCE") from None
        self._waits, self._timeout = waits, timeout
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _Redirects(),
        ):  # no handler for file: or ftp:, whatever an answer redirects to
            self._opener.add_handler(handler)

    def index(self, workplace: Path) -> Index:
        """Return the index; one that did not change since is not sent again (ETag)."""
        known = self._known(workplace)
        data, etag = self._patiently(lambda: self._get_index(known))
        if data is None and known is not None:
            return known[1]
        index = parse_index(data or b"")
        write_atomically(workplace / INDEX, data or b"")
        named = json.dumps({"url": self._index_url, "etag": etag})
        write_atomically(workplace / _ETAG, named.encode())
        return index

    def fetch(self, file: RemoteFile, target: Path, progress: Progress, before: int) -> None:
        """Fetch what is missing of `file`; SyncError."""
        tries = 0
        while (have := _size(target)) < file.size:
            progress.at(before + have)
            try:
                self._get_rest(file, target, have, progress, before)
            except _BROKEN as error:
                if _is_status(error, http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE) and have:
                    raise SyncError("SYNC_DAMAGED", file.name) from None
                _give_up(error)
            if _size(target) > have:
                tries = 0
            elif tries == len(self._waits):
                raise SyncError("SYNC_BROKEN", file.name)
            else:
                time.sleep(self._waits[tries])
                tries += 1
        progress.at(before + file.size)

    def _get_rest(
        self, file: RemoteFile, target: Path, have: int, progress: Progress, before: int
    ) -> None:
        headers = {"Range": f"bytes={have}-"} if have else {}
        url = urljoin(self._index_url, file.name)
        with self._open(url, headers) as answer:
            _refuse_pages(answer.headers)
            resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            if resumed and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise SyncError("SYNC_DAMAGED", file.name)
            done = have if resumed else 0
            part = _Part(target, append=resumed)
            while piece := answer.read1(CHUNK):
                done += len(piece)
                if done > file.size:
                    raise SyncError("SYNC_DAMAGED", file.name)
                part.write(piece)
                progress.at(before + done)

    def _get_index(self, known: tuple[str, Index] | None) -> tuple[bytes | None, str | None]:
        headers = {"If-None-Match": known[0]} if known else {}
        try:
            with self._open(self._index_url, headers) as answer:
                _refuse_pages(answer.headers)
                data: bytes = answer.read(MAX_INDEX_BYTES + 1)
                if answer.length and len(data) <= MAX_INDEX_BYTES:
                    raise http.client.IncompleteRead(data, answer.length)
                return data, answer.headers.get("ETag")
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.NOT_MODIFIED and known:
                return None, None
            raise

    def _patiently(self, get: Any) -> tuple[bytes | None, str | None]:
        for wait in (*self._waits, None):
            try:
                answer: tuple[bytes | None, str | None] = get()
            except _BROKEN as error:
                _give_up(error)
                if wait is None:
                    raise SyncError("SYNC_UNREACHABLE", type(error).__name__) from None
                time.sleep(wait)
            else:
                return answer
        raise AssertionError  # the last turn returns or raises

    def _open(self, url: str, headers: dict[str, str]) -> Any:
        own = {"Accept-Encoding": "identity", "User-Agent": "ikd-verifier"}
        try:
            request = urllib.request.Request(url, headers=own | headers)  # noqa: S310  no file:
            return self._opener.open(request, timeout=self._timeout)
        except ValueError:  # no address at all, perhaps one that an answer redirects to
            raise SyncError("SYNC_REFUSED", "not an address") from None

    def _known(self, workplace: Path) -> tuple[str, Index] | None:
        """Return the ETag and index of last time, None when there is none of this address."""
        try:
            named = json.loads((workplace / _ETAG).read_bytes())
            if named["url"] != self._index_url or not _ETAG_FORM.fullmatch(named["etag"]):
                return None
            return named["etag"], parse_index((workplace / INDEX).read_bytes())
        except (OSError, ValueError, KeyError, TypeError, SyncError):
            return None


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never from https to anything less."""

    def redirect_request(  # noqa: PLR0917  the library's own signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise SyncError("SYNC_REFUSED", "redirected from https to http")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Part:
    """A file that grows. Its own errors are told from those of the line."""

    def __init__(self, path: Path, *, append: bool) -> None:
        self._path = path
        if not append:
            path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        try:
            with self._path.open("ab") as file:
                file.write(piece)
        except OSError:
            raise SyncError("SYNC_NOT_WRITABLE", self._path.name) from None


def _refuse_pages(headers: Message) -> None:
    if headers.get_content_type() in ("text/html", "application/xhtml+xml"):
        raise SyncError("SYNC_PAGE")


def _is_status(error: Exception, status: int) -> bool:
    return isinstance(error, urllib.error.HTTPError) and error.code == status


def _give_up(error: Exception) -> None:
    """Raise for an answer that another try would not change."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        raise SyncError("SYNC_CERTIFICATE", reason.verify_message) from None
    tunnel = _TUNNEL.match(str(reason)) if isinstance(reason, OSError) else None
    status = getattr(error, "code", 0) if tunnel is None else int(tunnel[1])
    if status == http.HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise SyncError("SYNC_PROXY", f"HTTP {status}") from None
    if tunnel is not None and status not in RETRIED:
        raise SyncError("SYNC_REFUSED", f"the proxy, HTTP {status}") from None
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code == http.HTTPStatus.NOT_FOUND:
            raise SyncError("SYNC_NOT_FOUND") from None
        if error.code not in RETRIED:
            raise SyncError("SYNC_REFUSED", f"HTTP {error.code}") from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
