"""The issuer's metadata: what the specification and the Foundation's own schemas and rules say."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.jose import parse_jws, verify_jws
from credentials.type_metadata import integrity
from credentials.x509_chain import Anchors, check_issuer, verify_chain
from wallet_api.app import create_app
from wallet_api.services.openid import configurations, issuer_metadata

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

SCHEMAS = Path(__file__).parents[3] / "vectors" / "oidf-schemas"
PATH = "/.well-known/openid-credential-issuer"
ISSUER = "https://wallet.test/ikd"


@pytest.fixture
def http(world: World) -> FlaskClient:
    """The issuer below a path, as behind a proxy."""
    return create_app(deps=world.with_settings(public_url=ISSUER).deps).test_client()


@cache
def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.json").read_text()))


def faults(name: str, document: object) -> list[str]:
    return [error.message for error in schema(name).iter_errors(document)]


def addresses(value: object) -> list[str]:
    """Every text in a document that is an address."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in addresses(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in addresses(inner)]
    return [value] if isinstance(value, str) and "://" in value else []


def test_the_schema_of_the_foundation_refuses_what_is_wrong(http: FlaskClient) -> None:
    found = http.get(PATH).get_json()
    del found["credential_endpoint"]
    found["credential_request_encryption"]["jwks"] = []
    assert len(faults("credential_issuer_metadata-1_0", found)) >= 2


def test_the_metadata_is_what_the_schema_of_the_foundation_wants(http: FlaskClient) -> None:
    answer = http.get(PATH)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert faults("credential_issuer_metadata-1_0", answer.get_json()) == []


def test_every_address_begins_with_the_public_one(http: FlaskClient) -> None:
    found = http.get(PATH, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    document = found.get_json()
    assert document["credential_issuer"] == ISSUER
    assert {one[: len(ISSUER)] for one in addresses(document)} == {ISSUER}


def test_the_metadata_is_found_before_and_behind_the_path(http: FlaskClient) -> None:
    assert http.get(f"{PATH}/ikd").get_json() == http.get(PATH).get_json()
    for wrong in (f"{PATH}/other", f"{PATH}/ikd/more", f"{PATH}/"):
        assert http.get(wrong).status_code == 404


def test_what_the_foundations_tests_fail_on(http: FlaskClient) -> None:
    found = http.get(PATH).get_json()
    assert found["batch_credential_issuance"]["batch_size"] >= 10
    for key in found["credential_request_encryption"]["jwks"]["keys"]:
        assert {"kid", "alg"} <= set(key)
        assert "d" not in key
    for both in (found["credential_request_encryption"], found["credential_response_encryption"]):
        assert both["enc_values_supported"] == ["A128GCM", "A256GCM"]
        assert both["encryption_required"] is False
    assert [one["locale"] for one in found["display"]] == ["id", "en"]
    supported = found["credential_configurations_supported"]
    assert len(supported) == 10
    for name, one in supported.items():
        assert one["scope"] == name
        assert one["cryptographic_binding_methods_supported"]
        assert one["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] == [
            "ES256"
        ]
        assert "key_attestations_required" not in one["proof_types_supported"]["jwt"]
        assert [held["locale"] for held in one["credential_metadata"]["display"]] == ["id", "en"]
        labels = [held.get("display") for held in one["credential_metadata"]["claims"]]
        assert all([each["locale"] for each in held] == ["id", "en"] for held in labels if held)
        if one["format"] == "mso_mdoc":
            assert one["credential_signing_alg_values_supported"] == [-7]
            assert all(len(held["path"]) == 2 for held in one["credential_metadata"]["claims"])
        else:
            assert one["credential_signing_alg_values_supported"] == ["ES256"]
            assert one["vct"].startswith(f"{ISSUER}/openid/types/")


def test_attestations_are_demanded_where_the_setting_says_so(world: World) -> None:
    changed = world.with_settings(openid_require_key_attestation=True)
    found = issuer_metadata.metadata(changed.deps)
    for one in found["credential_configurations_supported"].values():
        assert one["proof_types_supported"]["jwt"]["key_attestations_required"] == {}


def test_signed_metadata_says_the_same_under_our_name(world: World) -> None:
    http = create_app(deps=world.deps).test_client()
    answer = http.get(PATH, headers={"Accept": "application/jwt"})
    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    unverified = parse_jws(answer.text, typ="openidvci-issuer-metadata+jwt")
    root = Anchors((world.deps.keys.issuer_root.public_bytes(Encoding.DER),))
    now = int(world.clock.now().timestamp())
    leaf = verify_chain(unverified.chain, root, now=now)
    claims = verify_jws(unverified, leaf.public_key)
    issuer = world.deps.settings.public_url
    check_issuer(leaf, issuer)
    assert (claims.pop("sub"), claims.pop("iat")) == (issuer, now)
    assert claims == http.get(PATH).get_json()


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("application/jwt, application/json", "application/json"),
        ("application/jwt, application/json;q=0.5", "application/jwt"),
        ("application/jwt;q=0", "application/json"),
    ],
)
def test_plain_metadata_unless_signed_is_preferred(
    http: FlaskClient, accept: str, media: str
) -> None:
    answer = http.get(PATH, headers={"Accept": accept})
    assert (answer.mimetype, answer.headers["Vary"]) == (media, "Accept")


def test_each_vct_leads_to_its_metadata(world: World) -> None:
    http = create_app(deps=world.deps).test_client()
    for name, held in configurations.offered_types(world.deps).items():
        path = held.type.vct.removeprefix(world.deps.settings.public_url)
        answer = http.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        document = answer.get_json()
        assert document["vct"] == held.type.vct
        assert name in held.type.vct
        assert integrity(answer.data) == held.integrity
        assert faults("type_metadata", document) == []
        again = http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert http.get("/openid/types/no_such").status_code == 404
