"""Faces that officers decide, in the console in a real browser: what is seen and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.enrolment_kiosk.conftest import arrive, reason, shown, type_sign_in
from tests.enrolment_kiosk.counter_pc import siti

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_people import Person
    from tests.enrolment_kiosk.api_simulator import ApiSimulator

    SignIn = Callable[..., Page]

NAME = "BU•• SA•••••"


def test_both_pictures_stand_side_by_side_of_one_size_with_their_labels(
    signed_in: SignIn, doubtful: Person
) -> None:
    page = signed_in(timezone_id="Asia/Jakarta")
    arrive(page, NAME)
    assert len(shown(page)) == 2
    photo, selfie = (place.bounding_box() for place in page.locator(".photo").all())
    assert photo is not None
    assert selfie is not None
    assert (photo["width"], photo["height"], photo["y"]) == (
        selfie["width"], selfie["height"], selfie["y"],
    )  # fmt: skip
    assert photo["width"] > 280
    assert photo["x"] + photo["width"] < selfie["x"]
    assert page.locator("figcaption").all_inner_texts() == [
        "Foto dari data kependudukan",
        "Dari ponsel ini, 23 Nov, 13.41",
    ]
    expect(page.locator("#reasons li")).to_have_text(
        ["Mesin ragu: wajahnya mirip, tetapi belum pasti sama."]
    )
    expect(page.locator("#review-task")).to_contain_text("kedua gambar dan KTP-el")
    button = page.locator("#confirm").bounding_box()
    assert button is not None
    assert button["y"] + button["height"] <= 768
    assert doubtful.state == "AT_COUNTER"


def test_enter_goes_one_step_on_and_never_approves_by_itself(
    signed_in: SignIn, doubtful: Person
) -> None:
    page = signed_in()
    arrive(page, NAME)
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_have_text("Pilih dulu alasan Anda, atau tolak.")
    expect(reason(page, "same_in_person")).to_be_focused()
    assert page.locator("#approvals input:checked").count() == 0
    page.keyboard.press("Enter")
    assert page.locator("#approvals input:checked").count() == 0
    page.keyboard.press("ArrowDown")
    expect(reason(page, "older_photo")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_be_focused()
    assert doubtful.state == "AT_COUNTER"
    page.keyboard.press("Enter")
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert doubtful.face_approvals == ["older_photo"]


def test_a_key_held_down_approves_nothing(signed_in: SignIn, doubtful: Person) -> None:
    page = signed_in()
    arrive(page, NAME)
    page.keyboard.type("042")
    reason(page, "same_in_person").check()
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # as the keyboard repeats it
    expect(page.locator("#confirm")).to_be_focused()
    page.keyboard.up("Enter")
    page.wait_for_timeout(300)
    assert doubtful.state == "AT_COUNTER"


def test_arrows_choose_a_reason_and_not_another_person(
    signed_in: SignIn, sim: ApiSimulator, doubtful: Person
) -> None:
    sim.people.append(siti())
    page = signed_in()
    arrive(page, NAME)
    page.keyboard.type("042")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#name")).to_have_text(NAME)
    expect(reason(page, "older_photo")).to_be_checked()
    page.locator("#number").focus()
    page.keyboard.press("ArrowDown")
    arrive(page, "SI•• NU•••••••• PU•••")
    assert page.locator("#review, #approvals, #selfie-place").locator("visible=true").count() == 0
    page.keyboard.press("ArrowUp")
    arrive(page, NAME)
    assert page.locator("#approvals input:checked").count() == 0
    assert doubtful.state == "AT_COUNTER"


def test_where_the_machine_said_no_the_second_officer_is_announced_and_decides_alone(
    signed_in: SignIn, sim: ApiSimulator, doubtful: Person
) -> None:
    doubtful.face_reasons, doubtful.face_no_match = ("NOT_SAME_FACE", "ATTEMPTS_SPENT"), True
    page = signed_in()
    arrive(page, NAME)
    expect(page.locator("#two-officers")).to_contain_text("petugas kedua harus memeriksa juga")
    expect(page.locator("#confirm-text")).to_have_text("Setujui, lalu petugas kedua")
    told = page.locator("#reasons li").all_inner_texts()
    page.keyboard.type("042")
    reason(page, "glasses_or_veil").check()
    page.locator("#confirm").click()
    expect(page.locator("#second-text")).to_contain_text("Anda sudah menyetujui")
    assert shown(page) == []  # the next look is a colleague's
    assert page.locator("#confirm, #approvals").locator("visible=true").count() == 0

    page.locator("#sign-out").click()
    page.locator("#username").wait_for()
    type_sign_in(page, sim, "joko")
    expect(page.locator("#second-text")).to_contain_text("dengan alasan Anda sendiri")
    arrive(page, NAME)
    assert len(shown(page)) == 2
    assert page.locator("#reasons li").all_inner_texts() == told
    assert page.locator("#approvals input:checked").count() == 0
    expect(reason(page, "same_in_person")).to_be_focused()
    page.locator("#confirm").click()
    expect(page.locator("#problem")).to_contain_text("Pilih dulu alasan Anda")
    reason(page, "documents_checked").check()
    page.locator("#confirm").click()
    expect(page.locator("#banner-done")).to_contain_text("Dompet identitas aktif")
    assert doubtful.face_approvals == ["glasses_or_veil", "documents_checked"]


def test_without_a_registry_photo_only_documents_can_approve(
    signed_in: SignIn, doubtful: Person
) -> None:
    doubtful.photo, doubtful.face_reasons = None, ("REFERENCE_MISSING",)
    page = signed_in()
    arrive(page, NAME)
    expect(page.locator("#no-photo")).to_contain_text("Periksa KTP-el dan dokumen asli")
    assert len(shown(page)) == 1
    visible = page.locator("#approvals label").locator("visible=true")
    expect(visible).to_have_text(["KTP-el dan dokumen asli sudah saya periksa"])
    expect(page.locator("#review-task")).to_contain_text("dokumen asli")


def test_without_a_picture_of_the_phone_its_place_says_so(
    signed_in: SignIn, doubtful: Person
) -> None:
    doubtful.selfie, doubtful.taken_at = None, None
    doubtful.face_reasons = ("CANNOT_TURN_HEAD",)
    page = signed_in()
    arrive(page, NAME)
    expect(page.locator("#no-selfie")).to_contain_text("Tidak ada gambar dari ponsel")
    expect(page.locator("#selfie-caption")).to_have_text("Gambar dari ponsel ini")
    expect(page.locator("#reasons li")).to_contain_text(["tidak dapat menoleh"])


def test_bytes_that_are_no_picture_count_as_none(signed_in: SignIn, doubtful: Person) -> None:
    doubtful.selfie = b"\xff\xd8\xff\xe0 nothing that can be shown"
    page = signed_in()
    arrive(page, NAME)
    expect(page.locator("#no-selfie")).to_be_visible()
    expect(page.locator("#review-task")).to_contain_text("dengan foto dan KTP-el")


def test_a_reason_nobody_has_heard_of_is_told_in_general_words(
    signed_in: SignIn, doubtful: Person
) -> None:
    doubtful.face_reasons = ("OF_A_LATER_VERSION",)
    page = signed_in()
    arrive(page, NAME)
    expect(page.locator("#reasons li")).to_have_text(["Mesin tidak dapat menilai wajahnya."])
    assert "OF_A_LATER_VERSION" not in page.locator("body").inner_text()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (683, 384), (390, 844)])
def test_a_face_decision_fits_every_width(
    signed_in: SignIn, sim: ApiSimulator, doubtful: Person, width: int, height: int
) -> None:
    doubtful.face_no_match = True
    sim.people.append(siti())
    page = signed_in(viewport={"width": width, "height": height})
    arrive(page, NAME)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for place in page.locator("button:visible, input:visible, img:visible").all():
        box = place.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_a_screen_reader_hears_pictures_group_and_reasons(
    signed_in: SignIn, doubtful: Person
) -> None:
    page = signed_in()
    arrive(page, NAME)
    for name in ("Foto dari data kependudukan", "Gambar dari ponsel ini"):
        assert page.get_by_role("img", name=name).is_visible()
    group = page.get_by_role("group", name="Orangnya sama. Alasan saya:")
    assert group.get_by_role("radio").count() == 5
    assert page.get_by_role("region", name="Petugas yang memastikan wajah").is_visible()
    assert doubtful.state == "AT_COUNTER"
