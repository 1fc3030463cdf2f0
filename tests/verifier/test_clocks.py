"""A terminal whose clock is wrong: it accepts nothing, and says which time it believes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from samples.vectors_world import CARD, DAY, NOW
from tests.verifier.conftest import AT, BUNDLE, Run, bundle_bytes
from tests.verifier.desk.desk_pc import SetClock
from verifier.bundle import TrustedBundle, trust_bundle
from verifier.commands import Terms, _look
from verifier.policy import load_policy
from verifier.roots import load_root
from verifier.verdict import Refused
from verifier.verify import verify

RunCommand = Callable[..., Run]


@pytest.mark.parametrize(
    ("days", "code", "advice"),
    [(365, "BUNDLE_EXPIRED", "clock is ahead"), (-365, "CLOCK_SUSPECT", "clock is behind")],
)
def test_a_year_off_nothing_is_accepted_and_the_clock_is_told(
    run: RunCommand, days: int, code: str, advice: str
) -> None:
    when = AT + timedelta(days=days)
    text = CARD.shown(at=int(when.timestamp()))
    done = run("check", text, "--bundle", BUNDLE, "--now", when.isoformat(), "--lang", "en")
    assert done.code == 1
    assert advice in done.out
    assert f"This device's clock    {when:%Y-%m-%d}" in done.out
    assert code in done.out


def test_a_camera_notices_a_clock_that_is_set_back_while_it_looks(bundle: TrustedBundle) -> None:
    time = SetClock()
    clock = time.clock()
    terms = Terms(bundle, load_policy("default"), None, None)
    assert _look(CARD.shown(), terms, clock).valid
    time.pass_by(900)
    time.at = NOW + 1  # an old proof would be fresh again
    report = _look(CARD.shown(), terms, clock)
    assert (report.valid, str(report.verdict.code)) == (False, "CLOCK_SUSPECT")


def test_a_state_folder_keeps_the_newest_signed_time_from_one_run_to_the_next(
    run: RunCommand, tmp_path_factory: pytest.TempPathFactory
) -> None:
    state = tmp_path_factory.mktemp("state")
    assert run("bundle", "install", BUNDLE, "--state", state, "--now", AT.isoformat()).code == 0
    before = AT - timedelta(hours=3)
    text = CARD.shown(at=int(before.timestamp()))
    done = run("check", text, "--state", state, "--now", before.isoformat(), "--json")
    assert done.json["code"] == "CLOCK_SUSPECT"


@pytest.mark.parametrize(
    ("away", "code"),
    [
        (timedelta(days=-30), "CLOCK_SUSPECT"),
        (timedelta(hours=-1), "CLOCK_SUSPECT"),
        (timedelta(), "EXPIRED"),
        (timedelta(hours=1), "EXPIRED"),
        (timedelta(days=30), "BUNDLE_EXPIRED"),
    ],
)
def test_t23_no_clock_brings_an_expired_credential_back(away: timedelta, code: str) -> None:
    held = trust_bundle(bundle_bytes(issued_at=NOW, status_as_of=NOW), root=load_root())
    expired = CARD.but(issued_at=NOW - 14 * DAY, expires_at=NOW - 60)
    when = AT + away
    text = expired.shown(at=int(when.timestamp()))
    with pytest.raises(Refused) as caught:
        verify(text, bundle=held, policy=load_policy("default"), now=when)
    assert str(caught.value.code) == code
