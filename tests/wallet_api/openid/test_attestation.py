"""Wallet attestations: verified when they come, demanded where the settings say so."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.certificates import Subject, make_leaf, make_root
from credentials.jose import sign_jws
from credentials.jwk import public_jwk
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import NOON, make_settings
from wallet_api.adapters.keys import make_keys
from wallet_api.bootstrap import make_deps
from wallet_api.errors import ConfigurationError
from wallet_api.services.openid import server_metadata

from .foreign_wallet import ForeignWallet, approved, error_of, new_signer, offer_id_card

if TYPE_CHECKING:
    from pathlib import Path

    from credentials.signing import PemSigner
    from tests.wallet_api.handset import Handset
    from tests.wallet_api.simulators import World

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

NIK = "3174054512900001"
CLIENT = "https://wallet.example/client"
SITE = "https://attester.example"
YEAR = 365 * 86_400


@dataclass
class Attester:
    """A wallet's maker, with a root and a signing certificate."""

    now: int
    root_key: PemSigner = field(default_factory=new_signer)
    key: PemSigner = field(default_factory=new_signer)

    def __post_init__(self) -> None:
        times = {"not_before": self.now - YEAR, "not_after": self.now + YEAR}
        subject = Subject("Attester root")
        self.root = make_root(self.root_key, subject, serial=7, website=SITE, **times)
        times["not_before"] = self.now - 86_400
        self.leaf = make_leaf(
            self.root,
            self.root_key,
            Subject("Attester"),
            self.key.public_key,
            serial=8,
            website=SITE,
            **times,
        )

    def pem(self) -> bytes:
        return x509.load_der_x509_certificate(self.root).public_bytes(Encoding.PEM)

    def attest(self, instance: PemSigner, **bent: Any) -> str:
        claims: dict[str, Any] = {
            "iss": SITE,
            "sub": CLIENT,
            "iat": self.now,
            "exp": self.now + 86_400,
            "cnf": {"jwk": public_jwk(instance.public_key)},
        }
        typ = bent.pop("typ", "oauth-client-attestation+jwt")
        chain = bent.pop("chain", (self.leaf,))
        signer = bent.pop("signer", self.key)
        return sign_jws(_without_none(claims | bent), signer, typ=typ, chain=chain)


def prove(world: World, instance: PemSigner, **bent: Any) -> str:
    claims: dict[str, Any] = {
        "iss": CLIENT,
        "aud": world.deps.settings.public_url,
        "jti": secrets.token_urlsafe(12),
        "iat": int(world.clock.now().timestamp()),
    }
    typ = bent.pop("typ", "oauth-client-attestation-pop+jwt")
    return sign_jws(_without_none(claims | bent), bent.pop("signer", instance), typ=typ)


def _without_none(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class AttestedWallet(ForeignWallet):
    """A wallet that its maker vouches for; `bent_attestation`, `bent_proof` hold it wrong."""

    attester: Attester | None = None
    instance: PemSigner = field(default_factory=new_signer)
    bent_attestation: dict[str, Any] = field(default_factory=dict)
    bent_proof: dict[str, Any] = field(default_factory=dict)

    def headers(self, url: str, **bent: Any) -> dict[str, str]:
        assert self.attester is not None
        proof = dict(self.bent_proof)
        signer = proof.pop("signer", self.instance)
        return super().headers(url, **bent) | {
            "OAuth-Client-Attestation": self.attester.attest(
                self.instance, **self.bent_attestation
            ),
            "OAuth-Client-Attestation-PoP": prove(self.world, signer, **proof),
        }


@pytest.fixture
def attester(world: World) -> Attester:
    return Attester(int(world.clock.now().timestamp()))


@pytest.fixture
def strict(world: World, attester: Attester, tmp_path: Path) -> World:
    """A service that only takes attested wallets."""
    roots = tmp_path / "attesters.pem"
    roots.write_bytes(attester.pem())
    return world.with_settings(
        openid_attestation_roots=str(roots), openid_require_wallet_attestation=True
    )


@on_sqlite
def test_an_attested_wallet_is_known_by_its_name(
    strict: World, phone: Handset, attester: Attester
) -> None:
    wallet = AttestedWallet(strict, attester=attester, client_id=None)
    assert wallet.take(offer_id_card(strict, NIK)).status_code == 200
    assert wallet.open().client_id == CLIENT
    assert wallet.renew().status_code == 200


@on_sqlite
def test_an_attested_wallet_goes_through_the_code_flow(
    strict: World, phone: Handset, attester: Attester
) -> None:
    wallet = AttestedWallet(strict, attester=attester)
    code = approved(strict, phone, wallet)
    plain = ForeignWallet(strict, key=wallet.key, verifier=wallet.verifier)
    assert error_of(plain.redeem(code)) == (401, "invalid_client")
    assert wallet.redeem(code).status_code == 200


@on_sqlite
def test_without_an_attestation_nothing_is_asked_or_given(strict: World, phone: Handset) -> None:
    plain = ForeignWallet(strict)
    assert error_of(plain.take(offer_id_card(strict, NIK))) == (401, "invalid_client")
    assert error_of(plain.push()) == (401, "invalid_client")
    bearer = ForeignWallet(strict, key=None, client_id=None)
    assert error_of(bearer.take(offer_id_card(strict, NIK))) == (401, "invalid_client")


@on_sqlite
@pytest.mark.parametrize(
    "bent",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "later"},
        {"nbf": 2**33},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "another"},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"jwk": {"kty": "RSA"}}},
        {"cnf": {"kid": "x"}},
        {"typ": "JWT"},
        {"typ": "oauth-client-attestation-pop+jwt"},
        {"chain": ()},
        {"chain": (b"\x30\x00",)},
        {"signer": new_signer()},
    ],
)
def test_t29_an_attestation_that_does_not_hold_is_refused(
    strict: World, phone: Handset, attester: Attester, bent: dict[str, Any]
) -> None:
    wallet = AttestedWallet(strict, attester=attester, bent_attestation=bent)
    offer = offer_id_card(strict, NIK)
    assert error_of(wallet.take(offer)) == (401, "invalid_client")
    assert AttestedWallet(strict, attester=attester).take(offer).status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    "bent",
    [
        {"aud": "https://evil.test"},
        {"aud": None},
        {"aud": ["https://wallet.test", "https://evil.test"]},
        {"iss": "another"},
        {"jti": None},
        {"jti": ""},
        {"iat": 1},
        {"iat": 2**33},
        {"iat": None},
        {"exp": 1},
        {"typ": "JWT"},
        {"signer": new_signer()},
    ],
)
def test_t29_a_proof_that_does_not_hold_is_refused(
    strict: World, phone: Handset, attester: Attester, bent: dict[str, Any]
) -> None:
    wallet = AttestedWallet(strict, attester=attester, bent_proof=bent)
    assert error_of(wallet.take(offer_id_card(strict, NIK))) == (401, "invalid_client")


@on_sqlite
def test_an_attester_that_nobody_named_is_not_believed(
    strict: World, phone: Handset, attester: Attester
) -> None:
    stranger = AttestedWallet(strict, attester=Attester(attester.now))
    assert error_of(stranger.take(offer_id_card(strict, NIK))) == (401, "invalid_client")


@on_sqlite
def test_where_no_attester_is_known_an_attestation_is_refused(
    world: World, phone: Handset, attester: Attester
) -> None:
    wallet = AttestedWallet(world, attester=attester)
    assert error_of(wallet.take(offer_id_card(world, NIK))) == (401, "invalid_client")


@on_sqlite
def test_half_an_attestation_is_none(strict: World, phone: Handset, attester: Attester) -> None:
    wallet = AttestedWallet(strict, attester=attester)
    for name in ("OAuth-Client-Attestation", "OAuth-Client-Attestation-PoP"):
        headers = wallet.headers(wallet.url("token"))
        headers.pop(name)
        form = {"grant_type": "refresh_token", "refresh_token": "x"}
        assert error_of(wallet.ask(form, headers=headers)) == (401, "invalid_client")


def test_t20_a_proof_of_the_wallet_is_used_once(
    strict: World, phone: Handset, attester: Attester
) -> None:
    wallet = AttestedWallet(strict, attester=attester, bent_proof={"jti": "the same"})
    assert wallet.take(offer_id_card(strict, NIK)).status_code == 200
    again = AttestedWallet(strict, attester=attester, bent_proof={"jti": "the same"})
    assert error_of(again.take(offer_id_card(strict, NIK))) == (401, "invalid_client")
    racing = AttestedWallet(strict, attester=attester, bent_proof={"jti": "raced"}, key=None)

    def push() -> int:
        twin = AttestedWallet(strict, attester=attester, app=racing.app, key=None)
        twin.bent_proof = {"jti": "raced"}
        return twin.push().status_code

    came = race([push] * 40)
    assert came["201"] == 1
    assert came["201"] + came["401"] + came["503"] == 40


def test_demanding_attestations_without_roots_is_no_configuration(tmp_path: Path) -> None:
    for name in ("openid_require_wallet_attestation", "openid_require_key_attestation"):
        with pytest.raises(ValueError, match="openid_attestation_roots"):
            make_settings("sqlite:///x.db", tmp_path, **{name: True})


def test_roots_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no certificate")
    for name in ("missing.pem", "broken.pem"):
        settings = make_settings(
            "sqlite:///x.db",
            tmp_path,
            openid_attestation_roots=str(tmp_path / name),
            registry_url=f"sqlite:///{tmp_path / 'registry.db'}",
            mail_url=f"file://{tmp_path}",
            sms_url=f"file://{tmp_path}",
        )
        make_keys(settings.keys_dir, ("id_card",), now=NOON, public_url=settings.public_url)
        with pytest.raises(ConfigurationError) as refused:
            make_deps(settings, with_faces=False)
        assert "WALLET_OPENID_ATTESTATION_ROOTS" in str(refused.value)


@on_sqlite
def test_the_metadata_says_what_is_demanded(world: World, strict: World) -> None:
    methods = "token_endpoint_auth_methods_supported"
    anonymous = "pre-authorized_grant_anonymous_access_supported"
    open_, closed = server_metadata.metadata(world.deps), server_metadata.metadata(strict.deps)
    assert (open_[methods], open_[anonymous]) == (["none"], True)
    assert (closed[methods], closed[anonymous]) == (["attest_jwt_client_auth"], False)
    assert closed["client_attestation_signing_alg_values_supported"] == ["ES256"]
