"""Token status lists: fetched below configured addresses, kept for a minute.

Their issuer may let them be kept for longer; who has a line asks again all the same, so that a
suspension counts here soon. Unchanged lists cost one small answer.

An address in a credential is only ever fetched when it lies below the status prefix of the issuer
whose key signed that credential (T32): no credential can make this server call somewhere else. No
redirect is followed. What cannot be looked up is unknown, and unknown is never good.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import requests

from credentials.errors import CredentialError
from credentials.status_list import INVALID, SUSPENDED, VALID
from credentials.status_token import (
    MAX_SIZE,
    TYP_JWT,
    StatusToken,
    parse_status_jwt,
    verify_status_token,
)
from credentials.token_claims import StatusReference
from credentials.x509_chain import verify_chain
from verifier.openid4vp.trust import Issuer

Status = Literal["good", "revoked", "suspended", "unknown"]
CONTENT_TYPE = f"application/{TYP_JWT}"
TIMEOUTS = (3.0, 5.0)  # seconds to connect, to read
RETRY_SECONDS = 5  # how long a failed address is left alone
KEEP_SECONDS = 60  # how long a list is not asked for again
_MEANINGS: dict[int, Status] = {VALID: "good", INVALID: "revoked", SUSPENDED: "suspended"}
_REST = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer to a conditional GET; `text` None means 304, what you have still holds."""

    text: str | None
    etag: str


class Fetch(Protocol):
    """Gets a list; OSError or ValueError when it cannot be had."""

    def __call__(self, uri: str, etag: str) -> Fetched: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Found:
    """A status, and the moment its list was made (unix seconds), None when nothing was had."""

    status: Status
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    token: StatusToken | None
    etag: str
    until: int


class StatusLists:
    """The lists this process has seen. Threads share it."""

    def __init__(self, clock: Callable[[], int], fetch: Fetch | None = None) -> None:
        """`clock` gives unix seconds; `fetch` is the network."""
        self._clock = clock
        self._fetch = fetch or fetch_list
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def look_up(self, reference: StatusReference | None, issuer: Issuer) -> Found:
        """Return the status of a credential that `issuer` signed; never raises."""
        if reference is None or not _is_below(reference.uri, issuer.status_prefix):
            return Found("unknown")
        token = self._token(reference.uri, issuer)
        if token is None:
            return Found("unknown")
        try:
            value = token.get(reference.index)
        except CredentialError:
            return Found("unknown", token.times.issued_at)
        return Found(_MEANINGS.get(value, "unknown"), token.times.issued_at)

    def _token(self, uri: str, issuer: Issuer) -> StatusToken | None:
        with self._guard:
            lock = self._locks.setdefault(uri, threading.Lock())
        with lock:  # one fetch for all who wait
            now = self._clock()
            kept = self._kept.get(uri)
            if kept is None or now >= kept.until:
                kept = self._renew(uri, issuer, kept, now)
                self._kept[uri] = kept
            return kept.token

    def _renew(self, uri: str, issuer: Issuer, old: _Kept | None, now: int) -> _Kept:
        """Fetch, or keep what its issuer still vouches for: a policy says how old it may be."""
        held = old.token if old and _holds(old.token, now) else None
        etag = old.etag if old and held else ""
        try:
            answer = self._fetch(uri, etag)
            if answer.text is None:
                if held is None:
                    return _Kept(None, "", now + RETRY_SECONDS)
                return _Kept(held, etag, _keep_until(held, now))
            unverified = parse_status_jwt(answer.text)
            leaf = verify_chain(unverified.chain, issuer.anchors, now=now)
            token = verify_status_token(unverified, leaf.public_key, uri=uri, now=now)
        except (OSError, ValueError, CredentialError):
            return _Kept(held, etag, now + RETRY_SECONDS)
        if held is not None and token.times.issued_at < held.times.issued_at:
            return _Kept(held, etag, now + RETRY_SECONDS)  # lists never go back
        return _Kept(token, answer.etag, _keep_until(token, now))


def _keep_until(token: StatusToken, now: int) -> int:
    return min(token.keep_until(now), now + KEEP_SECONDS)


def _holds(token: StatusToken | None, now: int) -> bool:
    """Tell whether there is a list that its issuer still vouches for."""
    if token is None:
        return False
    return token.times.expires_at is None or now < token.times.expires_at


def fetch_list(uri: str, etag: str) -> Fetched:
    """Get a list over HTTP; OSError or ValueError for any answer but a small 200 or a 304."""
    headers = {"Accept": CONTENT_TYPE}
    if etag:
        headers["If-None-Match"] = etag
    with requests.get(
        uri, headers=headers, timeout=TIMEOUTS, allow_redirects=False, stream=True
    ) as answer:
        if answer.status_code == 304 and etag:
            return Fetched(None, etag)
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.status_code != 200 or kind != CONTENT_TYPE:
            raise ValueError("no status list")
        body = bytearray()
        for chunk in answer.iter_content(1 << 16):
            body += chunk
            if len(body) > MAX_SIZE:
                raise ValueError("too large")
        return Fetched(body.decode("ascii").strip(), answer.headers.get("ETag", ""))


def _is_below(uri: str, prefix: str) -> bool:
    """Tell whether `uri` is one plain name below the prefix: no path, query or other host."""
    return bool(prefix) and uri.startswith(prefix) and bool(_REST.fullmatch(uri[len(prefix) :]))
