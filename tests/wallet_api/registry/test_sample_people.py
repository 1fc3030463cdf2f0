"""The sample population: belongs to nobody, obeys every rule, and is made the same every time."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from credentials.catalogue import Catalogue, DocumentType
from samples.people import build_registry, load_residents
from samples.people.__main__ import main as people_command
from samples.people.documents import Values
from samples.people.generate import HERE, generate
from samples.people.photos import SAMPLES, camera_frames
from samples.people.registry import load_records
from wallet_api.adapters.faces.matcher import load as load_matcher
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.data import load_enumeration, load_region_codes, load_villages
from wallet_api.ports.faces import FaceJob
from wallet_api.rules.contact import normalise_email, normalise_phone
from wallet_api.rules.nik import NikWarning, agrees_with, parse_nik
from wallet_api.rules.person import check_nitku, check_npwp15, check_npwp16, is_synthetic

ROOT = Path(__file__).parents[3]
TODAY = dt.date(2026, 11, 23)
RECORDS = load_records()
RESIDENTS = load_residents()


def documents(document_type: str) -> list[Values]:
    return [
        document["values"]
        for record in RECORDS
        for document in record["documents"]
        if document["type"] == document_type
    ]


def persona(number: int) -> list[Values]:
    return [record for record in RECORDS if number in record["personas"]]


def test_every_number_is_synthetic_well_formed_and_unique() -> None:
    niks = [record["nik"] for record in RECORDS]
    assert len(set(niks)) == len(niks) == 321
    for nik in niks:
        assert is_synthetic(parse_nik(nik, regions=load_region_codes(), today=TODAY).value)
    assert all(is_synthetic(card["family_card_number"]) for card in documents("family_card"))


def test_every_contact_passes_the_rules_and_reaches_nobody() -> None:
    for record in RECORDS:
        for email in record["contacts"]["emails"]:
            assert normalise_email(email) == email
            assert email.rpartition("@")[2] in {"example.com", "example.org", "example.net"}
        for phone in record["contacts"]["phones"]:
            assert normalise_phone(phone) == phone
            assert phone.startswith("+62869")


def test_every_tax_number_passes_and_is_the_nik() -> None:
    cards = documents("tax_number")
    assert len(cards) > 100
    for card in cards:
        assert check_npwp16(card["npwp16"]) == card["npwp16"]
        assert check_npwp15(card["npwp15"]) == card["npwp15"]
        assert check_nitku(card["nitku"], npwp16=card["npwp16"])


def test_every_family_card_has_one_head_and_a_real_village_with_its_postal_code() -> None:
    for card in documents("family_card"):
        heads = [m for m in card["members"] if m["relationship"] == "KEPALA KELUARGA"]
        assert [head["name"] for head in heads] == [card["head_name"]]
        assert load_villages()[card["village_code"]].postal_code == card["postal_code"]


def test_every_word_of_a_form_is_in_its_list() -> None:
    lists = {
        "religion": load_enumeration("agama"),
        "marital_status": load_enumeration("status_perkawinan_kk"),
        "relationship": load_enumeration("shdk"),
        "education": load_enumeration("pendidikan"),
        "occupation": load_enumeration("pekerjaan"),
    }
    for card in documents("family_card"):
        for member in card["members"]:
            if member["nationality"] != "ID":
                continue
            for name, known in lists.items():
                assert member[name] in known


def test_every_document_of_everybody_can_be_issued() -> None:
    files = sorted((ROOT / "wallet_api" / "catalogue").glob("*.json"))
    catalogue = Catalogue.parse([json.loads(path.read_text(encoding="utf-8")) for path in files])
    issued: Counter[str] = Counter()
    for record in RECORDS:
        card = {"type": "id_card", "values": record["person"]}
        for document in [card, *record["documents"]]:
            document_type = catalogue.document_type(document["type"])
            assert document["values"].keys() <= names_of(document_type)
            assert document_type.encode(document_type.profiles[0], document["values"])
            issued[document["type"]] += 1
    assert issued["id_card"] == issued["family_card"] == 321
    assert min(issued.values()) >= 6


def names_of(document_type: DocumentType) -> set[str]:
    parts = {part.name for field in document_type.fields for part in field.parts}
    return {field.name for field in document_type.fields} | parts


def test_every_persona_is_there() -> None:
    assert {number for record in RECORDS for number in record["personas"]} == set(range(1, 29))


def test_the_personas_that_are_about_a_number_have_it() -> None:
    def warnings(record: Values) -> tuple[NikWarning, ...]:
        return parse_nik(record["nik"], regions=load_region_codes(), today=TODAY).warnings

    assert {warning for record in persona(5) for warning in warnings(record)} == {
        NikWarning.RETIRED_REGION,
        NikWarning.UNKNOWN_REGENCY,
    }
    assert warnings(persona(7)[0]) == (NikWarning.CENTURY_AMBIGUOUS,)
    twins = [record["nik"] for record in persona(27)]
    assert int(twins[1][:15]) - int(twins[0][:15]) == 1
    corrected = persona(4)[0]
    nik = parse_nik(corrected["nik"], regions=load_region_codes(), today=TODAY)
    born = dt.date.fromisoformat(corrected["person"]["birth_date"])
    assert not agrees_with(nik, birth_date=born, sex=corrected["person"]["sex"])
    assert persona(6)[0]["person"]["birth_date"] == "2000-02-29"
    assert len(persona(2)[0]["person"]["name"]) == 60


def test_the_residents_of_the_demo_are_adults_with_faces_that_exist() -> None:
    assert len(RESIDENTS) >= 8
    registry_photos = [resident["face"]["registry"] for resident in RESIDENTS]
    assert len(set(registry_photos)) == len(registry_photos)
    for resident in RESIDENTS:
        assert dt.date.fromisoformat(resident["birth_date"]) < dt.date(TODAY.year - 18, 1, 1)
        face = resident["face"]
        assert face["frames"]
        for path in [face["registry"], *face["frames"], *face["turns"]]:
            assert path is None or (SAMPLES / path).exists()


def test_the_camera_never_sends_the_same_picture_twice() -> None:
    frames = camera_frames(RESIDENTS[0]["face"]["frames"], 5)
    assert len({hashlib.sha256(frame).digest() for frame in frames}) == 5
    with Image.open(io.BytesIO(frames[0])) as image:
        assert (image.format, image.mode, image.width) == ("JPEG", "RGB", 640)


def test_every_resident_matches_their_own_registry_photo_and_not_the_next_ones(
    embedded: SqlRegistry,
) -> None:
    matcher = load_matcher()
    with_photo = [resident for resident in RESIDENTS if resident["face"]["registry"]]
    photos = [embedded.look_up(resident["nik"]).photo for resident in with_photo]
    for resident, own, other in zip(with_photo, photos, photos[1:] + photos[:1], strict=True):
        frames = tuple(camera_frames(resident["face"]["frames"]))
        assert matcher.match(FaceJob.of_fronts(frames, own)).outcome == "match"
        assert matcher.match(FaceJob.of_fronts(frames, other)).outcome == "no_match"


def test_the_files_are_what_the_cast_makes() -> None:
    records, residents = generate()
    assert json.loads((HERE / "personas.json").read_text(encoding="utf-8")) == records
    assert json.loads((HERE / "residents.json").read_text(encoding="utf-8")) == residents


def test_the_registry_is_built_byte_for_byte_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_registry(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_command_builds_and_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "registry.db"
    assert people_command(["--out", str(path)]) == 0
    assert "BUDI HARTONO LIMANTARA" in capsys.readouterr().out
    nik = persona(28)[0]["nik"]
    change = ["change", "--db", str(path), "--nik", nik]
    assert people_command([*change, "--set", "name=KIRANA AYU PERMATA"]) == 0
    registry = SqlRegistry(f"sqlite:///{path}")
    answer = registry.look_up(nik)
    assert answer.person is not None
    assert answer.person["name"] == "KIRANA AYU PERMATA"
    assert people_command([*change, "--status", "DECEASED"]) == 0
    assert registry.look_up(nik).status == "DECEASED"
    registry.close()
    assert (
        people_command(["change", "--db", str(path), "--nik", "0" * 16, "--status", "FOUND"]) == 1
    )
