"""What we publish, against the JSON schemas of the OpenID Foundation's conformance suite.

The metadata of issuer and types is compared in `tests/wallet_api/openid/issuer/test_metadata.py`.
The suite has no schema for a relying party's `client_metadata`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from samples.site import ROOT
from tests.interop.documents import CATALOGUE, TYPES
from tests.wallet_api.handset import NIK, with_wallet
from tests.wallet_api.openid.foreign_wallet import read_offer
from tests.wallet_api.simulators import World, close, make_deps
from verifier.openid4vp.errors import QueryError
from verifier.openid4vp.queries import CredentialFormat, make_query
from verifier.policy import load_policy
from wallet_api.app import create_app
from wallet_api.services.openid import offers

SCHEMAS = ROOT / "tests" / "vectors" / "oidf-schemas"
FORMATS = get_args(CredentialFormat)
POLICIES = sorted(path.stem for path in (ROOT / "verifier" / "policies").glob("*.json"))


@cache
def _schema(name: str) -> Any:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def _faults(name: str, document: object) -> list[str]:
    return [error.message for error in _schema(name).iter_errors(document)]


@pytest.fixture
def world(migrated_sqlite_file: Path, tmp_path: Path) -> Iterator[World]:
    target = tmp_path / "wallet.db"
    target.write_bytes(migrated_sqlite_file.read_bytes())
    made = make_deps(f"sqlite:///{target}", tmp_path)
    yield made
    close(made)


def test_the_authorization_servers_metadata(world: World) -> None:
    http = create_app(deps=world.deps).test_client()
    found = http.get("/.well-known/oauth-authorization-server").get_json()
    assert _faults("oauth_authorization_server_metadata", found) == []
    assert _faults("oauth_authorization_server_metadata", found | {"issuer": 7}) != []


def test_offers_of_every_kind(world: World) -> None:
    with_wallet(world)
    http = create_app(deps=world.deps).test_client()
    grants = (offers.PRE_AUTHORIZED, offers.AUTHORIZATION_CODE)
    for grant, form, tx_code in product(grants, FORMATS, ("4711", None)):
        code = offers.choose_tx_code(tx_code, wanted=tx_code is not None)
        offer = read_offer(
            offers.make_offer(world.deps, NIK, ["id_card"], form, grant=grant, tx_code=code)
        )
        assert _faults("credential_offer-1_0", offer) == []
        assert _faults("credential_offer-1_0", offer | {"credential_configuration_ids": []}) != []
    uri = offers.make_offer(world.deps, NIK, ["id_card"], FORMATS[0], by_reference=True)
    path = "/openid/offers/" + uri.rpartition("%2F")[2]
    assert _faults("credential_offer-1_0", http.get(path).get_json()) == []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_query_of_every_policy_for_every_type(policy: str, form: CredentialFormat) -> None:
    asked = []
    for name in TYPES:
        document_type = CATALOGUE.document_type(name)
        names = (document_type.vct if form == "dc+sd-jwt" else document_type.doctype,)
        try:
            query = make_query(load_policy(policy), document_type, form, names).encode()
        except QueryError:  # the policy does not accept this type
            continue
        assert _faults("dcql_request", query) == []
        asked.append(name)
    assert "id_card" in asked
    assert _faults("dcql_request", {"credentials": []}) != []
