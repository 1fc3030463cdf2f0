"""`face evaluate` and `face evaluate-challenge`: measure and write the report."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import UTC, datetime

from wallet_api.evaluation.challenge import ChallengePlan, evaluate_challenge
from wallet_api.evaluation.run import Plan, evaluate_photos


def evaluate(options: Namespace) -> str:
    """Measure and write; returns where the report is and its main figures."""
    plan = Plan(
        images=options.images,
        index=options.index,
        report=options.report,
        engines=tuple(dict.fromkeys(options.engine or ["sface"])),
        name=options.name or options.images.resolve().name,
        fused=options.fused,
        seed=options.seed,
        bootstrap=options.bootstrap,
        limit=options.limit,
        processes=options.processes,
        date=options.date or datetime.now(UTC).date(),
    )
    return evaluate_photos(plan, out=sys.stderr)


def evaluate_turns(options: Namespace) -> str:
    """Perform challenge sessions and write how many pass; returns the report."""
    plan = ChallengePlan(
        images=options.images,
        index=options.index,
        report=options.report,
        name=options.name or options.images.resolve().name,
        seed=options.seed,
        bootstrap=options.bootstrap,
        leave_out=tuple(options.leave_out),
        date=options.date or datetime.now(UTC).date(),
    )
    return evaluate_challenge(plan, out=sys.stderr)
