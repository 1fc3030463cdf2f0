"""The national registry over HTTP: `docs/registry-contract.md`.

A foreign service on the path of our residents, so everything is bounded: connecting, the time
between bytes, the whole answer's time, its size. No redirects (they would carry our password
elsewhere), no proxies out of the environment, no cookies, and nothing of the answer in an error.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from wallet_api.adapters.registry.siak import SERVICE_TEXTS, parse_answer, parse_changes
from wallet_api.ports.registry import RegistryAnswer, RegistryUnavailable, Unavailable

MAX_ANSWER: Final = 2 * 1024 * 1024
CONNECT_SECONDS: Final = 2.0
THRESHOLD: Final = 100  # a name's likeness counts as the same; we ask by NIK alone
_LONGEST_WAIT: Final = 3600
_CHUNK: Final = 65536
_BY_STATUS: Final = {
    401: Unavailable.LOGIN_FAILED,
    403: Unavailable.ADDRESS,
    408: Unavailable.SLOW,
    429: Unavailable.QUOTA,
    504: Unavailable.SLOW,
}


class HttpRegistry:
    """`PopulationRegistry` over the contract's two calls. May be shared by threads."""

    def __init__(self, base_url: str, *, user_id: str, password: str, timeout: float = 3.0) -> None:
        """Take the address up to and without `/v1`; `timeout` is for a whole call, in seconds."""
        self._base = base_url.rstrip("/")
        self._credentials = (user_id, password)
        self._timeout = timeout

    def look_up(self, nik: str) -> RegistryAnswer:
        """Ask for one NIK. See the port."""
        transaction = str(uuid.uuid4())
        body = {"transaction_id": transaction, "NIK": nik, "threshold": THRESHOLD}
        answer = self._ask("/v1/penduduk", body)
        return parse_answer(answer, nik=nik, transaction_id=transaction)

    def changes_since(self, cursor: str) -> tuple[list[str], str]:
        """Ask for changed NIKs. See the port."""
        transaction = str(uuid.uuid4())
        answer = self._ask("/v1/perubahan", {"transaction_id": transaction, "cursor": cursor})
        return parse_changes(answer, transaction_id=transaction)

    def _ask(self, path: str, body: dict[str, object]) -> Any:
        deadline = time.monotonic() + self._timeout
        try:
            with requests.Session() as session:
                session.trust_env = False
                with session.post(
                    self._base + path,
                    json=body,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                    auth=self._credentials,
                    timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    return _read(response, deadline)
        except (requests.Timeout, ReadTimeoutError) as error:
            raise RegistryUnavailable(Unavailable.SLOW) from error
        except (requests.RequestException, HTTPError) as error:
            raise RegistryUnavailable(Unavailable.DOWN) from error


def _read(response: requests.Response, deadline: float) -> Any:
    """Return the JSON of an answer with status 200; raise for every other."""
    content = _bounded(response, deadline)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if response.status_code != requests.codes.ok:
        raise RegistryUnavailable(
            _reason(response.status_code, document), retry_after=_retry_after(response)
        )
    if document is None:
        raise RegistryUnavailable(Unavailable.MALFORMED, retry_after=600)
    return document


def _bounded(response: requests.Response, deadline: float) -> bytes:
    """Read what there is, piece by piece, so that one byte a second meets the deadline too."""
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise RegistryUnavailable(Unavailable.MALFORMED, retry_after=600)
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK):
        content += chunk
        if len(content) > MAX_ANSWER:
            raise RegistryUnavailable(Unavailable.TOO_LARGE, retry_after=600)
        if time.monotonic() > deadline:
            raise RegistryUnavailable(Unavailable.SLOW)
    return bytes(content)


def _reason(status: int, document: Any) -> Unavailable:
    """Prefer what the service says over its status code: three refusals share 403."""
    text = document.get("RESPONSE_DESC") if isinstance(document, dict) else None
    named = SERVICE_TEXTS.get(text) if isinstance(text, str) else None
    return named or _BY_STATUS.get(status, Unavailable.DOWN)


def _retry_after(response: requests.Response) -> int:
    text = response.headers.get("Retry-After", "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 30
    return max(1, min(seconds, _LONGEST_WAIT))
