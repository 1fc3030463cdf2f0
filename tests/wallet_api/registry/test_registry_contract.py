"""What every civil registry must do: the same tests for the embedded file and the service."""

from __future__ import annotations

import hashlib
from pathlib import Path

from samples.people import change_document, change_person, change_status
from samples.people.registry import load_records
from wallet_api.adapters.registry.http import HttpRegistry
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.ports.registry import PopulationRegistry, RegistryStatus

NOBODY = "3171011708459007"


def persona(number: int) -> str:
    return next(record["nik"] for record in load_records() if number in record["personas"])


def test_a_resident_is_found_with_everything(
    registry: PopulationRegistry, niks: dict[str, str]
) -> None:
    answer = registry.look_up(niks["budi"])
    assert answer.status is RegistryStatus.FOUND
    assert answer.person is not None
    assert answer.person["name"] == "BUDI HARTONO LIMANTARA"
    assert answer.person["birth_date"] == "1990-08-17"
    assert (answer.person["rt"], answer.person["village_code"]) == ("003", "3171011001")
    assert [document.type for document in answer.documents] == [
        "id_card", "family_card", "tax_number", "vaccination_card", "vehicle_ownership",
    ]  # fmt: skip
    assert answer.photo is not None
    assert answer.photo.startswith(b"\xff\xd8\xff")
    assert answer.contacts.emails[0].endswith("@example.org")
    assert answer.contacts.phones[0].startswith("+62869")


def test_statuses_other_than_found_carry_no_data(registry: PopulationRegistry) -> None:
    cases = {
        NOBODY: RegistryStatus.NOT_FOUND,
        persona(9): RegistryStatus.DECEASED,
        persona(10): RegistryStatus.DUPLICATE,
        persona(11): RegistryStatus.INACTIVE,
        persona(12): RegistryStatus.NOT_RECORDED,
    }
    for nik, status in cases.items():
        answer = registry.look_up(nik)
        assert (answer.status, answer.nik) == (status, nik)
        assert (answer.person, answer.photo, answer.documents) == (None, None, ())
        assert answer.contacts.emails == answer.contacts.phones == ()


def test_a_married_girl_of_sixteen_and_a_birthday_child_have_a_card(
    registry: PopulationRegistry,
) -> None:
    assert registry.look_up(persona(13)).status is RegistryStatus.FOUND
    assert registry.look_up(persona(14)).status is RegistryStatus.FOUND


def test_somebody_without_a_photo_is_found_all_the_same(
    registry: PopulationRegistry, niks: dict[str, str]
) -> None:
    answer = registry.look_up(niks["nophoto"])
    assert (answer.status, answer.photo) == (RegistryStatus.FOUND, None)


def test_a_family_of_fifteen_comes_whole_and_in_order(
    registry: PopulationRegistry, niks: dict[str, str]
) -> None:
    answer = registry.look_up(niks["father15"])
    card = next(document for document in answer.documents if document.type == "family_card")
    members = card.values["members"]
    assert isinstance(members, list)
    assert len(members) == 15
    assert members[0]["relationship"] == "KEPALA KELUARGA"
    assert [member["name"] for member in members[5:7]] == ["BAGUS RAHARJO", "BAGAS RAHARJO"]


def test_each_vehicle_is_a_document_of_its_own(
    registry: PopulationRegistry, niks: dict[str, str]
) -> None:
    answer = registry.look_up(niks["longest"])
    vehicles = [document for document in answer.documents if document.type == "vehicle_ownership"]
    assert [vehicle.key for vehicle in vehicles] == ["BK 9202 QQQ", "BK 9203 QQQ"]


def test_both_registries_give_the_same_answer_about_everybody_of_the_cast(
    embedded: SqlRegistry, service: HttpRegistry
) -> None:
    for record in load_records()[:120:2]:
        assert service.look_up(record["nik"]) == embedded.look_up(record["nik"])


def test_the_hash_tells_answers_apart_and_repeats(
    registry: PopulationRegistry, niks: dict[str, str]
) -> None:
    answers = [registry.look_up(nik) for nik in (niks["budi"], niks["budi"], niks["sari"], NOBODY)]
    hashes = [answer.answer_hash for answer in answers]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3
    assert all(len(bytes.fromhex(value)) == hashlib.sha256().digest_size for value in hashes)


def test_changes_come_once_in_order_and_change_the_versions(
    registry: PopulationRegistry, niks: dict[str, str], registry_file: Path
) -> None:
    _, start = registry.changes_since("")
    before = registry.look_up(niks["sari"])
    change_person(registry_file, niks["sari"], name=f"SARI DEWI {start} LIMANTARA")
    changed, cursor = registry.changes_since(start)
    assert niks["sari"] in changed
    assert niks["budi"] in changed  # their family card shows her name
    after = registry.look_up(niks["sari"])
    versions = {document.type: document.version for document in before.documents}
    moved = [
        document.type for document in after.documents if document.version != versions[document.type]
    ]
    assert moved == ["id_card", "family_card"]
    assert registry.changes_since(cursor) == ([], cursor)


def test_a_death_and_a_new_vehicle_colour_are_changes(
    registry: PopulationRegistry, niks: dict[str, str], registry_file: Path
) -> None:
    _, start = registry.changes_since("")
    change_document(
        registry_file, niks["ratna"], "vehicle_ownership", "L 9304 QQQ", colour=f"HIJAU {start}"
    )
    change_status(registry_file, niks["slamet"], RegistryStatus.DECEASED)
    changed, _ = registry.changes_since(start)
    assert changed == [niks["ratna"], niks["slamet"]]
    assert registry.look_up(niks["slamet"]).status is RegistryStatus.DECEASED
    change_status(registry_file, niks["slamet"], RegistryStatus.FOUND)


def test_a_cursor_from_elsewhere_starts_at_the_beginning(registry: PopulationRegistry) -> None:
    assert registry.changes_since("no such cursor") == registry.changes_since("")
