"""One request from question to answer: the wallet's side, on top of checks and memory.

start ──> question (any number of times) ──> answer (once) ──> `results`
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.claim_shapes import picture_url
from credentials.errors import CredentialError, LintError
from credentials.jwk import b64url_decode, thumbprint
from verifier.openid4vp.addresses import Addresses
from verifier.openid4vp.errors import QueryError, Rejected, SetupError
from verifier.openid4vp.presentations import Checker, Expected, Finding
from verifier.openid4vp.queries import CredentialFormat, Query, make_query
from verifier.openid4vp.request_objects import (
    ClientPrefix,
    Identity,
    Question,
    make_link,
    sign_request,
)
from verifier.openid4vp.responses import open_answer
from verifier.openid4vp.sealing import Seal
from verifier.openid4vp.settings import Settings
from verifier.openid4vp.store import Flow, RequestRow, State, Store
from verifier.policy import Policy, load_policy

_ID_BYTES = 24
_NONCE_BYTES = 32
_KEY, RESULT = "key", "result"


@dataclass(frozen=True, slots=True)
class Started:
    """A new request: its id, the link for QR code or button, and when it expires."""

    id: str
    link: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants checked, and how the way back goes."""

    policy: str
    document_type: str
    format: CredentialFormat
    flow: Flow = "cross_device"
    return_url: str = ""
    client_prefix: ClientPrefix | None = None
    post: bool = False


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Everything one relying party needs. Threads and processes share it."""

    settings: Settings
    identity: Identity
    checker: Checker
    store: Store
    seal: Seal
    clock: Callable[[], int]
    _policies: dict[str, Policy] = field(default_factory=dict)

    def start(self, wish: Wish, *, browser: str | None = None) -> Started:
        """Keep a new request; `browser` is the cookie that may see its result.

        QueryError, PolicyError, SetupError; Rejected("RETURN_URL", "CROSS_DEVICE").
        """
        now = self.clock()
        if wish.return_url and not self.addresses.may_return(wish.return_url):
            raise Rejected("RETURN_URL")
        if wish.flow == "cross_device" and not self.settings.cross_device:
            raise Rejected("CROSS_DEVICE")
        self.query(wish.policy, wish.document_type, wish.format)
        prefix = wish.client_prefix or self.settings.client_prefix
        client_id = self.identity.client_id(prefix, self.settings.public_url)
        request = secrets.token_urlsafe(_ID_BYTES)
        row = RequestRow(
            id=request,
            created_at=now,
            expires_at=now + self.settings.request_seconds,
            flow=wish.flow,
            policy=wish.policy,
            document_type=wish.document_type,
            format=wish.format,
            client_id=client_id,
            nonce=secrets.token_urlsafe(_NONCE_BYTES),
            state_value=secrets.token_urlsafe(_ID_BYTES),
            return_url=wish.return_url,
            browser=None if browser is None else self.seal.browser_tag(browser),
            sealed_key=self.seal.close(_new_key(), request=request, purpose=_KEY),
        )
        self.store.add(row)
        return Started(
            request,
            make_link(client_id, self.addresses.request_uri(request), post=wish.post),
            row.expires_at,
        )

    @property
    def addresses(self) -> Addresses:
        """The addresses below the public one."""
        return Addresses(self.settings)

    def query(self, policy: str, document_type: str, format_name: CredentialFormat) -> Query:
        """Return what a policy asks of a type; QueryError, PolicyError."""
        try:
            kind = self.checker.trust.catalogue.document_type(document_type)
        except KeyError:
            raise QueryError("TYPE_UNKNOWN", document_type[:40]) from None
        names = self.checker.trust.names(document_type, format_name)
        return make_query(self.policy(policy), kind, format_name, names)

    def policy(self, name: str) -> Policy:
        """Return a policy by built-in name or path, read once."""
        if name not in self._policies:
            self._policies[name] = load_policy(name)
        return self._policies[name]

    def forget(self) -> None:
        """Delete requests and results that are over."""
        over = self.clock() - self.settings.keep_seconds
        self.store.forget(ended_before=over, expired_before=over)

    def question(self, request: str, *, wallet_nonce: str | None) -> str:
        """Return the signed request object; Rejected REQUEST_UNKNOWN, …_EXPIRED, …_USED."""
        row = self._open_row(request)
        question = Question(
            client_id=row.client_id,
            response_uri=self.addresses.response_uri(request),
            nonce=row.nonce,
            state=row.state_value,
            issued_at=self.clock(),
            expires_at=row.expires_at,
            encryption_key=self._key(row).public_key(),
        )
        if row.fetched_at is None:
            self.store.mark_fetched(request, self.clock())
        return sign_request(
            question,
            self._query_of(row),
            self.identity,
            client_name=self.settings.name,
            wallet_nonce=wallet_nonce,
        )

    def answer(self, request: str, form: Mapping[str, str]) -> str:
        """Take a wallet's answer and return where its browser goes next.

        An answer that could be opened ends the request, whatever the checks say: a nonce is good
        for one try. Rejected and CredentialError carry the first check that failed.
        """
        row = self._open_row(request)
        key = self._key(row)
        answer = open_answer(form, key, state=row.state_value)
        if answer.declined:
            self._end(row, "declined", code=answer.declined.upper(), result=None)
            return self.addresses.way_back(row.id, row.return_url, None)
        try:
            finding = self.checker.check(
                answer.presentation,
                self._query_of(row),
                self.policy(row.policy),
                self._expected(row, key),
                now=self.clock(),
            )
        except (Rejected, CredentialError) as error:
            self._end(row, "refused", code=error.code, result=None)
            raise
        self._end(row, "verified", code="", result=_document(row, finding))
        code = self.seal.response_code(row.id)
        return self.addresses.way_back(row.id, row.return_url, code)

    def _open_row(self, request: str) -> RequestRow:
        row = self.store.find(request)
        if row is None:
            raise Rejected("REQUEST_UNKNOWN", status=404)
        if row.state != "open":
            raise Rejected("REQUEST_USED")
        if row.expires_at <= self.clock():
            raise Rejected("REQUEST_EXPIRED")
        return row

    def _end(
        self, row: RequestRow, state: State, *, code: str, result: dict[str, object] | None
    ) -> None:
        sealed = None
        if result is not None:
            data = json.dumps(result, ensure_ascii=False).encode()
            sealed = self.seal.close(data, request=row.id, purpose=RESULT)
        news = bool(self.settings.webhook_url)
        ended = self.store.end(row.id, state, code=code, result=sealed, now=self.clock(), news=news)
        if not ended:  # somebody else was faster, or time ran out meanwhile
            raise Rejected("REQUEST_USED")

    def _query_of(self, row: RequestRow) -> Query:
        return self.query(row.policy, row.document_type, cast("CredentialFormat", row.format))

    def _expected(self, row: RequestRow, key: ec.EllipticCurvePrivateKey) -> Expected:
        return Expected(
            client_id=row.client_id,
            nonce=row.nonce,
            response_uri=self.addresses.response_uri(row.id),
            key_thumbprint=b64url_decode(thumbprint(key.public_key())),
            asked_at=row.created_at,
        )

    def _key(self, row: RequestRow) -> ec.EllipticCurvePrivateKey:
        if row.sealed_key is None:
            raise Rejected("REQUEST_USED")
        der = self.seal.open(row.sealed_key, request=row.id, purpose=_KEY)
        key = serialization.load_der_private_key(der, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise SetupError("SEAL_BROKEN")
        return key


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _document(row: RequestRow, finding: Finding) -> dict[str, object]:
    """Return the result as JSON: the catalogue's names, pictures as data URLs."""
    return {
        "policy": row.policy,
        "type": row.document_type,
        "format": row.format,
        "issuer": finding.issuer,
        "issued_at": finding.issued_at,
        "expires_at": finding.expires_at,
        "status": finding.status.status,
        "status_as_of": finding.status.as_of,
        "claims": {name: _json_value(value) for name, value in finding.values.items()},
    }


def _json_value(value: object) -> object:
    if not isinstance(value, bytes):
        return value
    try:
        return picture_url(value)
    except LintError:
        return f"data:application/octet-stream;base64,{b64encode(value).decode()}"
