"""The shared checks themselves: each notices what they are there to notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cbor2
import jwt
import pytest
from cryptography.exceptions import InvalidSignature

from credentials.jwk import b64url_encode
from tests.conformance.steps import MDOC, SD_JWT, Variant, check_success, request, with_access
from tests.conformance.trust import unpad
from tests.wallet_api.openid.issuer.credential_wallet import new_signer

if TYPE_CHECKING:
    from tests.conformance.conftest import Places

Bend = Callable[[str], str]


def spoil_token(text: str) -> str:
    token, _, rest = text.partition("~")
    signed, _, signature = token.rpartition(".")
    other = "B" if signature[10] == "A" else "A"
    return f"{signed}.{signature[:10]}{other}{signature[11:]}~{rest}"


def drop_disclosure(text: str) -> str:
    first, second, *rest = text.split("~")
    assert second
    return "~".join([first, *rest])


def repeat_disclosure(text: str) -> str:
    first, second, *rest = text.split("~")
    return "~".join([first, second, second, *rest])


def bend_mdoc(change: Callable[[dict[str, Any]], None]) -> Bend:
    def bend(text: str) -> str:
        held = cbor2.loads(unpad(text))
        change(held)
        return b64url_encode(cbor2.dumps(held))

    return bend


def spoil_signature(held: dict[str, Any]) -> None:
    held["issuerAuth"][3] = held["issuerAuth"][3][::-1]


def change_element(held: dict[str, Any]) -> None:
    items = next(iter(held["nameSpaces"].values()))
    item = cbor2.loads(items[0].value) | {"elementValue": "another"}
    items[0] = cbor2.CBORTag(24, cbor2.dumps(item))


BENDS: dict[str, tuple[str, Bend, type[Exception]]] = {
    "a signature": (SD_JWT, spoil_token, jwt.InvalidSignatureError),
    "a claim missing": (SD_JWT, drop_disclosure, AssertionError),
    "a disclosure twice": (SD_JWT, repeat_disclosure, AssertionError),
    "a signature of an mdoc": (MDOC, bend_mdoc(spoil_signature), InvalidSignature),
    "an element": (MDOC, bend_mdoc(change_element), AssertionError),
    "padding": (MDOC, lambda text: text + "=", AssertionError),
}


@pytest.mark.parametrize("how", BENDS)
def test_what_is_bent_is_noticed(places: Places, how: str) -> None:
    form, bend, error = BENDS[how]
    variant, key = Variant(form), new_signer()
    place, wallet = with_access(places, variant)
    answer, body = request(wallet, variant, key)
    assert check_success(place, variant, (answer, body), key)
    one = body["credentials"][0]
    one["credential"] = bend(one["credential"])
    with pytest.raises(error):
        check_success(place, variant, (answer, body), key)


@pytest.mark.parametrize("form", [SD_JWT, MDOC])
def test_another_key_or_an_unknown_member_is_noticed(places: Places, form: str) -> None:
    variant, key = Variant(form), new_signer()
    place, wallet = with_access(places, variant)
    answer, body = request(wallet, variant, key)
    with pytest.raises(AssertionError):
        check_success(place, variant, (answer, body), new_signer())
    with pytest.raises(AssertionError):
        check_success(place, variant, (answer, body | {"more": 1}), key)
