"""The page behind a notice's link, over HTTP."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode

import pytest

from tests.wallet_api.counter_desk import confirm, enrol, open_counter
from tests.wallet_api.signed_http import open_client
from tests.wallet_api.simulators import World
from wallet_api.services import notices

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def path(world: World) -> str:
    """The address in the mail, without its host."""
    counter = open_counter(world)
    desk = counter.sign_in(counter.add_operator())
    phone = enrol(world)
    confirm(world, desk, phone, phone.come_to(counter))
    wallet = phone.row().wallet_id
    assert wallet is not None
    with world.deps.transaction() as db:
        link = notices.make_link(db, world.deps, wallet)
    return link.removeprefix("https://wallet.test")


def test_the_page_asks_in_indonesian_and_offers_english(world: World, path: str) -> None:
    http = open_client(world)
    page = http.get(path)
    assert page.status_code == 200
    assert 'lang="id"' in page.text
    assert "Bukan Anda yang mengaktifkan?" in page.text
    assert "23 November 2026, 12.00 WIB" in page.text
    english = http.get(path, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "Was it not you?" in english.text
    assert "Was it not you?" in http.get(f"{path}?lang=en").text


def test_only_the_form_blocks(world: World, path: str) -> None:
    http = open_client(world)
    for method in (http.get, http.head):
        method(path)
    assert "<form" in http.get(path).text
    done = http.post(f"{path}?lang=en", data={})
    assert (done.status_code, "It is blocked" in done.text) == (200, True)
    assert "<form" not in http.get(path).text


def test_an_unknown_link_is_a_page_as_well(world: World) -> None:
    http = open_client(world)
    for answer in (http.get("/notices/unknown"), http.post("/notices/unknown")):
        assert answer.status_code == 404
        assert answer.mimetype == "text/html"
        assert "Tautan tidak berlaku" in answer.text


def test_the_page_runs_no_script_and_loads_nothing(world: World, path: str) -> None:
    page = open_client(world).get(path)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style is not None
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "<script" not in page.text
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)


def test_the_address_stays_with_its_reader(world: World, path: str) -> None:
    headers = open_client(world).get(path).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"
