"""Calls to the wallet API: server nonces, one retry, idempotency keys, the server's time.

What every client must do, in one place:

- Each answer carries `Wallet-Nonce`; keep the newest. A POST uses it up, a GET does not.
- 401 NONCE_REQUIRED (and USE_DPOP_NONCE) carry a fresh nonce: sign again, send again, once.
- A problem with `server_time` (CLOCK_SKEW, DPOP_INVALID): take it over, sign again, once.
- Every POST with a proof carries an `Idempotency-Key`. After a lost connection send
  the same body with the same key: the answer is the one of the first arrival.
- 503 with `Retry-After`: wait that long, then the same again.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from samples.phone.clock import PhoneClock
from samples.phone.errors import PhoneError, Problem, problem_from

TIMEOUT_SECONDS = (10, 60)  # to connect; for a frame of 100 kB at 64 kbit/s to get through
NETWORK_TRIES = 3
BUSY_TRIES = 5
LONGEST_WAIT = 10.0
NONCE_CODES = frozenset({"NONCE_REQUIRED", "USE_DPOP_NONCE"})


@dataclass(frozen=True, slots=True)
class Call:
    """What a proof is made over: the request as it will be sent."""

    method: str
    url: str
    body: bytes
    nonce: str
    dpop_nonce: str


Prove = Callable[[Call], Mapping[str, str]]


def no_proof(_call: Call) -> Mapping[str, str]:
    """For the open calls."""
    return {}


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> dict[str, Any]:
        """Return the JSON object."""
        value: dict[str, Any] = json.loads(self.body)
        return value


class PendingKeys(Protocol):
    """Where the idempotency key of an unanswered call survives a crash."""

    def pending_key(self, name: str) -> str | None:
        """Return the key kept under `name`."""

    def set_pending(self, name: str, key: str | None) -> None:
        """Keep or drop the key."""


class Api:
    """The wallet API at one address."""

    def __init__(self, url: str, *, language: str, clock: PhoneClock, pending: PendingKeys) -> None:
        """Open a keep-alive connection; `language` is "id" or "en"."""
        self.url = url.rstrip("/")
        self.clock = clock
        self._pending = pending
        self._http = requests.Session()
        self._http.headers["Accept-Language"] = language
        self._nonce = ""
        self._dpop_nonce = ""

    def get(self, path: str, prove: Prove = no_proof) -> Answer:
        """Fetch `path`."""
        return self._send("GET", path, b"", prove, {})

    def post(self, path: str, body: object, prove: Prove = no_proof, *, once: str = "") -> Answer:
        """Send `body` as JSON, or a picture as it is.

        Under the name `once` the call survives a crash as the same call.
        """
        data, kind = _encode(body)
        headers = {"Content-Type": kind}
        if not once:  # repeated only within this call
            return self._send(
                "POST", path, data, prove, {**headers, "Idempotency-Key": str(uuid.uuid4())}
            )
        once = f"{once} {hashlib.sha256(data).hexdigest()[:16]}"  # another body is another call
        key = self._pending.pending_key(once) or str(uuid.uuid4())
        self._pending.set_pending(once, key)
        headers["Idempotency-Key"] = key
        try:
            answer = self._send("POST", path, data, prove, headers)
        except Problem as problem:
            if problem.status < requests.codes.server_error:  # refused: nothing is under way
                self._pending.set_pending(once, None)
            raise
        self._pending.set_pending(once, None)
        return answer

    def fresh_nonce(self) -> str:
        """Return an unused server nonce and count it as used."""
        nonce = self._nonce or self._fetch_nonce()
        self._nonce = ""
        return nonce

    def _fetch_nonce(self) -> str:
        response = self._request("POST", "/v1/nonces", b"{}", {"Content-Type": "application/json"})
        answer = _good(response)
        self._nonce = str(answer.json()["nonce"])
        return self._nonce

    def _send(
        self, method: str, path: str, body: bytes, prove: Prove, headers: dict[str, str]
    ) -> Answer:
        """Prove and send; once more after a nonce or clock problem; patiently when busy."""
        again = True
        for attempt in range(BUSY_TRIES):
            try:
                return _good(self._proven(method, path, body, prove, headers))
            except Problem as problem:
                if _is_busy(problem) and attempt < BUSY_TRIES - 1:
                    time.sleep(min(problem.retry_after or 0, LONGEST_WAIT))
                elif again and self._mended(problem):
                    again = False
                else:
                    raise
        raise PhoneError("SERVER_BUSY")

    def _proven(
        self, method: str, path: str, body: bytes, prove: Prove, headers: dict[str, str]
    ) -> requests.Response:
        if prove is no_proof:
            return self._request(method, path, body, headers)
        nonce = self._nonce or self._fetch_nonce()
        call = Call(method, self.url + path, body, nonce, self._dpop_nonce)
        if method != "GET":
            self._nonce = ""
        return self._request(method, path, body, {**headers, **prove(call)})

    def _mended(self, problem: Problem) -> bool:
        """Whether the same call can succeed now; the nonce was taken over with the answer."""
        if "server_time" in problem.extra:  # CLOCK_SKEW, or a DPoP proof from another time
            self.clock.learn(str(problem.extra["server_time"]))
            return True
        return problem.code in NONCE_CODES

    def _request(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> requests.Response:
        for tries_left in reversed(range(NETWORK_TRIES)):
            try:
                response = self._http.request(
                    method, self.url + path, data=body or None, headers=dict(headers),
                    timeout=TIMEOUT_SECONDS, allow_redirects=False,
                )  # fmt: skip
            except requests.RequestException as error:
                if not tries_left:
                    raise PhoneError("NETWORK", url=self.url) from error
                time.sleep(0.2)
            else:
                self._nonce = response.headers.get("Wallet-Nonce", self._nonce)
                self._dpop_nonce = response.headers.get("DPoP-Nonce", self._dpop_nonce)
                return response
        raise PhoneError("NETWORK", url=self.url)


def _encode(body: object) -> tuple[bytes, str]:
    if isinstance(body, bytes):
        return body, _kind_of(body)
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return text.encode(), "application/json"


def _kind_of(picture: bytes) -> str:
    if picture.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if picture.startswith(b"RIFF") else "image/jpeg"


def _is_busy(problem: Problem) -> bool:
    """Whether waiting helps: an overloaded server, or our own first try still at work there."""
    waiting = problem.status == requests.codes.unavailable or problem.code == "REQUEST_IN_PROGRESS"
    return waiting and problem.retry_after is not None


def _good(response: requests.Response) -> Answer:
    """Return a 2xx or 304 answer; raise Problem otherwise."""
    if response.ok:
        return Answer(response.status_code, response.content, response.headers)
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    raise problem_from(response.status_code, body, response.headers.get("Retry-After"))
