"""The clock believes signed answers to its own question, and nothing else."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.jwk import b64url_encode, public_jwk
from credentials.signing import PemSigner, generate_pem
from enrolment_kiosk.client import ApiClient
from enrolment_kiosk.clock import KioskClock, read_time_token
from enrolment_kiosk.errors import ClockError
from tests.enrolment_kiosk.api_signing import time_token
from tests.enrolment_kiosk.counter_pc import CounterPc, running_kiosk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.enrolment_kiosk.api_simulator import ApiSimulator

SIGNER = PemSigner(generate_pem())
KEY = public_jwk(SIGNER.public_key)


class TwoClocks:
    """A PC whose wall clock and steady clock are set by hand."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 50.0

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def clock(self) -> KioskClock:
        return KioskClock(wall=lambda: self.wall, steady=lambda: self.steady)


def test_a_good_token_gives_its_time() -> None:
    assert read_time_token(time_token(SIGNER, 12.5, "n"), nonce="n", time_key=KEY) == 12.5


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (time_token(PemSigner(generate_pem()), 12.5, "n"), "TIME_SIGNATURE"),
        (time_token(SIGNER, 12.5, "of yesterday"), "TIME_NONCE"),
        (time_token(SIGNER, 12.5, "n", typ="ikd-kiosk+jwt"), "TIME_HEADER"),
        (time_token(SIGNER, -1.0, "n"), "TIME_FORMAT"),
        (time_token(SIGNER, unix=True, nonce="n"), "TIME_FORMAT"),
        (time_token(SIGNER, float("nan"), "n"), "TIME_FORMAT"),
        (time_token(SIGNER, 12.5, "n") + ".x", "TIME_FORMAT"),
        ("", "TIME_FORMAT"),
        (".".join([b64url_encode(b"[]"), b64url_encode(b"{}"), ""]), "TIME_FORMAT"),
        (
            ".".join(
                b64url_encode(json.dumps(part).encode())
                for part in ({"alg": "none", "typ": "ikd-time+jwt"}, {"iat": 1, "nonce": "n"}, 0)
            ),
            "TIME_HEADER",
        ),
    ],
)
def test_other_tokens_are_refused(token: str, code: str) -> None:
    with pytest.raises(ClockError) as refused:
        read_time_token(token, nonce="n", time_key=KEY)
    assert refused.value.code == code


@given(st.text(max_size=300) | st.tuples(*[st.binary(max_size=60)] * 3))
def test_any_text_is_refused_with_our_one_error(noise: str | tuple[bytes, ...]) -> None:
    token = noise if isinstance(noise, str) else ".".join(b64url_encode(part) for part in noise)
    with pytest.raises(ClockError):
        read_time_token(token, nonce="n", time_key=KEY)


def test_half_the_round_trip_is_added() -> None:
    pc = TwoClocks()
    clock = pc.clock()
    pc.pass_time(2.0)
    clock.believe(5000.0, asked=50.0, answered=52.0)
    assert clock.now() == 5001.0
    pc.pass_time(10.0)
    assert clock.now() == 5011.0
    assert clock.drift == pytest.approx(1_000_002.0 - 5001.0)


def test_a_slow_answer_is_worth_nothing() -> None:
    pc = TwoClocks()
    with pytest.raises(ClockError) as refused:
        pc.clock().believe(5000.0, asked=50.0, answered=54.1)
    assert refused.value.code == "TIME_TOO_SLOW"


def test_sleep_is_counted_and_a_clock_set_back_is_not_followed() -> None:
    pc = TwoClocks()
    clock = pc.clock()
    clock.believe(5000.0, asked=50.0, answered=50.0)
    pc.wall += 3600.0
    assert clock.now() == 8600.0
    assert clock.has_jumped
    clock.believe(8600.0, asked=50.0, answered=50.0)
    assert not clock.has_jumped
    pc.wall -= 86_400.0
    assert clock.now() == 8600.0
    assert clock.has_jumped


def test_frames_and_statements_follow_the_server_and_the_drift_is_named(
    home: Path, sim: ApiSimulator, open_page: Callable[..., Page]
) -> None:
    sim.bend.clock_ahead = 3600.0
    with running_kiosk(home) as counter:
        _wait_until(lambda: counter.kiosk.clock.is_checked)
        operator = sim.operators["rina"]
        counter.kiosk.console.sign_in(
            username="rina", password=operator.password, totp=operator.code(), language="id"
        )
        page = open_page(f"{counter.url}/display")
        page.locator("#drift").wait_for()
        assert "selisih 3600 detik" in page.locator("#drift").inner_text()
        asked = time.time() + 3600
        drawn = counter.kiosk.display.find_frame()
        answered = time.time() + 3600
        assert drawn is not None
        period = counter.kiosk.display.rotate_seconds
        assert asked - 0.5 < drawn.next_at < answered + period + 0.5


def test_a_clock_that_is_off_is_mended_when_the_api_complains(
    home: Path, sim: ApiSimulator
) -> None:
    with running_kiosk(home) as counter:
        _wait_until(lambda: counter.kiosk.clock.is_checked)
        sim.bend.clock_ahead = 1000.0
        operator = sim.operators["rina"]
        session = counter.kiosk.console.sign_in(
            username="rina", password=operator.password, totp=operator.code(), language="id"
        )
        assert session.operator.name == "Rina Wulandari"


@pytest.mark.parametrize("bend", ["time_forged", "time_nonce"])
def test_forged_or_replayed_time_moves_nothing_and_is_named(
    counter: CounterPc, sim: ApiSimulator, open_page: Callable[..., Page], bend: str
) -> None:
    _wait_until(lambda: counter.kiosk.clock.is_checked)
    before = counter.kiosk.clock.drift
    setattr(sim.bend, bend, "another nonce" if bend == "time_nonce" else True)
    sim.bend.clock_ahead = 5000.0
    _wait_until(lambda: counter.kiosk.heartbeat.is_refused)
    assert counter.kiosk.clock.drift == pytest.approx(before, abs=0.5)
    page = open_page(f"{counter.url}/display")
    page.locator("#unchecked").wait_for()


def test_without_a_pinned_key_there_is_no_time_to_believe(sim: ApiSimulator) -> None:
    client = ApiClient(sim.url, identity=SIGNER, time_key=None, clock=KioskClock())
    with pytest.raises(ClockError):
        client.sync_clock()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
