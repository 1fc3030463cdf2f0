"""Who may call: every view declares its guard, and the house test refuses one that does not.

The order protects people (rule 2): signature and meaning of the statement,
then the stored answer of the idempotency key, then the nonce, then the work.
A retry therefore gets its answer without a fresh nonce, and a forged request
changes nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Any, Final, cast

from flask import Response, current_app, g, jsonify, make_response, request

from credentials.errors import CredentialError
from credentials.jwk import load_jwk
from credentials.signing import compress
from credentials.statement import TYP_DEVICE, TYP_KIOSK, Statement, UnverifiedStatement
from wallet_api.errors import (
    FrameTooLarge,
    IdempotencyKeyMissing,
    NonceRequired,
    ShiftEnded,
    StatementInvalid,
    WalletError,
)
from wallet_api.rules.face_capture import FRAME_BYTES
from wallet_api.services import (
    admission,
    enrolments,
    idempotency,
    kiosks,
    nonces,
    proofs,
    sessions,
    shifts,
)
from wallet_api.services.deps import Deps
from wallet_api.services.idempotency import Once
from wallet_api.services.sessions import TokenFacts
from wallet_api.services.shifts import ShiftFacts
from wallet_api.web import problems

View = Callable[..., Any]
SHORTEST_KEY, LONGEST_KEY = 16, 128
KNOWN_AS: Final = {"enrolment": "enrolment_id", "kiosk": "kiosk_id"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, proven: the subject's id, the statement, and what it stands on."""

    subject: str
    statement: Statement | None
    once: Once | None
    pin_proof: UnverifiedStatement | None = None
    shift: ShiftFacts | None = None
    token: TokenFacts | None = None


def deps() -> Deps:
    """Return the services' dependencies of this application."""
    return cast("Deps", current_app.extensions["wallet"])


def caller() -> Caller:
    """Return who calls."""
    return cast("Caller", g.caller)


def network() -> str:
    """Return the caller's network: the /24 of IPv4, the /48 of IPv6."""
    address = ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - a key, not a binding
    prefix = 24 if address.version == 4 else 48
    return str(ip_network(f"{address}/{prefix}", strict=False))


def open_to_all(view: View) -> View:
    """Declare a view open: no secret, nothing personal, or guarded by a one-time token."""
    return _mark(view, "open")


def device(
    purpose: str, *, subject: str = "enrolment", pin: bool = False, picture: bool = False
) -> Callable[[View], View]:
    """Demand the device key's statement; ``subject``: enrolment, wallet or new.

    ``picture``: the body is a frame's bytes, not JSON; one too large is not even read.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: object) -> Response:
            if picture and (request.content_length or 0) > FRAME_BYTES:
                raise FrameTooLarge(limit=FRAME_BYTES)
            body = request.get_data(cache=True)
            unverified = proofs.read(request.headers.get("Wallet-Statement"), TYP_DEVICE)
            name, key = _device_of(subject, unverified, kwargs)
            statement = proofs.verify(unverified, key, purpose=purpose, subject=name, body=body)
            proofs.check_time(deps(), statement)
            proof = None
            if pin or request.headers.get("Wallet-Pin-Proof"):
                proof = proofs.read_pin_proof(request.headers.get("Wallet-Pin-Proof"), statement)
            return _answer(
                view, kwargs, statement, body, lambda once: Caller(name, statement, once, proof)
            )

        media = problems.PICTURES if picture else problems.JSON
        return _mark(guarded, "device", purpose, pin=pin, media=media)

    return decorate


def kiosk(purpose: str, *, operator: bool = True) -> Callable[[View], View]:
    """Demand the kiosk's statement, and an operator's open shift unless told otherwise."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: object) -> Response:
            body = request.get_data(cache=True)
            unverified = proofs.read(request.headers.get("Kiosk-Statement"), TYP_KIOSK)
            name, key, shift = _desk_of(kwargs) if operator else (*_kiosk_of(kwargs), None)
            statement = proofs.verify(unverified, key, purpose=purpose, subject=name, body=body)
            proofs.check_time(deps(), statement)
            if operator and shift is None:
                raise ShiftEnded
            return _answer(
                view,
                kwargs,
                statement,
                body,
                lambda once: Caller(name, statement, once, shift=shift),
            )

        return _mark(guarded, "kiosk+operator" if operator else "kiosk", purpose)

    return decorate


def token(*, scope: str = "full") -> Callable[[View], View]:
    """Demand a DPoP-bound access token (RFC 9449) of at least ``scope``."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: object) -> Response:
            body = request.get_data(cache=True)
            facts = sessions.check_token(
                deps(),
                authorization=request.headers.get("Authorization"),
                proof=request.headers.get("DPoP"),
                method=request.method,
                path=request.path,
                scope=scope,
            )
            if request.method == "GET":
                sessions.use_proof(deps(), facts)
                g.caller = Caller(facts.wallet, None, None, token=facts)
                return make_response(view(**kwargs))
            once = _once(facts.jkt, body)
            held = idempotency.begin(deps(), once)
            if held is not None:
                return _replay(held)
            try:
                sessions.use_proof(deps(), facts)
            except WalletError:
                idempotency.release(deps(), once)
                raise
            return _run(view, kwargs, once, Caller(facts.wallet, None, once, token=facts))

        return _mark(guarded, "dpop")

    return decorate


def _mark(
    view: View,
    guard: str,
    purpose: str = "",
    *,
    pin: bool = False,
    media: tuple[str, ...] = problems.JSON,
) -> View:
    # Read by the house test and by the OpenAPI document.
    view.__guard__ = guard  # type: ignore[attr-defined]
    view.__purpose__ = purpose  # type: ignore[attr-defined]
    view.__pin__ = pin  # type: ignore[attr-defined]
    view.__media__ = media  # type: ignore[attr-defined]
    return view


def _device_of(
    subject: str, unverified: UnverifiedStatement, kwargs: dict[str, object]
) -> tuple[str, bytes]:
    if subject == "new":
        return "new", _point(unverified.jwk)
    if subject == "wallet":
        name = unverified.statement.subject
        return name, sessions.device_key(deps(), name)
    name = str(kwargs["enrolment_id"])
    return name, enrolments.device_key(deps(), name)


def _kiosk_of(kwargs: dict[str, object]) -> tuple[str, bytes]:
    if "kiosk_id" not in kwargs:
        sent = request.get_json(silent=True)
        return "new", _point(sent.get("identity_key") if isinstance(sent, dict) else None)
    name = str(kwargs["kiosk_id"])
    return name, kiosks.identity_key(deps(), name)


def _desk_of(kwargs: dict[str, object]) -> tuple[str, bytes, ShiftFacts | None]:
    name = str(kwargs["kiosk_id"])
    seen = shifts.look_at_desk(deps(), name, _bearer())
    return name, seen.identity_key, seen.shift


def _point(jwk: object) -> bytes:
    try:
        return compress(load_jwk(cast("dict[str, object]", jwk)))
    except CredentialError:
        raise StatementInvalid from None


def _bearer() -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value if scheme.lower() == "bearer" else ""


def _answer(
    view: View,
    kwargs: dict[str, object],
    statement: Statement,
    body: bytes,
    make_caller: Callable[[Once | None], Caller],
) -> Response:
    if request.method == "GET":
        proofs.check_nonce(deps(), statement)
        g.caller = make_caller(None)
        return make_response(view(**kwargs))
    once = _once(statement.device_thumbprint, body)
    held = admission.admit(deps(), once, statement.nonce)
    if held is not None:
        return _replay(held)
    return _run(view, kwargs, once, make_caller(once))


def _once(jkt: str, body: bytes) -> Once:
    key = request.headers.get("Idempotency-Key", "")
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise IdempotencyKeyMissing
    return Once(f"{jkt}|{request.path}", key, sha256(body).digest())


def _run(view: View, kwargs: dict[str, object], once: Once, who: Caller) -> Response:
    g.caller = who
    try:
        return make_response(view(**kwargs))  # the service remembers its answer itself
    except WalletError as error:
        return _refuse(once, error)
    except Exception:
        idempotency.release(deps(), once)
        raise


def _refuse(once: Once, error: WalletError) -> Response:
    body, status = problems.document(error)
    # A wanted nonce is no answer: the caller comes again with the same key and a fresh one.
    if error.retry_after is None and status < 500 and not isinstance(error, NonceRequired):
        idempotency.finish(deps(), once, status, body)
    else:
        idempotency.release(deps(), once)
    return problems.render(body, status, retry_after=error.retry_after)


def _replay(held: idempotency.Answer) -> Response:
    if held.status >= 400:
        return problems.render(held.body, held.status)
    response = jsonify(held.body)
    response.status_code = held.status
    return response


def attach_nonces(response: Response) -> Response:
    """Give every answer of the API the nonces for the next request; not what caches keep."""
    if request.path.startswith("/v1/lists/"):
        return response
    if request.path.startswith("/openid/") and request.method == "POST":
        response.headers.setdefault("DPoP-Nonce", nonces.make(deps()))
    if request.path.startswith("/v1/") and "wallet" in current_app.extensions:
        response.headers["Wallet-Nonce"] = nonces.make(deps())
        response.headers["DPoP-Nonce"] = nonces.make(deps())
    return response
