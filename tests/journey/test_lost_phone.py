"""A phone is lost, a stranger activates: what the counter's pages and a bank then show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from samples.phone import wallet
from samples.phone.errors import Problem
from tests.journey import bank
from tests.journey.resident import PIN, Resident, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journey.console_page import ConsolePage, DisplayPage
    from tests.journey.office import Office

    Counter = Callable[[Office], tuple[ConsolePage, DisplayPage]]

LINK = re.compile(r"http://\S+/notices/[\w-]+")


def activate(resident: Resident, console: ConsolePage, display: DisplayPage) -> None:
    resident.enrol_at_home()
    resident.scan(display.photograph()[0])
    number = resident.confirm()
    console.meet(resident.shown_name)
    console.type_number(number)
    expect(console.find("person")).to_be_hidden()
    assert resident.status()["state"] == "ACTIVATED"
    resident.receive()


def refusal_of_session(resident: Resident) -> str:
    with pytest.raises(Problem) as refused:
        wallet.open_session(resident.phone, PIN)
    return refused.value.code


def find_link(office: Office, address: str) -> str:
    """Return the link in the newest message to this address that has one."""
    wait_until(lambda: any(LINK.search(one["text"]) for one in office.messages(to=address)))
    found = [LINK.search(one["text"]) for one in office.messages(to=address)]
    return [match[0] for match in found if match][-1]


def test_a_second_phone_replaces_the_lost_one_and_not_me_blocks_it(
    office: Office, at_counter: Counter, open_page: Callable[[str], Page]
) -> None:
    console, display = at_counter(office)
    lost, new = Resident(office, "longest"), Resident(office, "longest")
    activate(lost, console, display)
    bank.wait_for_status(office, lost, "good")
    assert bank.check(office, lost.show_card())["code"] == "VALID"

    activate(new, console, display)
    assert refusal_of_session(lost) == "WALLET_CLOSED"
    bank.wait_for_status(office, lost, "revoked")
    assert bank.check(office, lost.show_card())["code"] == "REVOKED"
    bank.wait_for_status(office, new, "good")
    assert bank.check(office, new.show_card())["code"] == "VALID"

    page = open_page(find_link(office, lost.email))  # the owner of the lost phone is told
    page.get_by_role("heading").wait_for()
    page.reload()
    assert office.count("notice_link WHERE used_at IS NOT NULL") == 0
    assert wallet.open_session(new.phone, PIN).scope == "full"  # looking blocked nothing
    page.get_by_role("button").click()
    expect(page.locator("main.blocked")).to_be_visible()
    assert refusal_of_session(new) == "WALLET_BLOCKED"
    bank.wait_for_status(office, new, "suspended")
    assert bank.check(office, new.show_card())["code"] == "SUSPENDED"
