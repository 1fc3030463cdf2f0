"""How a desk's key comes to its certificate: one code, one certificate, revoked for good (T10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import func, select

from credentials.key_set import KeySet, verify_key_sets
from credentials.relying_party import (
    RelyingPartyCertificate,
    parse_certificate,
    verify_certificate,
)
from credentials.relying_party_list import RelyingPartyList, parse_list, verify_list
from credentials.relying_party_request import sign_renewal, sign_request
from credentials.signing import PemSigner, compress, generate_pem
from tests.wallet_api.racing import race
from tests.wallet_api.simulators import World
from wallet_api.errors import ConfigurationError, InputInvalid, NotFound
from wallet_api.models import AuditEvent, RelyingPartyOffer
from wallet_api.models import RelyingPartyCertificate as Row
from wallet_api.services import bundle_files, publication, relying_parties
from wallet_api.services.relying_party_registration import register

on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
BANK = "Bank Nusantara"


def new_key() -> PemSigner:
    return PemSigner(generate_pem())


def at(world: World) -> int:
    return int(world.clock.now().timestamp())


def offer(world: World, *profiles: str, name: str = BANK) -> relying_parties.Offer:
    return relying_parties.offer(world.deps, name=name, profiles=profiles or ("id_card/kyc",))


def ask(world: World, code: str, key: PemSigner | None = None) -> bytes:
    return sign_request(key or new_key(), code=code, at=at(world))


def keys(world: World) -> KeySet:
    return verify_key_sets(world.deps.keys.key_sets, world.deps.keys.bundle_root.public_key).keys


def read(world: World, data: bytes) -> RelyingPartyCertificate:
    return verify_certificate(parse_certificate(data), keys(world), moment=at(world))


def published(world: World) -> RelyingPartyList:
    world.clock.advance(minutes=1)
    assert publication.is_due(world.deps)
    assert publication.publish(world.deps)
    data = publication.read_published(world.deps, publication.RELYING_PARTIES)
    assert bundle_files.read_file(world.deps, publication.RELYING_PARTIES) == data
    return verify_list(parse_list(data), world.deps.keys.bundle_root.public_key)


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(InputInvalid) as caught:
        work()
    [fault] = caught.value.facts["errors"]  # type: ignore[misc,attr-defined]
    return f"{fault['field']} {fault['code']}"


@on_sqlite
def test_a_code_brings_the_certificate_that_was_offered(world: World) -> None:
    key, given = new_key(), offer(world, "id_card/kyc", "tax_number/full")
    made = register(world.deps, ask(world, given.code, key), days=30)
    certificate = read(world, made.certificate)
    assert (certificate.name, certificate.profiles) == (BANK, (2, 20))
    assert compress(certificate.public_key) == compress(key.public_key)
    assert certificate.last_day - certificate.first_day == 30
    with world.deps.reading() as db:
        assert given.code.encode() not in db.scalars(select(RelyingPartyOffer)).one().code_hash
        events = db.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()
    assert [name for name in events if name.startswith("relying_party")] == [
        "relying_party.offered", "relying_party.planned", "relying_party.registered",
    ]  # fmt: skip


@on_sqlite
def test_a_code_works_once_for_a_week_and_for_its_own_key(world: World) -> None:
    code = offer(world).code
    request = ask(world, code)
    first = register(world.deps, request)
    assert register(world.deps, request) == first, "the same request gets the same certificate"
    assert refused(lambda: register(world.deps, ask(world, code))) == "request CODE_INVALID"
    late = offer(world).code
    world.clock.advance(days=7)
    assert refused(lambda: register(world.deps, ask(world, late))) == "request CODE_INVALID"


@on_sqlite
def test_a_request_is_worth_nothing_without_the_key_it_names(world: World) -> None:
    request = ask(world, offer(world).code)
    bent = request[:-1] + bytes([request[-1] ^ 1])
    assert refused(lambda: register(world.deps, bent)) == "request SIGNATURE_INVALID"
    assert refused(lambda: register(world.deps, request[:40])) == "request CBOR_INVALID"


def test_forty_desks_with_one_code_get_one_certificate(world: World) -> None:
    code = offer(world).code
    came = race([partial(_registered, world, ask(world, code)) for _ in range(40)])
    assert came == {"registered": 1, "INPUT_INVALID": 39}
    with world.deps.reading() as db:
        assert db.scalar(select(func.count()).select_from(Row)) == 1


@on_sqlite
def test_one_request_brought_many_times_at_once_gets_one_certificate(world: World) -> None:
    request = ask(world, offer(world).code)
    came = race([partial(_certified, world, request)] * 10)
    assert len(came) == 1
    assert came.total() == 10


def _registered(world: World, request: bytes) -> str:
    register(world.deps, request)
    return "registered"


def _certified(world: World, request: bytes) -> str:
    return register(world.deps, request).certificate.hex()


@on_sqlite
def test_what_was_planned_before_a_crash_is_signed_afterwards(world: World) -> None:
    """Rule 5: the code is used up and the row is there, the signature is not."""
    request = ask(world, offer(world).code)
    read_once = world.deps.keys.relying_parties
    world.deps.keys.__dict__["relying_parties"] = new_key()  # nobody the key set names
    with pytest.raises(ConfigurationError):
        register(world.deps, request)
    world.deps.keys.__dict__["relying_parties"] = read_once
    assert read(world, register(world.deps, request).certificate).name == BANK


@on_sqlite
def test_a_certificate_is_renewed_once_and_by_its_own_key(world: World) -> None:
    before, after = new_key(), new_key()
    made = register(world.deps, ask(world, offer(world).code, before), days=10)
    world.clock.advance(days=9)
    stranger = sign_renewal(after, before=new_key(), serial=made.serial, at=at(world))
    assert refused(lambda: register(world.deps, stranger)) == "request SIGNATURE_INVALID"
    renewal = sign_renewal(after, before=before, serial=made.serial, at=at(world))
    renewed = register(world.deps, renewal)
    assert read(world, renewed.certificate).valid_at(at(world) + 300 * 86_400)
    again = sign_renewal(new_key(), before=before, serial=made.serial, at=at(world))
    assert refused(lambda: register(world.deps, again)) == "request CERTIFICATE_NOT_RENEWABLE"


def test_a_revoked_certificate_is_on_the_next_list_until_it_is_over(world: World) -> None:
    assert published(world).revoked == frozenset()
    first, second = (register(world.deps, ask(world, offer(world).code), days=5) for _ in range(2))
    assert relying_parties.revoke(world.deps, serial=first.serial, party=None, reason="stolen") == [
        first.serial
    ]
    told = published(world)
    assert told.revoked == {first.serial}
    with pytest.raises(NotFound):
        relying_parties.revoke(world.deps, serial=first.serial, party=None, reason="again")
    party = offer(world).relying_party
    assert relying_parties.revoke(world.deps, serial=None, party=party, reason="closed") == [
        second.serial
    ]
    later = published(world)
    assert later.revoked == {first.serial, second.serial}
    assert later.version > told.version
    world.clock.advance(days=6)
    assert published(world).revoked == frozenset()


@on_sqlite
def test_a_revoked_key_gets_nothing_any_more_and_open_codes_end(world: World) -> None:
    key, given = new_key(), offer(world)
    made = register(world.deps, ask(world, given.code, key))
    open_code = offer(world).code
    relying_parties.revoke(world.deps, serial=None, party=given.relying_party, reason="closed")
    renewal = sign_renewal(new_key(), before=key, serial=made.serial, at=at(world))
    assert refused(lambda: register(world.deps, renewal)) == "request CERTIFICATE_NOT_RENEWABLE"
    assert refused(lambda: register(world.deps, ask(world, open_code, key))) == (
        "request KEY_REVOKED"
    )
    assert refused(lambda: register(world.deps, ask(world, open_code))) == "request CODE_INVALID"


@on_sqlite
def test_what_residents_could_not_read_is_not_offered(world: World) -> None:
    kyc = ("id_card/kyc",)
    five = (*kyc, "id_card/full", "id_card/age", "id_card/boarding", "tax_number/full")
    for name, profiles, code in (
        ("B" * 33, kyc, "name NAME_UNSUITABLE"),
        ("Bank\u202e", kyc, "name NAME_UNSUITABLE"),
        (" Bank", kyc, "name NAME_UNSUITABLE"),
        (BANK, ("id_card/everything",), "profiles PROFILE_UNKNOWN"),
        (BANK, (), "profiles PROFILES_NEEDED"),
        (BANK, five, "profiles PROFILES_TOO_MANY"),
    ):
        work = partial(relying_parties.offer, world.deps, name=name, profiles=profiles)
        assert refused(work) == code


@on_sqlite
def test_one_name_is_one_institution_however_it_is_written(world: World) -> None:
    first = offer(world, "id_card/kyc")
    second = offer(world, "id_card/age", name="BANK nusantara")
    assert first.relying_party == second.relying_party
    made = register(world.deps, ask(world, second.code))
    assert read(world, made.certificate).name == BANK
    assert read(world, made.certificate).profiles == (4,)
    [listed] = relying_parties.list_all(world.deps)
    assert [one["state"] for one in listed["certificates"]] == ["good"]  # type: ignore[attr-defined]
