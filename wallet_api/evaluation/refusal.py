"""The one error of an evaluation: what cannot be evaluated, and what to mend."""

from __future__ import annotations


class EvaluationRefused(Exception):
    """The evaluation cannot run as asked. The text says why and what to mend, a line a fault."""
