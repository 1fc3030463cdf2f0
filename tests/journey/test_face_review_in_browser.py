"""Each way a face comes to an officer, from the phone's camera to the decision in the browser.

Afterwards no picture is left: not at the console, not in the kiosk's folder, not in the database.
"""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import expect

from samples.people.photos import load_face
from samples.phone import enrolment
from tests.journey.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journey.console_page import ConsolePage, DisplayPage
    from tests.journey.office import Office

    Counter = Callable[[Office], tuple[ConsolePage, DisplayPage]]
    PutPhoto = Callable[[Resident, Image.Image], None]

PICTURES = "(photo_sealed IS NOT NULL OR selfie_sealed IS NOT NULL)"


@pytest.fixture
def resident(office: Office) -> Callable[[str], Resident]:
    """Bring a sample resident as far as the face step."""

    def bring(name: str) -> Resident:
        one = Resident(office, name)
        one.start()
        one.type_codes()
        return one

    return bring


def come(one: Resident, console: ConsolePage, display: DisplayPage) -> str:
    """Set the PIN, scan, confirm, and wait for the officer to see both pictures and person."""
    assert one.status()["state"] == "FACE_AT_COUNTER"
    one.set_pin()
    one.scan(display.photograph()[0])
    number = one.confirm()
    console.meet(one.shown_name)
    return number


def type_number(console: ConsolePage, number: str) -> None:
    console.find("number").fill(number)


def check_nothing_is_left(office: Office, one: Resident, console: ConsolePage) -> None:
    """No picture on the page, for the asking, in the kiosk's folder or in the database."""
    which = one.phone.state.enrolment
    assert which is not None
    assert console.pictures() == []
    for kind in ("photo", "selfie"):
        assert console.ask_for(kind, which) in {(409, "ACTIVATION_ENDED"), (404, "NO_PHOTO")}
    assert office.count(f"enrolment WHERE id = '{which}' AND {PICTURES}") == 0
    frames = f"face_frame JOIN face_capture ON capture_id = id WHERE enrolment_id = '{which}'"
    assert office.count(f"{frames} AND sealed IS NOT NULL") == 0
    kept = [file for file in office.site.folder.glob("kiosk/**/*") if file.is_file()]
    assert kept
    assert not any(
        file.read_bytes().find(magic) >= 0
        for file in kept
        for magic in (b"\xff\xd8\xff", b"\x89PNG", b"WEBP")
    )


def audited(office: Office, one: Resident, event: str, more: str = "") -> int:
    which = f"event = '{event}' AND subject = '{one.phone.state.enrolment}'"
    return office.count(f"audit_event WHERE {which} {more}")


@pytest.fixture
def put_photo(office: Office) -> Iterator[Callable[[Resident, Image.Image], None]]:
    """Put another photo into the registry, until the test is over."""
    before: dict[str, bytes] = {}

    def put(one: Resident, picture: Image.Image) -> None:
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=88)
        nik = one.person["nik"]
        before[nik] = swap_photo(office, nik, data.getvalue())

    yield put
    for nik, image in before.items():
        swap_photo(office, nik, image)


def swap_photo(office: Office, nik: str, image: bytes) -> bytes:
    """Put another photo into the registry; return the one that was there."""
    with closing(sqlite3.connect(office.site.folder / "registry.db")) as db, db:
        ((old,),) = db.execute("SELECT image FROM photos WHERE nik = ?", (nik,)).fetchall()
        db.execute("UPDATE photos SET image = ? WHERE nik = ?", (image, nik))
    return bytes(old)


def test_a_doubtful_face_is_compared_with_both_pictures_and_approved(
    office: Office, at_counter: Counter, put_photo: PutPhoto
) -> None:
    console, display = at_counter(office)
    maruf = Resident(office, "maruf")
    own, other = (f"faces/cmu/{who}_straight_neutral_open.png" for who in ("cheyer", "kk49"))
    put_photo(maruf, Image.blend(load_face(own), load_face(other), 0.35))
    maruf.start()
    maruf.type_codes()
    status = maruf.show_face()
    assert (status["state"], status["face"]["outcome"]) == ("FACE_AT_COUNTER", "officer")
    number = come(maruf, console, display)
    assert console.pictures() == ["photo", "selfie"]
    expect(console.find("selfie-caption")).to_contain_text("Dari ponsel ini, ")
    assert console.told() == "Mesin ragu: wajahnya mirip, tetapi belum pasti sama."
    console.type_number(number)
    expect(console.find("problem")).to_have_text("Pilih dulu alasan Anda, atau tolak.")
    assert maruf.status()["state"] == "AT_COUNTER"
    console.approve("older_photo")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    assert maruf.status()["state"] == "ACTIVATED"
    check_nothing_is_left(office, maruf, console)
    decided = f"id = '{maruf.phone.state.enrolment}' AND face_decision_reason = 'older_photo'"
    assert office.count(f"enrolment WHERE {decided} AND face_decided_by IS NOT NULL") == 1
    assert audited(office, maruf, "enrolment.pictures_seen") == 1


def test_without_a_registry_photo_the_documents_decide(
    office: Office, at_counter: Counter, resident: Callable[[str], Resident]
) -> None:
    console, display = at_counter(office)
    yulianti = resident("nophoto")
    assert yulianti.show_face(of="sari")["face"]["outcome"] == "officer"
    number = come(yulianti, console, display)
    assert console.pictures() == ["selfie"]
    expect(console.find("no-photo")).to_contain_text("Periksa KTP-el dan dokumen asli")
    assert console.told() == "Data kependudukan tidak memuat foto orang ini."
    type_number(console, number)
    console.approve("documents_checked")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    assert yulianti.status()["state"] == "ACTIVATED"
    check_nothing_is_left(office, yulianti, console)


def test_a_registry_photo_that_only_people_can_judge_is_shown_all_the_same(
    office: Office, at_counter: Counter, put_photo: PutPhoto
) -> None:
    console, display = at_counter(office)
    leap = Resident(office, "leap")
    blurred = load_face("faces/cmu/phoebe_straight_neutral_open.png")
    put_photo(leap, blurred.filter(ImageFilter.GaussianBlur(12)))
    leap.start()
    leap.type_codes()
    assert leap.show_face()["face"]["outcome"] == "officer"
    number = come(leap, console, display)
    assert console.pictures() == ["photo", "selfie"]
    assert "terlalu kecil atau kabur untuk mesin" in console.told()
    type_number(console, number)
    console.approve("same_in_person")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    check_nothing_is_left(office, leap, console)


def test_who_cannot_turn_the_head_is_decided_in_person(
    office: Office, at_counter: Counter, resident: Callable[[str], Resident]
) -> None:
    console, display = at_counter(office)
    slamet = resident("slamet")
    enrolment.choose_office_for_face(slamet.phone, "cannot_turn_head")
    number = come(slamet, console, display)
    assert console.pictures() == ["photo"]
    expect(console.find("no-selfie")).to_contain_text("Tidak ada gambar dari ponsel")
    assert "tidak dapat menoleh" in console.told()
    type_number(console, number)
    console.approve("same_in_person")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    assert slamet.status()["state"] == "ACTIVATED"


def test_after_three_times_no_two_officers_decide_each_with_a_reason(
    office: Office, at_counter: Counter, resident: Callable[[str], Resident]
) -> None:
    console, display = at_counter(office)
    sari = resident("sari")
    outcomes = [sari.show_face(of="slamet")["face"]["outcome"] for _ in range(3)]
    assert outcomes == ["try_again", "try_again", "officer"]
    number = come(sari, console, display)
    assert console.pictures() == ["photo", "selfie"]
    told = console.told()
    assert "bukan wajah pada foto" in told
    assert "sudah habis" in told
    expect(console.find("two-officers")).to_contain_text("petugas kedua harus memeriksa juga")
    type_number(console, number)
    console.approve("glasses_or_veil")
    expect(console.find("banner-done")).to_contain_text("Perlu petugas kedua")
    assert sari.status()["state"] == "SECOND_OFFICER"
    expect(console.find("second-text")).to_contain_text("Anda sudah menyetujui")
    assert console.pictures() == []

    console.sign_out()
    console.sign_in(office.next_login())
    console.meet(sari.shown_name)
    assert console.pictures() == ["photo", "selfie"]
    assert console.told() == told
    assert console.find("number").is_hidden()
    console.find("confirm").click()
    expect(console.find("problem")).to_contain_text("Pilih dulu alasan Anda")
    console.approve("documents_checked")
    expect(console.find("banner-done")).to_contain_text("Dompet identitas aktif")
    assert sari.status()["state"] == "ACTIVATED"
    check_nothing_is_left(office, sari, console)
    assert audited(office, sari, "enrolment.pictures_seen") == 2
    assert (
        audited(office, sari, "enrolment.face_decided_by_officer", "AND facts LIKE '%veil%'") == 1
    )


def test_an_officer_who_sees_somebody_else_on_the_phone_refuses(
    office: Office, at_counter: Counter, resident: Callable[[str], Resident]
) -> None:
    console, display = at_counter(office)
    yulianti = resident("nophoto")
    yulianti.show_face(of="slamet")
    come(yulianti, console, display)
    console.find("open-refuse").click()
    console.page.locator("#refuse input[value=other_person_on_phone]").check()
    console.page.locator("#refuse button[type=submit]").click()
    expect(console.find("banner-done")).to_contain_text("Aktivasi ditolak")
    assert yulianti.status()["state"] == "REFUSED"
    check_nothing_is_left(office, yulianti, console)
    assert audited(office, yulianti, "enrolment.refused", "AND facts LIKE '%other_person%'") == 1
