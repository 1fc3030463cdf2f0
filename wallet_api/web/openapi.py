"""Completes the OpenAPI document with what the framework cannot know.

Read from each view's guard: the headers and security schemes it needs, and the
problems it may answer with. An app developer sees in one place what a call
must carry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from apiflask import APIFlask

from wallet_api.web.expected_problems import expected
from wallet_api.web.problems import MEDIA_TYPE, PICTURES, TABLE
from wallet_api.web.schemas.parts import ProblemDocument

Spec = dict[str, Any]

DESCRIPTION: Final = (
    "Digital identity wallet of the civil registry: enrolment, activation at a counter, "
    "credentials that anybody can check offline. Every step carries a signed statement over its "
    "body and a server nonce; every answer brings the next nonce. Binary values are base64url "
    "without padding, times are RFC 3339 in UTC, unknown members are refused, and every problem "
    "is an RFC 9457 document with a stable `code`."
)
TAGS: Final = {
    "Policy": "What an app reads before it starts; nonces; the signed time.",
    "Enrolment": "Steps 1 to 4 on the phone: start, contact, face, PIN.",
    "Activation": "Steps 5 and 6 on the phone: scan the counter's frame, confirm with the PIN.",
    "Session": "Access tokens bound to the device key (DPoP).",
    "Wallet": "What an activated phone does: credentials, renewal, block, close.",
    "Kiosk": "The counter's program: shifts, who waits, confirming.",
    "Lists": "What verifiers fetch: the signed bundle and the status lists.",
    "Operations": "Health and metrics, for machines that watch the service.",
}
SCHEMES: Final[Spec] = {
    "walletStatement": {
        "type": "apiKey",
        "in": "header",
        "name": "Wallet-Statement",
        "description": "Compact JWS by the device key, typ `ikd-statement+jwt`, over purpose, "
        "subject, SHA-256 of the body as sent, server nonce and time.",
    },
    "pinProof": {
        "type": "apiKey",
        "in": "header",
        "name": "Wallet-Pin-Proof",
        "description": "The same payload signed by the PIN key, typ `ikd-pin+jwt`.",
    },
    "kioskStatement": {
        "type": "apiKey",
        "in": "header",
        "name": "Kiosk-Statement",
        "description": "As Wallet-Statement, by the kiosk's identity key, typ `ikd-kiosk+jwt`.",
    },
    "operatorShift": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of an operator's open shift.",
    },
    "dpop": {
        "type": "http",
        "scheme": "dpop",
        "description": "`Authorization: DPoP <access token>` with a `DPoP` proof (RFC 9449).",
    },
}
BY_GUARD: Final[dict[str, tuple[str, ...]]] = {
    "device": ("walletStatement",),
    "kiosk": ("kioskStatement",),
    "kiosk+operator": ("kioskStatement", "operatorShift"),
    "dpop": ("dpop",),
}
IDEMPOTENCY: Final[Spec] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "16 to 128 printable ASCII characters, new for each intent. A retry with the "
    "same key and body gets the same answer for a day.",
    "schema": {
        "type": "string",
        "minLength": 16,
        "maxLength": 128,
        "pattern": "^[!-~]+$",
        "format": "idempotency-key",
    },
}
DPOP_PROOF: Final[Spec] = {
    "name": "DPoP",
    "in": "header",
    "required": True,
    "description": "JWS typ `dpop+jwt` with htm, htu, iat, jti, ath and the newest DPoP-Nonce.",
    "schema": {"type": "string", "pattern": "^[!-~]+$", "format": "dpop-proof"},
}
PICTURE: Final[Spec] = {
    "schema": {
        "type": "string",
        "format": "binary",
        "description": "The bytes of one frame, at most 100,000.",
    }
}
LANGUAGE: Final[Spec] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Language of the texts for people: `id` (default) or `en`.",
    "schema": {"type": "string", "examples": ["id", "en"]},
}


def register(app: APIFlask) -> None:
    """Describe ``app`` completely at ``/openapi.json``."""
    app.config.update(
        DESCRIPTION=DESCRIPTION,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_404_RESPONSE=False,
        JSON_SORT_KEYS=False,
    )

    @app.spec_processor
    def complete(spec: Spec | str) -> Spec | str:
        if isinstance(spec, str):
            message = "the document is written as JSON"
            raise TypeError(message)
        schemas = spec.setdefault("components", {}).setdefault("schemas", {})
        _add_problem_schema(schemas)
        spec["components"]["securitySchemes"] = SCHEMES
        spec["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
        for path, method, operation, view in _operations(app, spec):
            _complete(operation, path, method, view, app.view_functions[view])
        return spec


def _add_problem_schema(schemas: Spec) -> None:
    made = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(made.pop("$defs", {}))
    made["properties"]["code"]["enum"] = list(TABLE)
    schemas["ProblemDocument"] = made


def _operations(app: APIFlask, spec: Spec) -> Iterator[tuple[str, str, Spec, str]]:
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for method in sorted(rule.methods or ()):
            operation = spec["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                yield path, method.lower(), operation, rule.endpoint


def _complete(operation: Spec, path: str, method: str, endpoint: str, view: object) -> None:
    guard = getattr(view, "__guard__", "open")
    operation["operationId"] = endpoint.replace(".", "_")
    _split_sentences(operation)
    _add_security(operation, guard, needs_pin=getattr(view, "__pin__", False))
    purpose = getattr(view, "__purpose__", "")
    if purpose:
        operation["x-purpose"] = purpose
    operation["x-guard"] = guard
    parameters = operation.setdefault("parameters", [])
    has_query = any(held["in"] == "query" for held in parameters)
    if guard == "dpop":
        parameters.append(DPOP_PROOF)
    if method == "post" and guard != "open":
        parameters.append(IDEMPOTENCY)
    if path.startswith("/v1/"):
        parameters.append(LANGUAGE)
    media = getattr(view, "__media__", ())
    if media == PICTURES:
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(media, PICTURE)}
    has_body = "requestBody" in operation and media != PICTURES
    if has_body:
        operation["requestBody"]["required"] = True
    codes = expected(endpoint, guard, method, has_body=has_body, has_query=has_query)
    _add_responses(operation, codes, guard=guard if path.startswith("/v1/") else "none")


def _split_sentences(operation: Spec) -> None:
    """Make the docstring's first sentence the summary and the rest the description."""
    summary, _, rest = operation.get("summary", "").partition(". ")
    operation["summary"] = summary.rstrip(".")
    text = " ".join(part for part in (rest, operation.get("description", "")) if part)
    if text:
        operation["description"] = text


def _add_security(operation: Spec, guard: str, *, needs_pin: bool) -> None:
    names = (*BY_GUARD.get(guard, ()), *(("pinProof",) if needs_pin else ()))
    operation["security"] = [{name: [] for name in names}] if names else []


def _add_responses(operation: Spec, codes: tuple[str, ...], *, guard: str) -> None:
    responses = operation.setdefault("responses", {})
    by_status: dict[int, list[str]] = {}
    for code in codes if guard != "none" else ("INTERNAL",):
        by_status.setdefault(TABLE[code].status, []).append(code)
    for status, named in sorted(by_status.items()):
        responses[str(status)] = _problem(status, named)
    for response in responses.values():
        response.setdefault("headers", {}).update(_nonces(guard))


def _problem(status: int, codes: list[str]) -> Spec:
    lines = [f"`{code}`: {TABLE[code].title['en']}" for code in codes]
    response: Spec = {
        "description": "; ".join(lines),
        "x-codes": codes,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
    if status in (429, 503):
        seconds = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}
        response["headers"] = {"Retry-After": seconds}
    return response


def _nonces(guard: str) -> Spec:
    text = {"type": "string"}
    headers: Spec = {"Request-Id": {"description": "Name it when you report", "schema": text}}
    if guard != "none":
        headers["Wallet-Nonce"] = {"description": "For the next statement", "schema": text}
    if guard == "dpop":
        headers["DPoP-Nonce"] = {"description": "For the next DPoP proof", "schema": text}
    return headers
