"""Presentations that must be refused: each with a 4xx, its own code, and no result.

The modules of the OpenID Foundation's verifier plan keep their names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from credentials.disclosures import Selective
from credentials.jose import sign_jws
from credentials.jwk import b64url_decode, b64url_encode
from credentials.key_binding import hash_presented
from credentials.status_list import INVALID, SUSPENDED
from credentials.status_token import ListTimes
from credentials.token_claims import StatusReference
from tests.verifier.openid4vp.cases import CASES, YEAR
from tests.verifier.openid4vp.conftest import Party, running_party
from tests.verifier.openid4vp.wallet import Bends, answer, fetch, make_form, post
from tests.verifier.openid4vp.world import INDEX, World, running_issuer

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"


@pytest.fixture(scope="module")
def issuer() -> Iterator[World]:
    with running_issuer() as world:
        yield world


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, issuer: World) -> Iterator[Party]:
    with running_party(tmp_path_factory.mktemp("desk"), issuer) as party:
        yield party


def refused(
    desk: Party,
    world: World,
    credential: str | bytes,
    bends: Bends | None = None,
    **changes: Any,
) -> str:
    """Present and return the code of the refusal; nothing is left of it but that."""
    link = desk.ask(SD_JWT if isinstance(credential, str) else MDOC, **changes)
    got = answer(link, credential, world.holder, bends)
    assert got.status_code == 400, got.text
    document = got.json()
    assert document["error"] == "invalid_request"
    report = desk.report(link)
    assert (report["state"], report["code"]) == ("refused", document["code"])
    assert "result" not in report
    code: str = document["code"]
    return code


def spoil_issuer_signature(text: str) -> str:
    jws, _, rest = text.partition("~")
    head, payload, signature = jws.split(".")
    raw = bytearray(b64url_decode(signature))
    raw[40] ^= 1
    return f"{head}.{payload}.{b64url_encode(bytes(raw))}~{rest}"


def spoil_kb_signature(text: str) -> str:
    shown, _, jwt = text.rpartition("~")
    head, payload, signature = jwt.split(".")
    raw = bytearray(b64url_decode(signature))
    raw[40] ^= 1
    return f"{shown}~{head}.{payload}.{b64url_encode(bytes(raw))}"


@pytest.mark.parametrize(
    ("module", "bends", "code"),
    [
        (
            "oid4vp-1final-verifier-invalid-kb-jwt-signature",
            Bends(spoil=spoil_kb_signature),
            "SIGNATURE_INVALID",
        ),
        (
            "oid4vp-1final-verifier-invalid-credential-signature",
            Bends(spoil=spoil_issuer_signature),
            "SIGNATURE_INVALID",
        ),
        ("oid4vp-1final-verifier-invalid-kb-jwt-nonce", Bends(nonce="of-another-request"), "NONCE"),
        (
            "oid4vp-1final-verifier-invalid-kb-jwt-aud",
            Bends(audience="x509_san_dns:other.example"),
            "AUDIENCE",
        ),
        (
            "oid4vp-1final-verifier-kb-jwt-iat-in-past",
            Bends(issued_at=int(time.time()) - YEAR),
            "KEY_BINDING_OLD",
        ),
        (
            "oid4vp-1final-verifier-kb-jwt-iat-in-future",
            Bends(issued_at=int(time.time()) + YEAR),
            "ISSUED_IN_FUTURE",
        ),
    ],
)
def test_oid4vp_1final_verifier(
    desk: Party, issuer: World, module: str, bends: Bends, code: str
) -> None:
    """Each module of the plan presents the same genuine card, bent once."""
    assert refused(desk, issuer, issuer.sd_jwt(), bends) == code, module


def test_invalid_sd_hash(desk: Party, issuer: World) -> None:
    """oid4vp-1final-verifier-invalid-sd-hash."""
    link = desk.ask()
    asked = fetch(link)

    def rebind(text: str) -> str:
        shown = text[: text.rindex("~") + 1]
        claims = {
            "iat": int(time.time()),
            "aud": asked.claims["client_id"],
            "nonce": asked.claims["nonce"],
            "sd_hash": hash_presented("something~else~"),
        }
        return shown + sign_jws(claims, issuer.holder, typ="kb+jwt")

    got = post(asked, make_form(asked, issuer.sd_jwt(), issuer.holder, Bends(spoil=rebind)))
    assert (got.status_code, got.json()["code"]) == (400, "KEY_BINDING_HASH")


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of-another-request"},
        {"client_id": "x509_san_dns:other.example"},
        {"response_uri": "https://other.example/response"},
        {"key_thumbprint": None},
        {"key_thumbprint": bytes(32)},
    ],
)
def test_invalid_session_transcript(desk: Party, issuer: World, changes: dict[str, Any]) -> None:
    """oid4vp-1final-verifier-invalid-session-transcript."""
    assert refused(desk, issuer, issuer.mdoc(), Bends(transcript=changes)) == "SIGNATURE_INVALID"


def test_minimal_cnf_jwk(desk: Party, issuer: World) -> None:
    """oid4vp-1final-verifier-minimal-cnf-jwk: ours has kty, crv, x, y and nothing else."""
    assert answer(desk.ask(), issuer.sd_jwt(), issuer.holder).status_code == 200


@pytest.mark.parametrize("name", CASES)
def test_is_refused(desk: Party, issuer: World, name: str) -> None:
    make, bends, code = CASES[name]
    assert refused(desk, issuer, make(issuer), bends) == code


@pytest.mark.parametrize("format_name", [SD_JWT, MDOC])
@pytest.mark.parametrize(
    ("value", "code"), [(INVALID, "STATUS_REVOKED"), (SUSPENDED, "STATUS_SUSPENDED")]
)
def test_a_revoked_document_is_refused(
    bank: Party, world: World, format_name: str, value: int, code: str
) -> None:
    world.statuses.set(INDEX, value)
    credential = world.sd_jwt() if format_name == SD_JWT else world.mdoc()
    assert refused(bank, world, credential) == code


def test_a_list_that_cannot_be_had_leaves_the_status_unknown(bank: Party, world: World) -> None:
    world.broken = True
    assert refused(bank, world, world.sd_jwt()) == "STATUS_UNKNOWN"
    world.broken = False
    assert refused(bank, world, world.sd_jwt()) == "STATUS_UNKNOWN"  # left alone for a moment
    bank.clock.moved = 10
    assert answer(bank.ask(), world.sd_jwt(), world.holder).status_code == 200


def test_a_list_older_than_the_policy_allows_is_refused(bank: Party, world: World) -> None:
    world.list_times = ListTimes(int(time.time()) - 25 * 3600, None, 60)
    assert refused(bank, world, world.sd_jwt()) == "STATUS_TOO_OLD"


def test_no_redirect_leads_away_from_the_configured_lists(bank: Party, world: World) -> None:
    """T32."""
    with running_issuer() as elsewhere:
        world.location = f"{elsewhere.status_url}/lists/7"
        assert refused(bank, world, world.sd_jwt()) == "STATUS_UNKNOWN"
        assert elsewhere.fetched == []
    assert world.fetched == ["/lists/7"]


@pytest.mark.parametrize(
    "rest",
    ["", "../admin", "7?x=1", "7#x", "7/8", "@evil.example/", "%2e%2e/admin", ".hidden", "\n7"],
)
def test_only_plain_names_below_the_prefix_are_fetched(
    bank: Party, world: World, rest: str
) -> None:
    """T32."""
    reference = StatusReference(f"{world.status_url}/lists/{rest}", 1)
    assert refused(bank, world, world.sd_jwt(status=reference)) == "STATUS_UNKNOWN"
    assert world.fetched == []


def test_a_list_is_fetched_once_and_then_asked_whether_it_changed(
    bank: Party, world: World
) -> None:
    for _ in range(3):
        assert answer(bank.ask(), world.sd_jwt(), world.holder).status_code == 200
    assert len(world.fetched) == 1
    bank.clock.moved = 61
    assert answer(bank.ask(), world.sd_jwt(), world.holder, Bends(issued_at=bank.clock())).ok
    world.statuses.set(INDEX, INVALID)
    bank.clock.moved = 130
    bends = Bends(issued_at=bank.clock())
    assert refused(bank, world, world.sd_jwt(), bends) == "STATUS_REVOKED"
    assert len(world.fetched) == 3


def test_an_issuer_is_believed_for_its_own_types_only(
    bank: Party, world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import json

    from verifier.openid4vp.trust import load_trust

    folder = tmp_path_factory.mktemp("trust")
    tax_office = World(world.status_url, name="Pajak")
    trust = world.trust(folder, types=["id_card"])
    trust["issuers"] += tax_office.trust(folder, types=["tax_number"])["issuers"]
    path = folder / "trust.json"
    path.write_text(json.dumps(trust))
    object.__setattr__(bank.party.checker, "trust", load_trust(path))
    assert refused(bank, world, tax_office.sd_jwt()) == "ISSUER_NOT_FOR_TYPE"
    assert refused(bank, world, tax_office.mdoc()) == "ISSUER_NOT_FOR_TYPE"
    assert answer(bank.ask(), world.sd_jwt(), world.holder).status_code == 200


def test_an_age_below_the_limit_is_refused(bank: Party, world: World) -> None:
    from credentials.vc_claims import make_claims
    from tests.credentials.claims.people import AUTHORITY, DOCUMENTS
    from tests.credentials.made import CATALOGUE

    kind = CATALOGUE.document_type("id_card")
    claims = make_claims(
        kind, kind.profile("age"), DOCUMENTS["id_card"][1] | {"age_over": 18}, authority=AUTHORITY
    )
    claims["age_equal_or_over"] = Selective({"18": Selective(value=False)})
    code = refused(bank, world, world.sd_jwt(claims=claims), policy="age-check")
    assert code == "BELOW_MINIMUM"
