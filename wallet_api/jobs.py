"""Work apart from requests: ``python -m wallet_api jobs NAME`` (rule 11).

Each job runs once and is safe to run twice and beside itself. ``work`` runs
what is due, until it is told to stop; any number of them may run beside each
other: a message is taken by one worker, a periodic job by the one that moves
its row.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Final

from wallet_api.bootstrap import make_deps, start_logging
from wallet_api.config import load_settings
from wallet_api.errors import ConfigurationError
from wallet_api.services import (
    housekeeping,
    job_runs,
    messages,
    outbox,
    publication,
    registry_checks,
    renewals,
)
from wallet_api.services.deps import Deps
from wallet_api.services.outbox import Handler, TryAgain

LOG: Final = logging.getLogger("wallet_api.jobs")
IDLE_SECONDS: Final = 0.25  # the outbox is looked at this often
TURN: Final = 20  # messages before the periodic jobs get their turn
MINUTE: Final = timedelta(minutes=1)


def _guarded(handler: Handler) -> Handler:
    """Let one broken message wait its turn again instead of ending the worker."""

    def handle(deps: Deps, payload: dict[str, object]) -> None:
        try:
            handler(deps, payload)
        except TryAgain as again:
            LOG.warning("postponed", extra={"fields": {"reason": str(again)[:80]}})
            raise
        except Exception as error:
            LOG.exception("message failed", extra={"fields": {"reason": type(error).__name__}})
            raise TryAgain(type(error).__name__) from None

    return handle


HANDLERS: Final[Mapping[str, Handler]] = {
    "email": _guarded(messages.deliver_email),
    "sms": _guarded(messages.deliver_sms),
    "registry_check": _guarded(registry_checks.run),
}
"""Who does which kind of outbox message."""


def work_off_outbox(deps: Deps) -> int:
    """Do every message that is due."""
    done = 0
    while some := outbox.work_off(deps, HANDLERS):
        done += some
    return done


def publish(deps: Deps) -> int:
    """Publish status lists and bundle now; 1, or 0 when another publisher was first."""
    return int(publication.publish(deps) is not None)


def publish_if_due(deps: Deps) -> int:
    """Publish when something changed or the last publication is old."""
    return publish(deps) if publication.is_due(deps) else 0


@dataclass(frozen=True, slots=True)
class Job:
    """One entry of the table: what it does, and how often ``work`` runs it."""

    run: Callable[[Deps], int]
    text: str
    every: timedelta
    in_work: Callable[[Deps], int] | None = None  # what ``work`` runs instead


JOBS: Final[Mapping[str, Job]] = {
    "outbox": Job(work_off_outbox, "deliver messages, ask the registry", timedelta(0)),
    "publish": Job(
        publish, "write bundle and status lists", timedelta(seconds=1), in_work=publish_if_due
    ),
    "expire": Job(housekeeping.expire, "end enrolments whose time is over", MINUTE),
    "cleanup": Job(housekeeping.clean_up, "delete what has served its purpose", MINUTE),
    "renewals": Job(renewals.follow_registry, "mark what changed in the registry", MINUTE),
}


class Worker:
    """Runs what is due until it is told to stop; what it is at, it finishes."""

    def __init__(self, deps: Deps, names: tuple[str, ...]) -> None:
        """``names``: the jobs this worker does."""
        self._deps = deps
        self._names = names
        self.stopping = False

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask it to end after the present item (a signal handler)."""
        self.stopping = True

    def run(self) -> None:
        """Work until told to stop."""
        while not self.stopping:
            if self.turn() == 0 and not self.stopping:
                time.sleep(IDLE_SECONDS)

    def turn(self) -> int:
        """Do some messages and each periodic job that is due; return how much was done."""
        done = self._messages() if "outbox" in self._names else 0
        for name in self._names:
            if name != "outbox" and not self.stopping:
                done += self._periodic(name, JOBS[name])
        return done

    def drain(self) -> None:
        """Run everything once: all due messages, each periodic job that is due."""
        while self.turn() and not self.stopping:
            pass

    def _messages(self) -> int:
        try:
            done = outbox.work_off(self._deps, HANDLERS, most=TURN, stop=lambda: self.stopping)
        except Exception:  # the database is away: try again, do not die
            LOG.exception("job failed", extra={"fields": {"job": "outbox"}})
            return 0
        if done:
            LOG.info("job", extra={"fields": {"job": "outbox", "done": done}})
        return done

    def _periodic(self, name: str, job: Job) -> int:
        began = time.perf_counter()
        try:
            if not job_runs.claim(self._deps, name):
                return 0
            try:
                done = (job.in_work or job.run)(self._deps)
            except Exception:
                job_runs.fail(self._deps, name, every=job.every)
                raise
            job_runs.finish(self._deps, name, every=job.every)
        except Exception:
            LOG.exception("job failed", extra={"fields": {"job": name}})
            return 0
        if done:
            took = round((time.perf_counter() - began) * 1000, 1)
            LOG.info("job", extra={"fields": {"job": name, "done": done, "ms": took}})
        return done


def main(argv: list[str] | None = None) -> int:
    """Run one job, or ``work``; 0 when it ended well, 1 when not, 2 for a wrong command."""
    options = _parser().parse_args(argv)
    if options.list or options.name is None:
        for name, job in JOBS.items():
            sys.stdout.write(f"{name:10} {job.text}\n")
        sys.stdout.write(f"{'work':10} run what is due, until SIGTERM\n")
        return 0
    try:
        settings = load_settings()
        start_logging(settings)
        deps = make_deps(settings)
    except ConfigurationError as error:
        sys.stderr.write("\n".join(str(line) for line in _faults(error)) + "\n")
        return 2
    if options.name == "work":
        return _work(deps, once=options.once, names=tuple(options.only or JOBS))
    return _run(deps, options.name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m wallet_api jobs", description=__doc__)
    parser.add_argument("name", nargs="?", choices=[*JOBS, "work"], help="the job to run")
    parser.add_argument("--list", action="store_true", help="list the jobs and end")
    parser.add_argument("--once", action="store_true", help="work: end when nothing is due")
    parser.add_argument(
        "--only", action="append", choices=list(JOBS), help="work: this job only (repeatable)"
    )
    return parser


def _faults(error: ConfigurationError) -> list[object]:
    faults = error.facts.get("errors")
    return faults if isinstance(faults, list) else [error.code]


def _run(deps: Deps, name: str) -> int:
    began = time.perf_counter()
    try:
        done = JOBS[name].run(deps)
    except Exception:
        LOG.exception("job failed", extra={"fields": {"job": name}})
        return 1
    took = round((time.perf_counter() - began) * 1000, 1)
    LOG.info("job", extra={"fields": {"job": name, "done": done, "ms": took}})
    return 0


def _work(deps: Deps, *, once: bool, names: tuple[str, ...]) -> int:
    worker = Worker(deps, names)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    LOG.info("working", extra={"fields": {"job": ",".join(names)}})
    worker.drain() if once else worker.run()
    LOG.info("stopped")
    return 0
