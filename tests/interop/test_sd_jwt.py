"""SD-JWT VCs of every document type, with @sd-jwt/sd-jwt-vc and PyPI's sd-jwt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credentials.disclosures import Selective
from credentials.key_binding import bind, verify_key_binding
from credentials.sd_jwt import present
from credentials.sd_jwt_vc import parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.vc_claims import make_claims, read_claims
from credentials.x509_chain import check_issuer, verify_chain
from tests.credentials.claims.people import AUTHORITY
from tests.interop import documents as made
from tests.interop.clients import Client, RefusedError

OPEN = {"vct", "iss", "iat", "nbf", "exp", "cnf", "status"}
ASKED = {"audience": made.CLIENT_ID, "nonce": made.NONCE}
HELD = {"key": made.HOLDER.jwk, **ASKED}


def _plain(value: object) -> Any:
    if isinstance(value, Selective):
        return _plain(value.value)
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def _expected(name: str) -> Any:
    document_type, profile, values = made.document(name)
    return _plain(make_claims(document_type, profile, values, authority=AUTHORITY))


def _frame(claims: Any, *, arrays: Callable[[list[Any]], Any]) -> Any:
    """Return a frame that asks for all of `claims`, in the way the client writes arrays."""
    if isinstance(claims, dict):
        return {name: _frame(member, arrays=arrays) for name, member in claims.items()} or True
    if isinstance(claims, list):
        return arrays([_frame(member, arrays=arrays) for member in claims])
    return True


def _held(claims: Any) -> Any:
    return {name: member for name, member in claims.items() if name not in OPEN}


def _verified(text: str) -> tuple[Any, dict[str, object]]:
    """Verify a presentation as a relying party of ours does."""
    unverified = parse_sd_jwt_vc(text)
    leaf = verify_chain(unverified.jws.chain, made.ANCHORS, now=made.now())
    credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=made.now())
    assert credential.issuer == made.ISSUER
    assert credential.holder_key is not None
    check_issuer(leaf, credential.issuer)
    binding = verify_key_binding(unverified, credential.holder_key, **ASKED, now=made.now())
    return binding, credential.claims


@pytest.fixture(scope="module")
def issued() -> dict[str, str]:
    return {name: made.sd_jwt(name) for name in made.TYPES}


def test_the_javascript_client_verifies_every_type(
    issued: dict[str, str], javascript: Client
) -> None:
    jobs = [
        ("sd_jwt_verify", {"text": text, "anchors": made.anchors()}) for text in issued.values()
    ]
    for name, found in zip(issued, javascript.do(*jobs), strict=True):
        assert found["payload"]["vct"] == made.vct(name)
        assert _held(found["payload"]) == _expected(name)


def test_the_python_client_verifies_every_type(issued: dict[str, str], python: Client) -> None:
    found = python.do(*(("sd_jwt_verify", {"text": text}) for text in issued.values()))
    for name, claims in zip(issued, found, strict=True):
        assert _held(claims) == _expected(name)


def test_what_the_javascript_client_presents_is_accepted(
    issued: dict[str, str], javascript: Client
) -> None:
    jobs = []
    for name, text in issued.items():
        frame = _frame(_expected(name), arrays=lambda entries: dict(enumerate(entries)))
        jobs.append(("sd_jwt_present", {**HELD, "text": text, "frame": frame}))
    for name, text in zip(issued, javascript.do(*jobs), strict=True):
        binding, claims = _verified(text)
        assert (binding.audience, binding.nonce) == (made.CLIENT_ID, made.NONCE)
        assert _held(claims) == _expected(name)


def test_what_the_python_client_presents_is_accepted(
    issued: dict[str, str], python: Client
) -> None:
    jobs = []
    for name, text in issued.items():
        frame = _frame(_expected(name), arrays=lambda entries: entries)
        jobs.append(("sd_jwt_present", {**HELD, "text": text, "frame": frame}))
    for name, text in zip(issued, python.do(*jobs), strict=True):
        binding, claims = _verified(text)
        assert (binding.audience, binding.nonce) == (made.CLIENT_ID, made.NONCE)
        assert _held(claims) == _expected(name)


def test_a_client_shows_one_line_of_the_address_and_nothing_else(
    issued: dict[str, str], javascript: Client, python: Client
) -> None:
    job = {**HELD, "text": issued["id_card"]}
    frame = {"name": True, "address": {"street_address": True}}
    shown = [
        *javascript.do(("sd_jwt_present", {**job, "frame": frame})),
        *python.do(("sd_jwt_present", {**job, "frame": frame})),
    ]
    for text in shown:
        _, claims = _verified(text)
        assert _held(claims) == {
            "name": "ZAINAL ROHIM",
            "address": {"street_address": "JL. DAHLIA NO. 40"},
        }
        values = read_claims(made.document("id_card")[0], claims)
        assert values["street"] == "JL. DAHLIA NO. 40"


def test_both_clients_accept_what_our_holder_presents(
    issued: dict[str, str], javascript: Client, python: Client
) -> None:
    texts = [
        bind(
            present(parse_sd_jwt_vc(text), [("issuing_country",)]),
            made.HOLDER.signer,
            **ASKED,
            issued_at=made.now(),
        )
        for text in issued.values()
    ]
    job = {"anchors": made.anchors(), **ASKED}
    for found in javascript.do(*(("sd_jwt_verify", {"text": text, **job}) for text in texts)):
        assert _held(found["payload"]) == {"issuing_country": "ID"}
        assert found["kb"]["aud"] == made.CLIENT_ID
    for claims in python.do(*(("sd_jwt_verify", {"text": text, **ASKED}) for text in texts)):
        assert _held(claims) == {"issuing_country": "ID"}


def test_both_clients_refuse_what_was_tampered_with(
    issued: dict[str, str], javascript: Client, python: Client
) -> None:
    text = issued["id_card"]
    jwt, first, rest = text.split("~", 2)
    forged = [
        f"{made.flipped(jwt, len(jwt) - 20)}~{first}~{rest}",
        f"{made.flipped(jwt, jwt.index('.') + 40)}~{first}~{rest}",
    ]
    anchors = {"anchors": made.anchors()}
    refused = javascript.refusals(
        *(("sd_jwt_verify", {"text": one, **anchors}) for one in forged),
        ("sd_jwt_verify", {"text": text, "anchors": made.anchors(made.LEAF)}),
    )
    assert "anchor" in refused[-1]
    assert len(python.refusals(*(("sd_jwt_verify", {"text": one}) for one in forged))) == 2


def test_a_binding_for_another_verifier_is_refused_by_both_sides(
    issued: dict[str, str], javascript: Client, python: Client
) -> None:
    bound = bind(issued["tax_number"], made.HOLDER.signer, **ASKED, issued_at=made.now())
    job = {"text": bound, "audience": made.CLIENT_ID}
    python.do(("sd_jwt_verify", {**job, "nonce": made.NONCE}))
    refused = python.refusals(
        ("sd_jwt_verify", {**job, "nonce": "another"}),
        ("sd_jwt_verify", {**job, "nonce": made.NONCE, "audience": "x509_san_dns:shop.example"}),
    )
    assert "nonce" in refused[0]
    assert "audience" in refused[1]
    with pytest.raises(RefusedError, match="Nonce"):
        javascript.do(("sd_jwt_verify", {**job, "nonce": "another", "anchors": made.anchors()}))
