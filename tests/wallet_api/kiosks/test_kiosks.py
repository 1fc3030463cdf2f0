"""Kiosks from token to certificate to block (T13)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from credentials.jwk import b64url_encode, public_jwk
from credentials.signing import compress
from tests.wallet_api.counter_desk import kid_of, new_signer, open_counter
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import InputInvalid, KioskBlocked, KioskTokenInvalid, NotFound
from wallet_api.models import Kiosk
from wallet_api.services import kiosk_certificates, kiosks, shift_opening


def enrol(world: World, token: str, jwk: dict[str, str] | None = None) -> dict[str, object]:
    key = jwk or public_jwk(new_signer().public_key)
    return kiosks.enrol_kiosk(world.deps, token=token, identity_key=key, name="Loket 1")


@pytest.fixture
def token(world: World) -> str:
    kiosks.add_office(world.deps, code="3173", name="Kantor 3173")
    return kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 1")[1]


def test_a_token_enrols_one_kiosk_with_its_own_key(world: World, token: str) -> None:
    signer = new_signer()
    answer = enrol(world, token, public_jwk(signer.public_key))
    kiosk = str(answer["kiosk"])
    assert kiosks.identity_key(world.deps, kiosk) == compress(signer.public_key)
    assert answer["office"] == {"code": "3173", "name": "Kantor 3173"}
    assert answer["time_key"] == public_jwk(world.deps.keys.time_key.public_key())


def test_a_token_works_once(world: World, token: str) -> None:
    enrol(world, token)
    with pytest.raises(KioskTokenInvalid):
        enrol(world, token)


def test_forty_kiosks_with_one_token_make_one(world: World, token: str) -> None:
    came = race([partial(_enrolled, world, token)] * 40)
    assert came == {"enrolled": 1, "KIOSK_TOKEN_INVALID": 39}


def _enrolled(world: World, token: str) -> str:
    enrol(world, token)
    return "enrolled"


def test_a_token_is_over_after_a_day(world: World, token: str) -> None:
    world.clock.advance(hours=24)
    with pytest.raises(KioskTokenInvalid):
        enrol(world, token)


def test_two_kiosks_cannot_share_a_key(world: World, token: str) -> None:
    jwk = public_jwk(new_signer().public_key)
    enrol(world, token, jwk)
    _, second = kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 2")
    with pytest.raises(InputInvalid):
        enrol(world, second, jwk)
    with world.deps.transaction() as db:
        assert {row.state for row in db.query(Kiosk)} == {"ACTIVE", "PENDING"}


def test_a_key_off_the_curve_enrols_nobody(world: World, token: str) -> None:
    with pytest.raises(InputInvalid):
        enrol(world, token, {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43})


@pytest.mark.parametrize("state", ["unknown", "pending", "blocked"])
def test_only_an_active_kiosk_has_a_key(world: World, state: str) -> None:
    kiosk_id = "nobody"
    if state == "pending":
        kiosks.add_office(world.deps, code="3173", name="Kantor")
        kiosk_id, _ = kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 1")
    if state == "blocked":
        kiosk_id = open_counter(world).kiosk_id
        kiosks.block_kiosk(world.deps, kiosk_id, reason="stolen")
    with pytest.raises(KioskBlocked):
        kiosks.identity_key(world.deps, kiosk_id)


def test_a_kiosk_is_blocked_once_and_for_good(world: World) -> None:
    kiosk_id = open_counter(world).kiosk_id
    kiosks.block_kiosk(world.deps, kiosk_id, reason="stolen")
    with pytest.raises(NotFound):
        kiosks.block_kiosk(world.deps, kiosk_id, reason="stolen")


def test_a_blocked_plan_cannot_be_enrolled(world: World) -> None:
    kiosks.add_office(world.deps, code="3173", name="Kantor")
    kiosk_id, token = kiosks.add_kiosk(world.deps, office_code="3173", name="Loket 1")
    kiosks.block_kiosk(world.deps, kiosk_id, reason="mistake")
    with pytest.raises(KioskTokenInvalid):
        enrol(world, token)


def test_two_offices_cannot_share_a_code(world: World) -> None:
    kiosks.add_office(world.deps, code="3173", name="Kantor")
    with pytest.raises(InputInvalid):
        kiosks.add_office(world.deps, code="3173", name="Lain")


def test_a_frame_certificate_names_kiosk_and_office_and_lasts_a_shift(world: World) -> None:
    counter = open_counter(world)
    signer = new_signer()
    answer = shift_opening.open_shift(
        world.deps,
        counter.kiosk_id,
        counter.factors(counter.add_operator()),
        public_jwk(signer.public_key),
    )
    shown = kiosk_certificates.show(world.deps, b64url_encode(kid_of(answer)))
    certificate = x509.load_pem_x509_certificate(str(shown["certificate"]).encode())
    subject = certificate.subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == counter.kiosk_id
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "3173"
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert compress(key) == compress(signer.public_key)
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert life == timedelta(hours=12, minutes=5)
    certificate.verify_directly_issued_by(world.deps.keys.kiosk_ca[1])


def test_a_frame_certificate_never_lasts_longer_than_a_day(world: World) -> None:
    far = world.clock.now() + timedelta(days=365)
    made = kiosk_certificates.certify(
        world.deps, new_signer().public_key, kiosk_id="k", office_code="o", until=far
    )
    assert made.not_after - made.not_before == timedelta(hours=24)


def test_a_frame_certificate_certifies_nothing_itself(world: World) -> None:
    made = kiosk_certificates.certify(
        world.deps,
        new_signer().public_key,
        kiosk_id="k",
        office_code="o",
        until=world.clock.now() + timedelta(hours=1),
    )
    certificate = x509.load_pem_x509_certificate(made.pem.encode())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert not constraints.value.ca
    verifier = PolicyBuilder().store(Store([certificate])).time(world.clock.now())
    with pytest.raises((VerificationError, ValueError)):
        verifier.build_client_verifier().verify(certificate, [])


@pytest.mark.parametrize("kid", ["", "????", "AAAA", "AAAAAA"])
def test_an_unknown_key_id_has_no_certificate(world: World, kid: str) -> None:
    with pytest.raises(NotFound):
        kiosk_certificates.show(world.deps, kid)


def test_a_frame_key_is_certified_once(world: World) -> None:
    counter = open_counter(world)
    budi = counter.add_operator()
    jwk = public_jwk(new_signer().public_key)
    shift_opening.open_shift(world.deps, counter.kiosk_id, counter.factors(budi), jwk)
    with pytest.raises(InputInvalid):
        shift_opening.open_shift(world.deps, counter.kiosk_id, counter.factors(budi), jwk)
