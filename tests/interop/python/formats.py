"""Jobs for `sd-jwt` and `isomdoc`, which run in an environment of their own.

Reads a JSON line [name, arguments] at a time from standard input and answers with a line
{"result"} or {"error"}. This file imports nothing of the product.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from isomdoc.verify.verify_mdoc import DeviceResponse, IssuerSigned
from jwcrypto.jwk import JWK
from sd_jwt.holder import SDJWTHolder
from sd_jwt.verifier import SDJWTVerifier


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _issuer_key(_issuer: str | None, header: dict[str, Any]) -> JWK:
    leaf = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return JWK.from_pem(leaf.public_key().public_bytes(serialization.Encoding.PEM, form))


def sd_jwt_verify(text: str, audience: str | None = None, nonce: str | None = None) -> Any:
    """Return the claims; the caller has checked the chain of the leaf whose key is taken."""
    verifier = SDJWTVerifier(text, _issuer_key, expected_aud=audience, expected_nonce=nonce)
    return verifier.get_verified_payload()


def sd_jwt_present(text: str, frame: Any, key: Any, audience: str, nonce: str) -> str:
    """Show the claims of `frame` with a key binding JWT."""
    holder = SDJWTHolder(text)
    holder.create_presentation(frame, nonce, audience, JWK(**key))
    return str(holder.sd_jwt_presentation)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, cbor2.CBORTag):
        return _plain(value.value)
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return value.isoformat() if hasattr(value, "isoformat") else value


def _contents(signed: IssuerSigned) -> Any:
    return {
        namespace: {item.element_identifier: _plain(item.element_value) for item in items}
        for namespace, items in signed.namespaces.items()
    }


def mdoc_verify(encoded: str, doctype: str) -> Any:
    """Return {namespace: {element: value}} of an IssuerSigned."""
    return _contents(IssuerSigned(cbor2.loads(_decode(encoded)), doctype))


def mdoc_verify_response(encoded: str, transcript: str) -> Any:
    """Return the contents of each document of a DeviceResponse."""
    found = DeviceResponse(_decode(encoded), cbor2.loads(_decode(transcript)))
    return [_contents(document.issuer_signed) for document in found.documents]


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job for job in (sd_jwt_verify, sd_jwt_present, mdoc_verify, mdoc_verify_response)
}


def _do(name: str, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": JOBS[name](**given)}
    except Exception as error:  # noqa: BLE001 - whatever a client says is an answer
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_do(*json.loads(line))) + "\n")
        sys.stdout.flush()
