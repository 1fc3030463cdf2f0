"""A tour through every endpoint of the API, by phones, the kiosk and a browser's calls."""

from __future__ import annotations

import re
import time
from pathlib import Path

import requests

from credentials.jwk import b64url_decode
from credentials.qr_credential import parse_credential
from samples.counter_operator import CounterOperator
from samples.demo.stage import set_stage
from samples.demo.story import PIN, Story
from samples.demo.telling import StoryBroken, Telling
from samples.faces.captures import take_pictures
from samples.http_capture.proxy import Exchange, recording_proxy
from samples.passkey import SoftwarePasskey
from samples.phone import approval, capture, counter, enrolment, wallet
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.processes import Services, free_port
from samples.site import PASSWORD, Site, resident

SETTINGS = {"WALLET_SECOND_OFFICER_PERCENT": "0", "WALLET_OPERATOR_INTERVAL_SECONDS": "0"}
LINK = re.compile(r"ikd-wallet://authorize\?id=[A-Za-z0-9_-]+")
NOTICE = re.compile(r"/notices/[A-Za-z0-9_-]+")
PLAIN_PAGES = ("/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")
UNLISTED = (*PLAIN_PAGES, "/notices/{token}")
TIMEOUT_SECONDS = 20
FRAME_SECONDS = 12


def visit_everything(folder: Path) -> tuple[list[Exchange], list[str]]:
    """Return every exchange of the tour, and the routes of the API."""
    site = Site(folder, settings=SETTINGS, front_port=free_port())
    story = Story(site, Telling(quiet=True))
    with recording_proxy(site.front_port, site.api_port) as recording, Services() as services:
        set_stage(site, services, story.telling)
        budi = story.enrol_budi()
        visit_capture(story)
        story.activate(budi, story.enrol_impostor())
        story.fill_wallet(budi)
        if story.operator is None:
            raise StoryBroken("nobody is on shift")
        visit_authorization(site, budi)
        visit_wallet(site, budi)
        visit_counter(story, story.operator)
        routes = list(_fetch(site, "/openapi.json").json()["paths"])
        visit_pages(site)
    return recording.exchanges, [*routes, *UNLISTED]


def visit_capture(story: Story) -> None:
    """Open a capture that nobody follows, and ask where it stands."""
    phone = _start(story, "merauke")
    story.verify_contact(phone)
    capture.get_capture(phone, capture.open_capture(phone)["capture"])


def visit_authorization(site: Site, budi: Phone) -> None:
    """Decide about a request of another wallet; what that wallet sends is not of this API."""
    openid = f"http://127.0.0.1:{site.api_port}/openid"
    form = {
        "response_type": "code",
        "client_id": "https://wallet.example/app",
        "redirect_uri": "https://wallet.example/back",
        "scope": "id_card_sd_jwt vaccination_card_mdoc",
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    pushed = requests.post(f"{openid}/par", data=form, timeout=TIMEOUT_SECONDS).json()
    shown = {"client_id": form["client_id"], "request_uri": pushed["request_uri"]}
    page = requests.get(f"{openid}/authorize", params=shown, timeout=TIMEOUT_SECONDS).text
    if (link := LINK.search(page)) is None:
        raise StoryBroken("the page shows no link to the app")
    request = approval.read_link(link[0])
    asked = approval.look(budi, request)
    approval.decide(budi, request, asked["number"], "approve", PIN)


def visit_wallet(site: Site, budi: Phone) -> None:
    """Look at the wallet and the lists; then close the wallet."""
    session = wallet.open_session(budi, PIN)
    wallet.get_wallet(budi, session)
    wallet.list_issued(budi, session)
    held = parse_credential(b64url_decode(budi.home.credentials()[0].credential))
    until = time.monotonic() + TIMEOUT_SECONDS
    page = f"/v1/lists/status/{held.claims.status_list}"
    while requests.get(site.api + page, timeout=TIMEOUT_SECONDS).status_code != requests.codes.ok:
        if time.monotonic() > until:
            raise StoryBroken("the status list was not published")
        time.sleep(0.3)
    _fetch(site, "/v1/lists/bundle")
    _fetch(site, "/v1/lists/relying-parties")
    wallet.close(budi, session)


def visit_counter(story: Story, operator: CounterOperator) -> None:
    """Three more residents: one blocks by the mail's link, one by the phone, one is refused."""
    sari, slamet = (_enrol(story, name) for name in ("sari", "slamet"))
    unseen = _enrol_by_face(story, "nophoto")
    waiting, started_at = _start(story, "leap"), time.time()
    _activate(story, operator, sari)
    _activate(story, operator, slamet)
    session = wallet.open_session(slamet, PIN)
    wallet.block(slamet, session, "lost")
    _confirm(story, unseen)
    row = operator.wait_for_row()
    operator.look_at_selfie(row["id"])
    operator.refuse(row["id"], "documents_missing")
    operator.block(resident("slamet")["nik"], "lost")
    visit_passkeys(story.site, operator)
    link = _notice_for(story, sari)
    _fetch(story.site, link)
    requests.post(story.site.api + link, timeout=TIMEOUT_SECONDS).raise_for_status()
    enrolment.cancel(_start(story, "maruf"))
    _refused_input(story)
    _wait_for_next_minute(started_at)
    enrolment.resend_codes(waiting, ["email", "sms"])


def visit_passkeys(site: Site, operator: CounterOperator) -> None:
    """Look at the day, add a passkey, and come back with it; then the day is over."""
    operator.read_day()
    passkey = SoftwarePasskey(site.kiosk)
    operator.add_passkey("Kunci USB", PASSWORD, passkey)
    operator.sign_out()
    operator.sign_in_by_passkey(passkey).list_passkeys()
    operator.sign_out()


def _wait_for_next_minute(moment: float) -> None:
    """Codes are sent again once a minute."""
    time.sleep(max(0.0, (int(moment) // 60 + 1) * 60 + 0.5 - time.time()))


def visit_pages(site: Site) -> None:
    """What a browser and a monitoring system open."""
    for page in PLAIN_PAGES:
        _fetch(site, page)


def _start(story: Story, name: str) -> Phone:
    person = resident(name)
    phone, _ = story.start(name, email=person["email"], number=person["phone"], nik=person["nik"])
    return phone


def _enrol(story: Story, name: str) -> Phone:
    phone = _start(story, name)
    story.verify_contact(phone)
    enrolment.choose_office_for_face(phone, "no_camera")
    enrolment.set_pin(phone, PIN)
    return phone


def _enrol_by_face(story: Story, name: str) -> Phone:
    """Enrol somebody of whom the registry has no photo: the officer gets the phone's picture."""
    phone = _start(story, name)
    story.verify_contact(phone)
    take_pictures(resident(name)).write(story.site.folder / "faces" / name)
    if story.show_face(phone, name, [])["state"] != "FACE_AT_COUNTER":
        raise StoryBroken("a face without a registry photo was decided by the machine")
    enrolment.set_pin(phone, PIN)
    return phone


def _confirm(story: Story, phone: Phone) -> str:
    """Scan the next frame that nobody used, and confirm; return the number."""
    seen = story.frame
    until = time.monotonic() + FRAME_SECONDS
    while story.frame == seen:
        if time.monotonic() > until:
            raise StoryBroken("the display does not rotate")
        time.sleep(0.2)
        story.frame = counter.read_display(story.site.kiosk)
    counter.claim(phone, story.frame)
    return str(counter.confirm(phone, PIN)["activation"]["number"])


def _activate(story: Story, operator: CounterOperator, phone: Phone) -> None:
    number = _confirm(story, phone)
    row = operator.wait_for_row()
    if operator.confirm(row["id"], number, face_reason="documents_checked") != "ACTIVATED":
        raise StoryBroken("not activated")
    enrolment.get_status(phone)


def _notice_for(story: Story, phone: Phone) -> str:
    """Return the path of the link in the mail that told of the activation."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < until:
        for file in story.site.outbox.glob("*.json"):
            text = file.read_text("utf-8")
            found = NOTICE.search(text)
            if found and phone.state.email in text:
                return found[0]
        time.sleep(0.2)
    raise StoryBroken("no notice was sent")


def _refused_input(story: Story) -> None:
    """An enrolment with everything wrong, for the problem that names the fields."""
    try:
        story.start("nobody", email="no-address", number="021", nik="123")
    except PhoneError:
        return
    raise StoryBroken("nonsense was accepted")


def _fetch(site: Site, page: str) -> requests.Response:
    answer = requests.get(site.api + page, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()
    return answer
