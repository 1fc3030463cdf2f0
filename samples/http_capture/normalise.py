"""From what passed on the wire to an example that is the same after every run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from credentials.jwk import b64url_decode
from samples.http_capture.proxy import Exchange
from wallet_api.rules.face_reasons import sentence

Example = dict[str, Any]
TIME, UNIX = "2026-11-23T05:00:00Z", 1795410000
REQUEST_HEADERS = ("Content-Type", "Accept-Language", "Idempotency-Key", "If-None-Match")
ANSWER_HEADERS = (
    "Content-Type", "Wallet-Nonce", "DPoP-Nonce", "ETag", "Cache-Control", "Retry-After",
)  # fmt: skip
SIGNED_HEADERS = ("Wallet-Statement", "Wallet-Pin-Proof", "Kiosk-Statement", "DPoP")
LONGEST_LIST = 2
# Those that the tour meets for certain; the others depend on when something is asked.
PROBLEMS = {"FRAME_USED", "INPUT_INVALID", "NUMBER_WRONG", "PIN_WRONG"}
JWS_DOTS = 2

# What a member is replaced by, when it is a text. Everything else stays as it was.
DESCRIBED: dict[str, str] = {
    **dict.fromkeys(
        ("server_time", "deadline_at", "expires_at", "issued_at", "renew_at", "since", "not_after"),
        TIME,
    ),
    **dict.fromkeys(("frames_by", "retry_at", "taken_at"), TIME),
    **dict.fromkeys(("x", "y"), "<32 bytes, base64url>"),
    **dict.fromkeys(("jkt", "pkt", "holder_jkt"), "<SHA-256 thumbprint of the key, base64url>"),
    **dict.fromkeys(("kiosk_ca", "certificate", "pem"), "<PEM>"),
    **dict.fromkeys(("email_code", "sms_code", "totp"), "402817"),
    **dict.fromkeys(("created_at", "last_used_at"), TIME),
    "access_token": "<access token>",
    "attestation": "<attestation object, base64url>",
    "ath": "<SHA-256 of the access token, base64url>",
    "authenticator_data": "<authenticator data, base64url>",
    "bsh": "<SHA-256 of the body, base64url>",
    "capture": "<capture id>",
    "challenge": "<challenge, 40 bytes, base64url>",
    "client_data": "<client data, base64url>",
    "credential": "<COSE_Sign1, base64url>",
    "day": "2026-11-23",
    "document": "<document id>",
    "enrolment": "<enrolment id>",
    "frame": "IDK:<base45>",
    "htu": "https://wallet.example<path>",
    "id": "<id>",
    "jti": "<uuid>",
    "kid": "<key id, 4 bytes, base64url>",
    "kiosk": "<kiosk id>",
    "nonce": "<server nonce>",
    "number": "042",
    "origin": "http://localhost:8090",
    "password": "<password>",
    "shift": "<shift id>",
    "signature": "<signature, base64url>",
    "sub": "<id>",
    "token": "<token>",
    "user_handle": "<id of the operator, base64url>",
    "wallet": "<wallet id>",
}
HEADER_WORDS = {
    "Idempotency-Key": "<uuid>",
    "Wallet-Nonce": "<server nonce>",
    "DPoP-Nonce": "<DPoP nonce>",
    "ETag": '"<SHA-256 of the content>"',
    "If-None-Match": '"<SHA-256 of the content>"',
}


def choose(exchanges: Iterable[Exchange], routes: Iterable[str]) -> dict[str, Example]:
    """Return one example for each endpoint (the fullest good answer) and for each problem code."""
    patterns = [(route, _pattern(route)) for route in sorted(routes, key=_fixed_first)]
    found: dict[str, list[Example]] = {}
    for exchange in exchanges:
        path = exchange.path.partition("?")[0]
        route = next((route for route, pattern in patterns if pattern.fullmatch(path)), path)
        example = describe(exchange, route)
        code = example["answer"].get("body", {}).get("code") if exchange.status >= 400 else None
        if exchange.status < 400:
            found.setdefault(_name(exchange.method, route), []).append(example)
        elif code in PROBLEMS:
            found.setdefault(f"problem-{code.lower().replace('_', '-')}", []).append(example)
    return {name: max(found[name], key=_fullness) for name in sorted(found)}


def describe(exchange: Exchange, route: str) -> Example:
    """Return the exchange with everything that varies described."""
    path, _, query = exchange.path.partition("?")
    asked: Example = {"method": exchange.method, "path": route if route != path else path}
    if query:
        asked["query"] = re.sub(r"=[^&]*", "=<text>", query)
    asked["headers"] = _request_headers(exchange)
    if exchange.request_body:
        asked["body"] = _body(exchange.request_headers, exchange.request_body)
    answer: Example = {
        "status": exchange.status,
        "headers": _kept(exchange.answer_headers, ANSWER_HEADERS),
    }
    if exchange.answer_body:
        answer["body"] = _body(exchange.answer_headers, exchange.answer_body)
    return {"request": asked, "answer": answer}


def described(name: str, value: Any) -> Any:
    """Return a JSON value with the members of DESCRIBED replaced."""
    if isinstance(value, dict):
        if value.keys() == {"id", "en"}:  # a text in two languages
            return value
        if value.get("code") == "TURN_RIGHT":  # the side is drawn by lot
            value = {"code": "TURN_LEFT", "message": sentence("TURN_LEFT", "id")}
        return {key: described(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return _described_list(name, value)
    if isinstance(value, str):
        return _described_text(name, value)
    return UNIX if name in {"iat", "exp"} else value


def _described_text(name: str, value: str) -> Any:
    if name == "turn":  # drawn by lot
        return value if value == "front" else "left"
    signed = value.count(".") == JWS_DOTS and value.startswith("ey")
    if name in DESCRIBED and value != "new" and not (signed and name in {"token", "challenge"}):
        return DESCRIBED[name]
    return open_jws(value) if signed else value


def open_jws(text: str) -> Example:
    """Return header and payload of a compact JWS, described."""
    header, payload, _ = text.split(".")
    return {
        "compact JWS": "<header>.<payload>.<signature>",
        "header": described("", json.loads(b64url_decode(header))),
        "payload": described("", json.loads(b64url_decode(payload))),
    }


def _described_list(name: str, value: list[Any]) -> list[Any]:
    if name in {"digests", "missing"}:
        return ["<SHA-256 of a frame, base64url>" for _ in value]
    if name == "ids":
        return ["<id>" for _ in value[:LONGEST_LIST]]
    if name == "retired":
        return ["<id>" for _ in value]
    shortened = value if all(isinstance(item, str) for item in value) else value[:LONGEST_LIST]
    return [described(name, item) for item in shortened]


def _request_headers(exchange: Exchange) -> Example:
    sent = {name.lower(): value for name, value in exchange.request_headers.items()}
    headers: Example = dict(_kept(exchange.request_headers, REQUEST_HEADERS))
    scheme, _, credential = sent.get("authorization", "").partition(" ")
    if credential:
        headers["Authorization"] = f"{scheme} <{'access' if scheme == 'DPoP' else 'shift'} token>"
    for name in SIGNED_HEADERS:
        if name.lower() in sent:
            headers[name] = open_jws(sent[name.lower()])
    return headers


def _kept(headers: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    given = {name.lower(): value for name, value in headers.items()}
    return {
        name: HEADER_WORDS.get(name, given[name.lower()]) for name in names if name.lower() in given
    }


def _body(headers: dict[str, str], body: bytes) -> Any:
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
    if "json" in kind and not kind.startswith("application/vnd"):
        value = json.loads(body)
        if isinstance(value, dict) and "openapi" in value:
            return "<the OpenAPI document>"
        return described("", value)
    return f"<{kind.partition(';')[0]}>"


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route))


def _fixed_first(route: str) -> tuple[int, str]:
    return route.count("{"), route


def _name(method: str, route: str) -> str:
    words = re.sub(r"\{([^}]+)\}", r"\1", route).strip("/").replace("/", "-").replace("_", "-")
    return f"{method.lower()}-{words}"


def _fullness(example: Example) -> tuple[int, str]:
    text = json.dumps(example, ensure_ascii=False)
    return len(text), text
