"""What a desk's checks are held against all day: bundles that come, policies in them, the clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from credentials.bundle_policies import pack_policies
from samples.vectors_world import CARD, DAY, HOUR, KYC, NOW
from tests.verifier.conftest import bundle_bytes
from tests.verifier.desk.desk_pc import DeskPc, SetClock, running_desk
from verifier.bundle import trust_bundle
from verifier.policy.bundled import choose_policy
from verifier.policy.files import policy_bytes
from verifier.replay import MemoryReplay
from verifier.roots import load_root
from verifier.state import StateFolder


def test_a_newer_bundle_is_used_without_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "bundle.cose").write_bytes(bundle_bytes(version=12))
    with running_desk(bundle=None, state=state) as pc:
        assert pc.check(CARD.shown())["code"] == "VALID"
        (state / "new").write_bytes(bundle_bytes(version=13))
        (state / "new").replace(state / "bundle.cose")
        assert pc.desk.terminal.bundle().version == 13
        (state / "new").write_bytes(bundle_bytes(version=11))
        (state / "new").replace(state / "bundle.cose")
        warnings = pc.post("/challenge/end", {}).json()["warnings"]
        assert pc.desk.terminal.bundle().version == 13
        assert any("BUNDLE_ROLLED_BACK" in one["text"] for one in warnings)


@pytest.mark.parametrize(
    ("hours", "state", "weight"), [(1, "fresh", None), (30, "old", "warn"), (80, "too_old", "bad")]
)
def test_the_bundles_age_is_told_warned_of_and_refused(
    tmp_path: Path, hours: int, state: str, weight: str | None
) -> None:
    file = tmp_path / "bundle.cose"
    file.write_bytes(bundle_bytes(issued_at=NOW - hours * HOUR, status_as_of=NOW - hours * HOUR))
    with running_desk(bundle=file) as pc:
        told = pc.post("/challenge/end", {}).json()
        assert told["bundle"]["state"] == state
        assert [one["weight"] for one in told["warnings"]] == ([weight] if weight else [])
        assert pc.check(CARD.shown())["accepted"] is (state != "too_old")


def test_a_bundle_near_its_end_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "bundle.cose"
    file.write_bytes(bundle_bytes(expires_at=NOW + 2 * HOUR))
    with running_desk(bundle=file) as pc:
        assert pc.desk.terminal.bundle_age().state == "old"
        pc.time.pass_by(3 * HOUR)
        assert pc.desk.terminal.bundle_age().state == "too_old"


def test_a_clock_that_goes_back_stops_the_desk(pc: DeskPc) -> None:
    pc.time.pass_by(2 * HOUR)
    assert pc.check(CARD.shown(at=int(pc.time.at)))["code"] == "VALID"
    pc.time.at -= HOUR
    told = pc.check(KYC.shown(at=int(pc.time.at)))
    assert (told["code"], told["tone"]) == ("CLOCK_SUSPECT", "device")
    assert "jalankan meja ini lagi" in told["next"]


def test_a_bundle_for_newer_verifiers_is_told_before_the_first_check(tmp_path: Path) -> None:
    file = tmp_path / "bundle.cose"
    file.write_bytes(bundle_bytes(minimum_app_version="9999.0.0"))
    with running_desk(bundle=file) as pc:
        warnings = pc.post("/challenge/end", {}).json()["warnings"]
        assert any("PROGRAM TERLALU LAMA" in one["text"] for one in warnings)


def test_a_computer_that_slept_is_no_suspect(pc: DeskPc) -> None:
    pc.time.at += 10 * HOUR
    assert pc.check(CARD.shown(at=int(pc.time.at)))["code"] == "VALID"


def test_three_phones_that_are_off_alike_cast_doubt_on_this_clock(pc: DeskPc) -> None:
    def warnings() -> str:
        return str(pc.post("/challenge/end", {}).json()["warnings"])

    pc.time.at += 2 * HOUR + 600
    for number, profile in enumerate(("full", "kyc", "boarding")):
        assert "ponsel" not in warnings()
        told = pc.check(CARD.but(profile=profile).shown(at=NOW + number))
        assert told["code"] == "NOT_FRESH"
    assert "tertinggal 2 jam" in warnings()
    pc.time.at = NOW + 10
    assert pc.check(KYC.shown(at=NOW + 9))["code"] == "VALID"
    assert "ponsel" not in warnings()


@pytest.mark.parametrize(
    ("days", "code", "told"),
    [(365, "BUNDLE_EXPIRED", "tertinggal 365 hari"), (-365, "CLOCK_SUSPECT", "mendahului jam")],
)
def test_a_clock_that_is_off_by_a_year_accepts_nothing_and_is_pointed_out_by_phones(
    days: int, code: str, told: str
) -> None:
    year_off = SetClock(at=NOW + days * DAY)
    with running_desk(time=year_off) as pc:
        for profile in ("full", "kyc", "boarding"):
            said = pc.check(CARD.but(profile=profile).shown(at=NOW))
            assert (said["code"], said["accepted"], said["tone"]) == (code, False, "device")
        moment = year_off.wall().strftime("%Y-%m-%d")
        clocks = [text for label, text in said["facts"] if label == "Jam perangkat ini"]
        assert clocks[0].startswith(moment)
        assert told in str(pc.post("/challenge/end", {}).json()["warnings"])


def test_screenshots_of_all_ages_cast_no_doubt(pc: DeskPc) -> None:
    for age, profile in ((300, "full"), (9000, "kyc"), (90, "boarding"), (90, "boarding")):
        assert pc.check(CARD.but(profile=profile).shown(at=NOW - age))["code"] == "NOT_FRESH"
    assert pc.desk.phone_clocks.suspicion() is None


def test_a_bundle_file_that_vanishes_changes_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "bundle.cose").write_bytes(bundle_bytes(version=12))
    with running_desk(bundle=None, state=state) as pc:
        (state / "bundle.cose").unlink()
        assert pc.check(CARD.shown())["code"] == "VALID"
        assert pc.desk.terminal.problem is not None


def test_a_floor_of_another_run_holds(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "bundle.cose").write_bytes(bundle_bytes(version=12))
    (state / "state.json").write_text(
        json.dumps({"bundle_version": 12, "clock_floor": NOW + DAY}), "utf-8"
    )
    with running_desk(bundle=None, state=state) as pc:
        assert pc.check(CARD.shown())["code"] == "CLOCK_SUSPECT"


def test_a_state_folder_that_cannot_be_used_is_a_fault_and_no_verdict(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "bundle.cose").write_bytes(bundle_bytes(version=12))
    with running_desk(bundle=None, state=state) as pc:
        (state / "replay").write_text("in the way")
        told = pc.check(CARD.shown())
        assert (told["code"], told["accepted"], told["tone"]) == ("DESK_FAULT", False, "device")


def bundle_with(*policies: bytes, version: int) -> bytes:
    return bundle_bytes(version=version, policies=pack_policies(policies))


def test_a_policy_of_the_bundle_changes_with_it_and_is_missed_when_it_goes(tmp_path: Path) -> None:
    """Without a restart; and what the registry took back is not checked by any longer."""
    state = tmp_path / "state"
    file = json.loads(policy_bytes("default"))
    counter = json.dumps(file | {"name": "counter"}).encode()
    strict = {"name": "counter", "required": ["plate"], "title": {"id": "Ketat", "en": "Strict"}}
    held = StateFolder(state)

    def install(version: int, *policies: bytes) -> None:
        data = bundle_with(*policies, version=version)
        held.install(data, trust_bundle(data, root=load_root()))

    install(20, counter)
    with running_desk(bundle=None, state=state, policy=choose_policy("bundle:counter")) as pc:
        assert pc.check(CARD.shown())["code"] == "VALID"
        install(21, json.dumps(file | strict).encode())
        told = pc.check(CARD.shown(at=NOW - 1))
        assert (told["code"], told["accepted"]) == ("FIELD_MISSING", False)
        assert "Ketat" in requests.get(pc.url, timeout=20).text
        install(22)
        told = pc.check(CARD.shown(at=NOW - 2))
        assert (told["code"], told["accepted"], told["tone"]) == ("DESK_FAULT", False, "device")
        assert "tidak (lagi) memuat" in told["next"]
        warnings = pc.post("/challenge/end", {}).json()["warnings"]
        assert any("POLICY_NOT_IN_BUNDLE" in one["text"] for one in warnings)
        install(23, counter)
        assert pc.check(CARD.shown(at=NOW - 3))["accepted"] is True


def test_an_outcome_names_the_bundle_it_was_checked_with_also_when_one_comes_meanwhile(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "bundle.cose").write_bytes(bundle_bytes(version=12))

    class MeanwhileNewer(MemoryReplay):
        def remember(self, key: bytes, at: int) -> bool:
            (state / "bundle.cose").write_bytes(bundle_bytes(version=13))
            return super().remember(key, at)

    with running_desk(bundle=None, state=state) as pc:
        pc.desk.terminal.replay = MeanwhileNewer()
        assert pc.check(CARD.shown())["code"] == "VALID"
        assert pc.told[0].bundle.version == 12
        assert pc.desk.terminal.bundle().version == 13
