"""Many threads at one point, started together: what they returned or raised."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def race(works: Sequence[Callable[[], object]]) -> Counter[str]:
    """Do every work at once; count what came of it, by result or by the error's code.

    A database that asks to come again (lock timeout, serialisation) is BUSY, as for a client.
    """
    barrier = Barrier(len(works))

    def go(work: Callable[[], object]) -> str:
        barrier.wait(timeout=30)
        try:
            return str(work())
        except DBAPIError as error:
            return f"BUSY {type(error).__name__}"
        except Exception as error:  # noqa: BLE001 - the test counts them
            return str(getattr(error, "code", type(error).__name__))

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        return Counter(pool.map(go, works))
