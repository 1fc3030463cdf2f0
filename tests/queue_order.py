"""In which order, and how much together, the files of tests go to the processes that run them.

More processes than cores: a long file mostly waits for the programs, browsers and clocks of its
tests. So they are begun early and spread among the short ones, which use the cores meanwhile; and
none is left for the end, when the other processes have nothing to do any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    import pytest

# What one process runs, since its files share something that takes long to start: folders, and
# those files of the journey that need no office of their own.
TOGETHER = {
    "tests/conformance/": "tests/conformance",
    "tests/interop/": "tests/interop",
    "tests/journey/test_face_sessions.py": "tests/journey/test_face_sessions.py",
    "tests/journey/test_desk_without_network.py": "tests/journey/test_desk_without_network.py",
    "tests/journey/": "tests/journey",
}
LONG = (
    "tests/journey",
    "tests/journey/test_face_sessions.py",
    "tests/deploy/test_production.py",
    "tests/journey/test_desk_without_network.py",
    "tests/interop",
    "tests/samples/test_demo.py",
    "tests/verifier/desk/test_page.py",
    "tests/verifier/openid4vp/test_page.py",
    "tests/enrolment_kiosk/test_face_review.py",
    "tests/enrolment_kiosk/test_console.py",
    "tests/enrolment_kiosk/test_console_session.py",
    "tests/enrolment_kiosk/test_pictures.py",
    "tests/enrolment_kiosk/test_display.py",
    "tests/wallet_api/evaluation/test_report.py",
    "tests/wallet_api/evaluation/test_challenge.py",
    "tests/wallet_api/faces/test_pool_faults.py",
)
"""The longest first."""
_SPREAD_OVER = 0.7  # of the short files


class SharedStart(LoadFileScheduling):
    """Whole files, and those together that share what takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """Return the name of what goes to one process as a whole."""
    file = nodeid.partition("::")[0]
    return next((unit for start, unit in TOGETHER.items() if file.startswith(start)), file)


def spread(items: list[pytest.Item]) -> None:
    """Sort: each long unit, followed by its share of the short ones."""
    units: dict[str, list[pytest.Item]] = {}
    for item in items:
        units.setdefault(unit_of(item.nodeid), []).append(item)
    short = [unit for unit in units if unit not in LONG]
    share = int(len(short) * _SPREAD_OVER / len(LONG))
    order: list[str] = []
    for number, unit in enumerate(LONG):
        order += [unit, *short[number * share : (number + 1) * share]]
    order += short[len(LONG) * share :]
    items[:] = [item for unit in order for item in units.get(unit, ())]


def stale() -> list[str]:
    """Return what is named here and is not there."""
    root = Path(__file__).parents[1]
    return [name for name in (*TOGETHER, *LONG) if not (root / name).exists()]
