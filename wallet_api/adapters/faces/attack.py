"""Presentation attack detection: none that could be had may gate a citizen, and this says so.

The best passive model measured refused 40 % of living people at the error rate that would make
it useful. The place is kept for an evaluated product.
"""

from __future__ import annotations

from wallet_api.ports.faces import Liveness


class NoAttackDetection:
    """PresentationAttackDetector that looks at nothing and claims nothing."""

    def evaluate(self, frames: tuple[bytes, ...]) -> Liveness:  # noqa: ARG002 - the port's shape
        """Return "not_evaluated"."""
        return "not_evaluated"
