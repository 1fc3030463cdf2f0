"""What the credential endpoint issues: every type in both formats, as others verify it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credentials.jwk import thumbprint
from credentials.mdoc_elements import read_elements
from credentials.vc_claims import read_claims
from tests.wallet_api.issuing.conftest import BUDI
from wallet_api.services import people
from wallet_api.services.openid.configurations import offered_types

from .credential_wallet import CredentialWallet, new_signer, verify_mdoc, verify_sd_jwt

if TYPE_CHECKING:
    from typing import Any

    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

TYPES = ("family_card", "id_card", "tax_number", "vaccination_card", "vehicle_ownership")


def kept_values(world: World, document_type: str) -> dict[str, Any]:
    """The registry's values of Budi's first document of a type."""
    with world.deps.transaction() as db:
        person = people.find(db, world.deps, BUDI)
        assert person is not None
        answer = people.answer_of(world.deps, person)
    found: dict[str, Any] = next(
        held["values"] for held in answer["documents"] if held["type"] == document_type
    )
    return found


def plain_names(world: World, document_type: str, kept: dict[str, Any]) -> list[str]:
    """The values that registry and credential write alike: neither codes nor lists."""
    offered = offered_types(world.deps)[document_type]
    names = [each for each in offered.profile.required if isinstance(kept.get(each), str)]
    found = [each for each in names if offered.type.field(each).kind != "code"]
    assert len(found) >= 2
    return found


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_issued_as_sd_jwt_vc(world: World, national: Handset, name: str) -> None:
    wallet = CredentialWallet(world).offered(BUDI, name)
    key = new_signer()
    (text,) = wallet.fetch_texts(f"{name}_sd_jwt", proofs=wallet.proofs(key))
    credential = verify_sd_jwt(world, text)
    offered = offered_types(world.deps)[name]
    assert credential.vct == f"https://wallet.test/openid/types/{name}"
    assert credential.claims["vct#integrity"] == offered.integrity
    assert credential.holder_key is not None
    assert thumbprint(credential.holder_key) == thumbprint(key.public_key)
    assert credential.status is not None
    assert credential.status.uri == "https://wallet.test/v1/lists/status/0"
    assert isinstance(credential.issued_at, int)
    assert credential.issued_at % 86_400 == 0
    assert credential.expires_at % 86_400 == 0
    read, kept = read_claims(offered.type, credential.claims), kept_values(world, name)
    plain = plain_names(world, name, kept)
    assert {each: read[each] for each in plain} == {each: kept[each] for each in plain}


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_issued_as_mdoc(world: World, national: Handset, name: str) -> None:
    wallet = CredentialWallet(world).offered(BUDI, name, form="mso_mdoc")
    key = new_signer()
    (text,) = wallet.fetch_texts(f"{name}_mdoc", proofs=wallet.proofs(key))
    document = verify_mdoc(world, text)
    offered = offered_types(world.deps)[name]
    assert document.doctype == offered.type.doctype
    assert thumbprint(document.device_key) == thumbprint(key.public_key)
    assert document.status is not None
    assert document.status.uri == "https://wallet.test/v1/lists/status/0"
    assert document.validity.signed_at % 86_400 == 0
    read, kept = read_elements(offered.type, document.elements), kept_values(world, name)
    plain = plain_names(world, name, kept)
    assert {each: read[each] for each in plain} == {each: kept[each] for each in plain}


def test_an_id_card_says_which_ages_were_reached(world: World, national: Handset) -> None:
    """As a mobile driving licence does: a portrait, and ages that may be shown alone."""
    wallet = CredentialWallet(world).offered(BUDI, "id_card")
    (text,) = wallet.fetch_texts()
    claims = verify_sd_jwt(world, text).claims
    assert claims["age_equal_or_over"]["18"] is True  # type: ignore[index]
    other = CredentialWallet(world).offered(BUDI, "id_card", form="mso_mdoc")
    (text,) = other.fetch_texts("id_card_mdoc")
    elements = verify_mdoc(world, text).elements["org.iso.23220.1"]
    assert elements["age_over_18"] is True
    assert isinstance(elements["portrait"], bytes)
    assert str(elements["birth_date"]).startswith("19")


def test_a_vehicle_may_show_its_numbers_masked(world: World, national: Handset) -> None:
    wallet = CredentialWallet(world).offered(BUDI, "vehicle_ownership")
    claims = verify_sd_jwt(world, wallet.fetch_texts("vehicle_ownership_sd_jwt")[0]).claims
    assert str(claims["frame_number_masked"]).startswith("***")
