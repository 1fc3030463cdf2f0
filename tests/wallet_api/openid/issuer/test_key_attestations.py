"""Key attestations: verified when they come, demanded where the settings say so (annexes D, F)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credentials.jose import sign_jws
from credentials.jwk import public_jwk, thumbprint
from credentials.signing import PemSigner
from tests.wallet_api.openid.test_attestation import Attester

from .credential_wallet import CredentialWallet, new_signer, verify_sd_jwt
from .test_refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def attester(world: World) -> Attester:
    return Attester(int(world.clock.now().timestamp()))


@pytest.fixture
def wallet(
    world: World, holder: CredentialWallet, attester: Attester, tmp_path: Path
) -> CredentialWallet:
    """A wallet at an issuer that believes the attester and takes no other keys."""
    roots = tmp_path / "attesters.pem"
    roots.write_bytes(attester.pem())
    settings = {"openid_attestation_roots": str(roots), "openid_require_key_attestation": True}
    made = CredentialWallet(world.with_settings(**settings), key=holder.key)
    made.token = holder.token
    return made


def attest(
    attester: Attester, wallet: CredentialWallet, keys: Sequence[PemSigner], **bent: Any
) -> str:
    claims: dict[str, Any] = {
        "iss": "https://attester.example",
        "iat": attester.now,
        "exp": attester.now + 3600,
        "key_storage": ["iso_18045_high"],
        "attested_keys": [public_jwk(key.public_key) for key in keys],
    }
    if "nonce" not in bent:
        claims["nonce"] = wallet.nonce()
    typ, signer = bent.pop("typ", "key-attestation+jwt"), bent.pop("signer", attester.key)
    chain = bent.pop("chain", (attester.leaf,))
    held = {name: value for name, value in (claims | bent).items() if value is not None}
    return sign_jws(held, signer, typ=typ, chain=chain)


def holders_of(wallet: CredentialWallet, proofs: object) -> list[str]:
    """Thumbprints of the keys of the credentials that come."""
    found = [verify_sd_jwt(wallet.world, text) for text in wallet.fetch_texts(proofs=proofs)]
    return [thumbprint(one.holder_key) for one in found if one.holder_key]


def prints(keys: Sequence[PemSigner]) -> list[str]:
    return [thumbprint(key.public_key) for key in keys]


@pytest.mark.parametrize("header", [{}, {"jwk": None, "kid": "0"}, {"jwk": None}])
def test_one_proof_brings_a_credential_for_every_attested_key(
    wallet: CredentialWallet, attester: Attester, header: dict[str, Any]
) -> None:
    keys = [new_signer() for _ in range(3)]
    attestation = attest(attester, wallet, keys)
    proof = wallet.proof(keys[1], header={"key_attestation": attestation, **header})
    assert holders_of(wallet, {"jwt": [proof]}) == prints(keys)


def test_an_attestation_alone_is_a_proof(wallet: CredentialWallet, attester: Attester) -> None:
    keys = [new_signer() for _ in range(2)]
    attestation = attest(attester, wallet, keys)
    assert holders_of(wallet, {"attestation": [attestation]}) == prints(keys)
    again = wallet.fetch(proofs={"attestation": [attestation]})
    assert refusal(again) == "invalid_nonce"  # its nonce is used up


def test_without_an_attestation_nothing_is_issued(wallet: CredentialWallet) -> None:
    assert refusal(wallet.fetch()) == "invalid_proof"


def test_an_attestation_is_verified_though_nobody_demands_it(
    holder: CredentialWallet, attester: Attester
) -> None:
    """This issuer believes no attester: what one says is not taken for an ornament."""
    key = new_signer()
    attestation = attest(attester, holder, [key])
    proof = holder.proof(key, header={"key_attestation": attestation})
    assert refusal(holder.fetch(proofs={"jwt": [proof]})) == "invalid_proof"
    assert refusal(holder.fetch(proofs={"attestation": [attestation]})) == "invalid_proof"


BENT: dict[str, dict[str, Any]] = {
    "another type": {"typ": "JWT"},
    "signed by somebody else": {"signer": new_signer()},
    "no chain": {"chain": ()},
    "no keys": {"attested_keys": []},
    "keys of another form": {"attested_keys": ["key"]},
    "no list of keys": {"attested_keys": {}},
    "no nonce": {"nonce": None},
    "no time": {"iat": None},
    "of the future": {"iat": 1 << 35},
    "over": {"exp": 1},
    "without end": {"exp": None},
}


@pytest.mark.parametrize("how", BENT)
def test_an_attestation_that_does_not_hold_is_an_invalid_proof(
    wallet: CredentialWallet, attester: Attester, how: str
) -> None:
    key = new_signer()
    attestation = attest(attester, wallet, [key], **BENT[how])
    proof = wallet.proof(key, header={"key_attestation": attestation})
    assert refusal(wallet.fetch(proofs={"jwt": [proof]})) == "invalid_proof"


def test_the_proof_is_by_one_of_the_attested_keys(
    wallet: CredentialWallet, attester: Attester
) -> None:
    other = new_signer()
    header = {"key_attestation": attest(attester, wallet, [new_signer()])}
    for held in (header, {**header, "jwk": None, "kid": "0"}):
        proof = wallet.proof(other, header=held)
        assert refusal(wallet.fetch(proofs={"jwt": [proof]})) == "invalid_proof"


def test_more_attested_keys_than_batch_size_are_refused(
    wallet: CredentialWallet, attester: Attester
) -> None:
    attestation = attest(attester, wallet, [new_signer() for _ in range(21)])
    assert refusal(wallet.fetch(proofs={"attestation": [attestation]})) == "invalid_proof"


def test_an_attested_nonce_that_is_not_ours_is_an_invalid_nonce(
    wallet: CredentialWallet, attester: Attester
) -> None:
    key = new_signer()
    attestation = attest(attester, wallet, [key], nonce="mine")
    proof = wallet.proof(key, header={"key_attestation": attestation})
    assert refusal(wallet.fetch(proofs={"jwt": [proof]})) == "invalid_nonce"
