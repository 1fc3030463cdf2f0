"""Sends callers away before any work is done for them, when no face could be compared for them.

A flood of comparisons (threat T05) is refused for the price of a request's frame: no signature is
checked, no nonce and no attempt used, no frame decrypted. Who is sent away repeats the very same
request later; who is let in here may still meet a queue that has filled up meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from wallet_api.ports.faces import BoundedMatcher
from wallet_api.web import guards

View = Callable[..., Any]


def demanded(view: View) -> View:
    """Demand room in the matcher's queue before the view's guard; raises ``FaceBusy``."""

    @wraps(view)
    def bounded(**kwargs: object) -> object:
        faces = guards.deps().faces
        if isinstance(faces, BoundedMatcher):
            faces.demand_room()
        return view(**kwargs)

    return bounded
