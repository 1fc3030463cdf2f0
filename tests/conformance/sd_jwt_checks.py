"""What an SD-JWT VC must be, read by hand: none of the product's own readers takes part."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jwt

from tests.conformance.trust import leaf_of_x5c, path_of, unpad
from tests.wallet_api.openid.issuer.test_metadata import faults

if TYPE_CHECKING:
    from credentials.signing import PemSigner
    from tests.conformance.conftest import Place

PLAIN_CLAIMS = {
    *("iss", "vct", "vct#integrity", "iat", "nbf", "exp", "cnf", "status", "_sd", "_sd_alg"),
}


@dataclass(frozen=True)
class SdJwt:
    """A credential taken apart. ``claims`` is what it says with everything disclosed."""

    payload: dict[str, Any]
    disclosures: tuple[list[Any], ...]
    claims: dict[str, Any]

    @property
    def times(self) -> tuple[int, ...]:
        return tuple(self.payload[name] for name in ("iat", "nbf", "exp"))

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.payload["status"]["status_list"]
        return found

    @property
    def salts(self) -> list[str]:
        return [one[0] for one in self.disclosures]


def check_sd_jwt(place: Place, text: str, key: PemSigner, supported: dict[str, Any]) -> SdJwt:
    """Check one credential against its configuration and the key that the wallet proved."""
    issuer = place.world.deps.settings.public_url
    token, *disclosures, last = text.split("~")
    assert last == ""
    header = json.loads(unpad(token.split(".")[0]))
    assert set(header) == {"alg", "typ", "x5c"}
    assert (header["typ"], header["alg"]) == ("dc+sd-jwt", "ES256")
    leaf = leaf_of_x5c(place, header["x5c"], uri=issuer)
    payload = jwt.decode(
        token,
        leaf.public_key(),  # type: ignore[arg-type] - a P-256 key, or decoding fails
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
    )
    assert set(payload) <= PLAIN_CLAIMS
    assert (payload["iss"], payload["vct"]) == (issuer, supported["vct"])
    jwk, numbers = payload["cnf"]["jwk"], key.public_key.public_numbers()
    assert (jwk["kty"], jwk["crv"]) == ("EC", "P-256")
    point = tuple(int.from_bytes(unpad(jwk[name]), "big") for name in ("x", "y"))
    assert point == (numbers.x, numbers.y)
    assert "d" not in jwk
    now = int(place.world.clock.now().timestamp())
    assert all(type(payload[name]) is int for name in ("iat", "nbf", "exp"))
    assert payload["iat"] <= now
    assert payload["nbf"] <= now < payload["exp"]
    assert payload["_sd_alg"] == "sha-256"
    parts = tuple(json.loads(unpad(one)) for one in disclosures)
    salts = [one[0] for one in parts]
    assert len(set(salts)) == len(salts)
    assert all(len(unpad(salt)) >= 16 for salt in salts)  # RFC 9901, section 9.3
    found = SdJwt(payload, parts, _disclose(payload, disclosures))
    check_type_metadata(place, found)
    return found


def _disclose(payload: dict[str, Any], disclosures: list[str]) -> dict[str, Any]:
    """Put every disclosure in its place; each fits one digest, and each digest at most one."""
    by_digest = {
        base64.urlsafe_b64encode(hashlib.sha256(one.encode()).digest()).rstrip(b"=").decode(): one
        for one in disclosures
    }
    used: list[str] = []

    def fill(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        found = {name: fill(one) for name, one in value.items() if name not in ("_sd", "_sd_alg")}
        for digest in value.get("_sd", ()):
            if digest in by_digest:
                used.append(digest)
                _, name, one = json.loads(unpad(by_digest[digest]))
                assert name not in found
                found[name] = fill(one)
        return found

    claims: dict[str, Any] = fill(payload)
    assert sorted(used) == sorted(by_digest)
    return claims


def check_type_metadata(place: Place, credential: SdJwt) -> None:
    """Fetch what the `vct` leads to: same type, right digest, its rules kept (SD-JWT VC)."""
    payload = credential.payload
    assert payload["vct"].startswith("https://")
    answer = place.served.test_client().get(path_of(place, payload["vct"]))
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    digest = base64.b64encode(hashlib.sha256(answer.data).digest()).decode()
    assert payload["vct#integrity"] == f"sha256-{digest}"
    document = answer.get_json()
    assert document["vct"] == payload["vct"]
    assert faults("type_metadata", document) == []
    hidden = {path[0] for path in _paths(credential.claims)} - set(payload)
    for claim in document["claims"]:
        first, policy = claim["path"][0], claim.get("sd", "allowed")
        assert policy != "never" or first not in hidden
        assert policy != "always" or first not in payload
        if claim.get("mandatory"):
            assert tuple(claim["path"]) in set(_paths(credential.claims)), claim["path"]
    assert not {"iss", "nbf", "exp", "cnf", "vct", "status"} & hidden


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield (*above, name)
            yield from _paths(one, (*above, name))
    elif isinstance(value, list):
        for one in value:
            yield (*above, None)
            yield from _paths(one, (*above, None))
