"""How the kiosk speaks to the wallet API: signed statements, nonces, retries, typed refusals.

Every call carries a `Kiosk-Statement` by the identity key over the body as sent and a server nonce.
A stale nonce or a clock that is off is mended and the call repeated once. A call that moves
something carries an `Idempotency-Key`: repeating it after a broken connection does nothing twice.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy

import requests
from urllib3.exceptions import HTTPError

from credentials.jwk import thumbprint
from credentials.signing import Signer
from credentials.statement import TYP_KIOSK, Statement, hash_body, sign_statement
from enrolment_kiosk.clock import KioskClock, read_time_token
from enrolment_kiosk.errors import ApiProblem, ApiUnreachable, ClockError

CONNECT_SECONDS = 3.05
READ_SECONDS = 5.0
MAX_ANSWER = 4 * 1024 * 1024

_NONCE_LIFE_SECONDS = 240.0  # of the server's 300
_MENDABLE = 2  # at most: one stale nonce, one clock that is off
_PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `operator` is a shift's token, `key` an idempotency key."""

    method: str
    path: str
    purpose: str
    subject: str
    body: Mapping[str, object] | None = None
    operator: str | None = None
    language: str = "id"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. `content_type` without parameters, in lower case."""

    content_type: str
    data: bytes

    def document(self) -> dict[str, object]:
        """Return the JSON object; ApiUnreachable when something else than the API answered."""
        try:
            value = json.loads(self.data)
        except (ValueError, RecursionError):
            raise ApiUnreachable from None
        if not isinstance(value, dict):
            raise ApiUnreachable
        return value


@dataclass(frozen=True, slots=True)
class Contact:
    """The last answer of the API: when on the steady clock, and how long it took, in seconds."""

    at: float
    seconds: float


class ApiClient:
    """Makes calls for one kiosk. Safe to use from several threads."""

    def __init__(
        self, api: str, *, identity: Signer, time_key: dict[str, str] | None, clock: KioskClock
    ) -> None:
        """Take the API's base address, the identity key, and the pinned key of signed time."""
        self._api = api
        self._identity = identity
        self._thumbprint = thumbprint(identity.public_key)
        self._time_key = time_key
        self._clock = clock
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._lock = threading.Lock()
        self._nonce: tuple[str, float] | None = None
        self._online: bool | None = None
        self._contact: Contact | None = None

    @property
    def online(self) -> bool | None:
        """Whether the last call reached the API; None before the first."""
        return self._online

    @property
    def contact(self) -> Contact | None:
        """The last answer of the API; None before the first."""
        return self._contact

    def call(self, call: Call) -> Answer:
        """Make a call; raises ApiProblem for a refusal and ApiUnreachable for no answer.

        With an idempotency key a lost answer is asked for once more: what was done is done once.
        """
        body = b"" if call.body is None else json.dumps(call.body).encode()
        try:
            return self._call(call, body)
        except ApiUnreachable:
            if call.key is None:
                raise
        return self._call(call, body)

    def _call(self, call: Call, body: bytes) -> Answer:
        for mended in range(_MENDABLE + 1):
            try:
                return self._send(call, body)
            except ApiProblem as problem:
                if mended == _MENDABLE or not self._mend(problem):
                    raise
        raise ApiUnreachable

    def sync_clock(self) -> None:
        """Ask for signed time and believe it.

        Raises ClockError for an answer that proves nothing, ApiUnreachable for none.
        """
        if self._time_key is None:
            raise ClockError("TIME_KEY_MISSING")
        nonce = secrets.token_urlsafe(16)
        asked = self._clock.steady()
        answer = self._exchange("GET", f"/v1/time?nonce={nonce}", {}, b"")
        answered = self._clock.steady()
        token = answer.document().get("token")
        unix = read_time_token(str(token), nonce=nonce, time_key=self._time_key)
        self._clock.believe(unix, asked=asked, answered=answered)

    def _mend(self, problem: ApiProblem) -> bool:
        """Mend what made the call fail; False when it was something else."""
        if problem.code == "NONCE_REQUIRED":
            return True
        if problem.code == "CLOCK_SKEW" and self._time_key is not None:
            try:
                self.sync_clock()
            except (ClockError, ApiUnreachable):
                return False
            return True
        return False

    def _send(self, call: Call, body: bytes) -> Answer:
        statement = Statement(
            purpose=call.purpose,
            subject=call.subject,
            body_hash=hash_body(body),
            nonce=self._take_nonce(),
            issued_at=int(self._clock.now()),
            device_thumbprint=self._thumbprint,
        )
        signed = sign_statement(statement, self._identity, typ=TYP_KIOSK)
        headers = {"Kiosk-Statement": signed, "Accept-Language": call.language}
        if call.body is not None:
            headers["Content-Type"] = "application/json"
        if call.operator is not None:
            headers["Authorization"] = f"Bearer {call.operator}"
        if call.key is not None:
            headers["Idempotency-Key"] = call.key
        return self._exchange(call.method, call.path, headers, body)

    def _take_nonce(self) -> str:
        """Use up the nonce of the last answer, or get one: each is good for one call only."""
        with self._lock:
            kept, self._nonce = self._nonce, None
        if kept is not None and self._clock.steady() - kept[1] < _NONCE_LIFE_SECONDS:
            return kept[0]
        answer = self._exchange("POST", "/v1/nonces", {"Content-Type": "application/json"}, b"{}")
        with self._lock:
            self._nonce = None  # the header repeats what the body says
        return str(answer.document().get("nonce"))

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        asked = self._clock.steady()
        try:
            with self._session.request(
                method,
                self._api + path,
                data=body or None,
                headers={"User-Agent": "enrolment-kiosk", **headers},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                data = response.raw.read(MAX_ANSWER + 1, decode_content=True)
                answered = self._clock.steady()
                answer = self._read(response, data)
                self._contact = Contact(answered, answered - asked)
                return answer
        except (requests.RequestException, OSError, HTTPError):
            self._online = False
            raise ApiUnreachable from None

    def _read(self, response: requests.Response, data: bytes) -> Answer:
        """Tell answers, problems, and what is neither: a proxy's page, a portal, a flood."""
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        fresh = response.headers.get("Wallet-Nonce")
        if len(data) > MAX_ANSWER or 300 <= response.status_code < 400:
            raise requests.ConnectionError
        if response.status_code >= 400 and content_type != _PROBLEM:
            raise requests.ConnectionError
        self._online = True
        if fresh:
            with self._lock:
                self._nonce = (fresh, self._clock.steady())
        answer = Answer(content_type, data)
        if response.status_code < 400:
            return answer
        document = answer.document()
        raise ApiProblem(
            str(document.get("code")),
            status=response.status_code,
            title=str(document.get("title") or ""),
            detail=str(document.get("detail") or ""),
            members=document,
        )
