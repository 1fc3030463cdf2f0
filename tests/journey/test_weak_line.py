"""The face step over 64 kbit/s with one packet in twenty lost, and with the line cut on the way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from samples.faces.captures import take_pictures
from tests.journey.resident import Resident, wait_until
from tests.journey.weak_line import BITS_PER_SECOND, weak_line

if TYPE_CHECKING:
    from tests.journey.office import Office

LONGEST_SECONDS = 90.0
OUTPUT_SECONDS = 20.0


def test_digests_arrive_in_time_and_frames_later_over_a_line_that_breaks(office: Office) -> None:
    resident = Resident(office, "merauke")
    resident.start()
    resident.type_codes()
    folder = resident.home.folder / "camera"
    take_pictures(resident.person, take="weak", small=True).write(folder)
    captures = f"face_capture WHERE enrolment_id = '{resident.phone.state.enrolment}'"
    here = f"face_frame WHERE capture_id IN (SELECT id FROM {captures})"
    arrived = f"{here} AND sealed IS NOT NULL"
    with weak_line(office.site.api_port) as line:
        words = ("--home", str(resident.home.folder), "--api", line.address, "--lang", "en")
        command = (*words, "face", "--folder", str(folder))
        begin = time.monotonic()
        phone = line.start_phone(*command)
        wait_until(lambda: office.count(arrived) >= 2, seconds=LONGEST_SECONDS)
        assert office.count(here) == 9, "a frame came before all were promised"
        line.cut()  # the phone asks what is missing and goes on
        wait_until(lambda: office.count(arrived) >= 4, seconds=LONGEST_SECONDS)
        phone.kill()
        phone.communicate()
        kept = office.count(arrived)
        assert kept < 9
        again, _ = line.start_phone(*command).communicate(timeout=LONGEST_SECONDS)
        seconds = time.monotonic() - begin
    assert "State: FACE_VERIFIED" in again, again
    assert ">" not in again, "the prompts were asked again"
    assert office.count(f"{captures} AND state = 'USED'") == office.count(captures) == 1
    assert line.up.lost > 0
    assert line.up.carried * 8 / seconds <= BITS_PER_SECOND
