"""Authorization requests of wallets of others, from the push to the resident's decision.

RFC 9126 (pushed requests, the only ones), RFC 7636 (S256, the only method). The page that shows a
request is bound to the browser that opened it; who decides is the resident, in the national app,
with device key and PIN key (services/openid/approvals.py). No page takes a PIN.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wallet_api.errors.openid import OpenIdError
from wallet_api.models import OpenIdRequest, new_id
from wallet_api.services import limits
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses, codes, details, offers, secret_hashes
from wallet_api.services.openid.clients import Client
from wallet_api.services.openid.configurations import configurations
from wallet_api.services.openid.forms import Form, demand, find_plain

PUSHED, SHOWN, REFUSED = "PUSHED", "SHOWN", "REFUSED"
_WITH_PAGE: Final = (SHOWN, codes.APPROVED, REFUSED)  # afterwards the answer has gone back
PUSHED_LIFE: Final = timedelta(seconds=90)
SHOWN_LIFE: Final = timedelta(minutes=5)
KEPT_AFTER: Final = timedelta(minutes=5)  # a refusal or code is fetched by then
URI_PREFIX: Final = "urn:ietf:params:oauth:request_uri:"
LONGEST_STATE, LONGEST_REDIRECT = 2048, 2048
WAITING, READY, OVER = "waiting", "ready", "over"

_CHALLENGE: Final = re.compile(r"[A-Za-z0-9\-_]{43}", re.ASCII)
_THUMBPRINT: Final = _CHALLENGE
_COOKIE: Final = _CHALLENGE
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{1,63}", re.ASCII)
# RFC 3986: no backslash, which browsers read as "/": we and they would see different hosts.
_URI: Final = re.compile(r"[A-Za-z0-9._~:/?@!$&'()*+,;=%\[\]-]+", re.ASCII)
# What a browser would run, show or send somewhere else than to an app.
_NO_APPS: Final = frozenset(
    {
        *("about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "http"),
        *("intent", "javascript", "mailto", "sms", "tel", "vbscript", "view-source", "ws", "wss"),
    }
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A request on its page. ``cookie`` is what ties the page to this browser."""

    id: str
    number: str
    client: str
    documents: list[dict[str, object]]
    cookie: str
    seconds: int


def push(
    deps: Deps, form: Form, *, client: Client, jkt: str | None, network: str
) -> dict[str, object]:
    """Keep a pushed request and return its ``request_uri`` (RFC 9126 section 2)."""
    wanted = _read(deps, form, client, jkt)
    uri = URI_PREFIX + secret_hashes.new_secret()
    now = deps.now()
    wanted.uri_hash = secret_hashes.hash_of(deps, "request-uri", uri)
    wanted.created_at, wanted.expires_at = now, now + PUSHED_LIFE
    with deps.transaction() as db:
        allowed = deps.settings.openid_requests_per_network_hour
        limits.charge(db, deps, f"openid|push|{network}", timedelta(hours=1), allowed)
        state = form.get("issuer_state")
        if state is not None:
            wanted.offer_id = _load_offer(db, deps, state, wanted)
        db.add(wanted)
    return {"request_uri": uri, "expires_in": int(PUSHED_LIFE.total_seconds())}


def show(deps: Deps, client_id: str, request_uri: str, cookie: str | None) -> Shown:
    """Return what the page shows; the first browser that asks is the only one that may.

    ``cookie``: the browser's secret if it has one already. OpenIdError invalid_request when the
    request is over, unknown, another client's or another browser's.
    """
    if not client_id.isprintable():  # none was pushed; PostgreSQL would stumble over a NUL
        raise _gone()
    fits = cookie is not None and _COOKIE.fullmatch(cookie)
    secret = str(cookie) if fits else secret_hashes.new_secret()
    now = deps.now()
    address = OpenIdRequest.uri_hash == secret_hashes.hash_of(deps, "request-uri", request_uri)
    with deps.transaction() as db:
        db.execute(
            update(OpenIdRequest)
            .where(
                address,
                OpenIdRequest.client_id == client_id,
                OpenIdRequest.state == PUSHED,
                OpenIdRequest.expires_at > now,
            )
            .values(
                state=SHOWN,
                browser_hash=secret_hashes.hash_of(deps, "browser", secret),
                expires_at=now + SHOWN_LIFE,
            )
            .execution_options(synchronize_session=False)
        )
        row = db.scalars(select(OpenIdRequest).where(address)).one_or_none()
    if row is None or row.client_id != client_id or row.expires_at <= now:
        raise _gone()
    if row.state not in _WITH_PAGE or not _is_browser(deps, row, secret):
        raise _gone()
    return Shown(
        row.id,
        row.number,
        describe_client(row),
        list_documents(deps, row),
        secret,
        int((row.expires_at - now).total_seconds()),
    )


def poll(deps: Deps, request_id: str, cookie: str | None) -> str:
    """Return waiting, ready (fetch the answer) or over, to the request's own browser."""
    with deps.reading() as db:
        row = db.get(OpenIdRequest, request_id)
    if row is None or not _is_browser(deps, row, cookie or ""):
        raise _gone()
    if row.state in (codes.APPROVED, codes.CODED, REFUSED):
        return READY
    return WAITING if row.state == SHOWN and row.expires_at > deps.now() else OVER


def finish(deps: Deps, request_id: str, cookie: str | None) -> str | None:
    """Return the address that takes the answer back to the client; None while it waits.

    With code, or error (access_denied where the resident refused), ``state`` and ``iss``
    (RFC 6749 section 4.1.2, RFC 9207).
    """
    with deps.transaction() as db:
        row = db.get(OpenIdRequest, request_id)
        if row is None or not _is_browser(deps, row, cookie or ""):
            raise _gone()
        code = codes.issue_code(db, deps, request_id)
        if code is None and row.state == SHOWN and row.expires_at > deps.now():
            return None
    refused = row.state in (SHOWN, REFUSED)  # a request that nobody decided on is refused as well
    if code is None and not refused:
        raise _gone()
    answer = {"code": code} if code else {"error": "access_denied"}
    return _redirection(row, answer | {"iss": addresses.issuer(deps)})


def describe_client(row: OpenIdRequest) -> str:
    """Return by what a resident may recognise the client: where the answer goes."""
    parts = urlsplit(row.redirect_uri)
    return str(parts.hostname) if parts.scheme in {"https", "http"} else parts.scheme


def list_documents(deps: Deps, row: OpenIdRequest) -> list[dict[str, object]]:
    """Return what is asked for, as people call it: type, format, label by language."""
    known = configurations(deps)
    found: list[dict[str, object]] = []
    for one in (known[name] for name in json.loads(row.configurations) if name in known):
        labels = deps.catalogue.document_type(one.type).labels
        label = {"id": labels.id, "en": labels.en}
        found.append({"type": one.type, "format": one.format, "label": label})
    return found


def _read(deps: Deps, form: Form, client: Client, jkt: str | None) -> OpenIdRequest:
    if "request_uri" in form:  # RFC 9126 section 2.1
        raise OpenIdError("invalid_request", "a pushed request has no request_uri")
    if "request" in form:
        raise OpenIdError("request_not_supported", "request objects are not offered")
    if demand(form, "response_type") != "code":
        raise OpenIdError("unsupported_response_type", "the response type is code")
    if form.get("response_mode", "query") != "query":
        raise OpenIdError("invalid_request", "the response mode is query")
    if not client.id:
        raise OpenIdError("invalid_request", "client_id is missing")
    challenge = demand(form, "code_challenge")
    if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OpenIdError("invalid_request", "PKCE with S256 is needed")
    names, with_details = _read_wish(form, configurations(deps))
    return OpenIdRequest(
        id=new_id(),
        client_id=client.id,
        attested=client.attested,
        redirect_uri=_read_redirect(form),
        client_state=find_plain(form, "state", LONGEST_STATE),
        code_challenge=challenge,
        jkt=_read_key(form, jkt),
        configurations=json.dumps(names),
        with_details=with_details,
        state=PUSHED,
        number=f"{secrets.randbelow(1000):03}",
    )


def _read_wish(form: Form, known: Mapping[str, object]) -> tuple[tuple[str, ...], bool]:
    """Return (configurations, whether by authorization_details); section 5.1.

    Where both are sent (some wallets say the same twice) both count.
    """
    text, scope = form.get("authorization_details"), form.get("scope")
    if text is None and not scope:
        raise OpenIdError("invalid_scope", "scope or authorization_details is needed")
    names = details.read_details(text, known) if text is not None else ()
    if text is None or (scope and not known.keys().isdisjoint(scope.split(" "))):
        names = tuple(dict.fromkeys((*names, *details.read_scope(scope or "", known))))
    return names, text is not None


def _read_key(form: Form, jkt: str | None) -> str | None:
    """Return the DPoP key that the code will be bound to (RFC 9449 section 10)."""
    named = form.get("dpop_jkt")
    if named is None:
        return jkt
    if not _THUMBPRINT.fullmatch(named) or (jkt is not None and not compare_digest(named, jkt)):
        raise OpenIdError("invalid_dpop_proof", "dpop_jkt is not the key of the proof")
    return named


def _read_redirect(form: Form) -> str:
    """Return the redirect URI: https, an app's own scheme, or this very device (RFC 8252)."""
    text = demand(form, "redirect_uri")
    find_plain(form, "redirect_uri", LONGEST_REDIRECT)
    try:
        parts = urlsplit(text)
        good = _URI.fullmatch(text) is not None and _leads_back(parts)
    except ValueError:
        good = False
    if not good:
        raise OpenIdError("invalid_request", "redirect_uri is none that is accepted here")
    return text


def _leads_back(parts: SplitResult) -> bool:
    if parts.username is not None or parts.password is not None:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme == "http":
        return parts.hostname in _LOOPBACK
    return bool(_SCHEME.fullmatch(parts.scheme)) and parts.scheme not in _NO_APPS


def _load_offer(db: Session, deps: Deps, state: str, wanted: OpenIdRequest) -> str:
    offer = offers.find_offer(db, deps, offers.AUTHORIZATION_CODE, state)
    if offer is None:
        raise OpenIdError("invalid_request", "issuer_state is unknown, used or over")
    if not set(json.loads(wanted.configurations)) <= set(json.loads(offer.configurations)):
        raise OpenIdError("invalid_request", "more is asked for than was offered")
    return offer.id


def _is_browser(deps: Deps, row: OpenIdRequest, cookie: str) -> bool:
    held = row.browser_hash
    return held is not None and compare_digest(held, secret_hashes.hash_of(deps, "browser", cookie))


def _redirection(row: OpenIdRequest, answer: Mapping[str, str]) -> str:
    if row.client_state is not None:
        answer = {**answer, "state": row.client_state}
    joint = "&" if urlsplit(row.redirect_uri).query else "?"
    return f"{row.redirect_uri}{joint}{urlencode(answer)}"


def _gone() -> OpenIdError:
    return OpenIdError("invalid_request", "the request is unknown or over, or of another browser")
