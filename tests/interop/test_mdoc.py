"""Mdocs of every document type, with @owf/mdoc and PyPI's isomdoc."""

from __future__ import annotations

from typing import Any

import pytest

from credentials.errors import SignatureError
from credentials.jwk import b64url_decode, b64url_encode
from credentials.mdoc_device import parse_device_response, respond, verify_device_signature
from credentials.mdoc_elements import NAMESPACE, make_elements
from credentials.mdoc_issuer import IssuedDocument, parse_issuer_signed, verify_issuer_signed
from credentials.mdoc_transcript import redirect_transcript
from credentials.tagged_cbor import plain
from credentials.x509_chain import DOCUMENT_SIGNER, verify_chain
from tests.credentials.claims.people import AUTHORITY
from tests.interop import documents as made
from tests.interop.clients import Client, RefusedError

RESPONSE_URI = "https://bank.example/openid4vp/responses/1"
THUMBPRINT = bytes(range(32))
SESSION = {
    "client_id": made.CLIENT_ID,
    "nonce": made.NONCE,
    "response_uri": RESPONSE_URI,
    "thumbprint": b64url_encode(THUMBPRINT),
}
TRANSCRIPT = redirect_transcript(
    made.CLIENT_ID, made.NONCE, RESPONSE_URI, key_thumbprint=THUMBPRINT
)


def _expected(name: str) -> dict[str, dict[str, Any]]:
    document_type, profile, values = made.document(name)
    elements = make_elements(document_type, profile, values, authority=AUTHORITY)
    found: Any = plain(elements)
    return found


def _comparable(value: Any) -> Any:
    """Bytes as the clients write them in JSON."""
    if isinstance(value, dict):
        return {name: _comparable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_comparable(member) for member in value]
    return {"bytes": made.base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _pairs(name: str) -> list[tuple[str, str]]:
    return [(space, element) for space, members in _expected(name).items() for element in members]


def _verified(encoded: str, transcript: bytes = TRANSCRIPT) -> IssuedDocument:
    """Verify a device response as a relying party of ours does."""
    (document,) = parse_device_response(b64url_decode(encoded))
    signed = document.issuer_signed
    leaf = verify_chain(signed.chain, made.ANCHORS, now=made.now(), usage=DOCUMENT_SIGNER)
    issued = verify_issuer_signed(signed, leaf, now=made.now())
    verify_device_signature(document, issued.device_key, transcript=transcript)
    return issued


@pytest.fixture(scope="module")
def issued() -> dict[str, bytes]:
    return {name: made.mdoc(name) for name in made.TYPES}


def test_the_javascript_client_verifies_every_type(
    issued: dict[str, bytes], javascript: Client
) -> None:
    for name, mdoc in issued.items():
        job = {"encoded": b64url_encode(mdoc), "anchors": made.anchors()}
        (found,) = javascript.do(("mdoc_verify", job))
        assert found["doctype"] == made.document(name)[0].doctype
        assert found["elements"] == _comparable(_expected(name))
        assert {part: found["deviceKey"][part] for part in ("x", "y")} == {
            part: made.HOLDER.jwk[part] for part in ("x", "y")
        }


def test_the_python_client_verifies_every_type(issued: dict[str, bytes], python: Client) -> None:
    for name, mdoc in issued.items():
        job = {"encoded": b64url_encode(mdoc), "doctype": made.document(name)[0].doctype}
        assert python.do(("mdoc_verify", job)) == [_comparable(_expected(name))]


def test_the_javascript_clients_response_is_accepted(
    issued: dict[str, bytes], javascript: Client, python: Client
) -> None:
    for name, mdoc in issued.items():
        job = {
            "encoded": b64url_encode(mdoc),
            "wanted": _pairs(name),
            "key": made.HOLDER.jwk,
            "session": SESSION,
        }
        (response,) = javascript.do(("mdoc_respond", job))
        document = _verified(response)
        assert document.doctype == made.document(name)[0].doctype
        assert document.elements == _expected(name)
        with pytest.raises(SignatureError):
            _verified(response, TRANSCRIPT[:-1] + b"\0")
        # The two clients agree with each other as well.
        again = {"encoded": response, "transcript": b64url_encode(TRANSCRIPT)}
        assert python.do(("mdoc_verify_response", again)) == [[_comparable(_expected(name))]]


def test_both_clients_accept_our_holders_response(
    issued: dict[str, bytes], javascript: Client, python: Client
) -> None:
    for mdoc in issued.values():
        unverified = parse_issuer_signed(mdoc)
        asked = [(NAMESPACE, "issuing_country")]
        response = respond(unverified, asked, made.HOLDER.signer, transcript=TRANSCRIPT)
        encoded = b64url_encode(response)
        shown = {NAMESPACE: {"issuing_country": "ID"}}
        job = {"encoded": encoded, "anchors": made.anchors(), "session": SESSION}
        (documents,) = javascript.do(("mdoc_verify_response", job))
        assert [document["elements"] for document in documents] == [shown]
        job = {"encoded": encoded, "transcript": b64url_encode(TRANSCRIPT)}
        assert python.do(("mdoc_verify_response", job)) == [[shown]]


def test_both_clients_refuse_what_was_tampered_with(
    issued: dict[str, bytes], javascript: Client, python: Client
) -> None:
    forged = b64url_encode(issued["id_card"].replace(b"ZAINAL ROHIM", b"ZAINAL ROHAN", 1))
    job = {"encoded": forged, "anchors": made.anchors()}
    assert "digest" in javascript.refusals(("mdoc_verify", job))[0]
    doctype = made.document("id_card")[0].doctype
    assert "Digest" in python.refusals(("mdoc_verify", {"encoded": forged, "doctype": doctype}))[0]


def test_a_response_to_another_verifier_is_refused(
    issued: dict[str, bytes], javascript: Client, python: Client
) -> None:
    unverified = parse_issuer_signed(issued["id_card"])
    asked = [(NAMESPACE, "issuing_country")]
    response = respond(unverified, asked, made.HOLDER.signer, transcript=TRANSCRIPT)
    encoded = b64url_encode(response)
    job = {"encoded": encoded, "anchors": made.anchors(), "session": {**SESSION, "nonce": "other"}}
    assert len(javascript.refusals(("mdoc_verify_response", job))) == 1
    other = redirect_transcript(made.CLIENT_ID, "other", RESPONSE_URI, key_thumbprint=THUMBPRINT)
    job = {"encoded": encoded, "transcript": b64url_encode(other)}
    assert "InvalidSignature" in python.refusals(("mdoc_verify_response", job))[0]


def test_an_mdoc_under_another_root_is_refused(
    issued: dict[str, bytes], javascript: Client
) -> None:
    job = {"encoded": b64url_encode(issued["id_card"]), "anchors": made.anchors(made.LEAF)}
    with pytest.raises(RefusedError, match="anchor"):
        javascript.do(("mdoc_verify", job))
