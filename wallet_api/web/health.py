"""For machines that watch the service: alive, ready, and measured.

None of the three says anything of a person. The outer nginx shows ``/healthz``
and keeps the other two inside (deploy/nginx).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from apiflask import APIBlueprint
from flask import Response, current_app, jsonify
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from wallet_api.services import vital_signs
from wallet_api.services.deps import Deps
from wallet_api.services.vital_signs import Signs
from wallet_api.web import guards
from wallet_api.web.schemas.operations import Alive, Ready

bp = APIBlueprint("health", __name__, tag="Operations")

METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
NOT_READY: Final = 503
_TEXT: dict[int | str, dict[str, str | dict[str, dict[str, Any]]]] = {
    200: {"description": "Metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@bp.get("/healthz")
@guards.open_to_all
@bp.output(Alive)
def healthz() -> dict[str, object]:
    """Say that this worker answers; asks nothing of anybody else."""
    return {"status": "ok"}


@bp.get("/readyz")
@guards.open_to_all
@bp.output(Ready)
@bp.doc(responses={503: "Something that every request needs is missing; the body says what"})
def readyz() -> Response:
    """Say whether requests can be answered: database, keys; and how old the lists are."""
    found = vital_signs.check(guards.deps())
    answer = {
        "status": "ok" if found.ready else "not ready",
        "checks": found.checks,
        "lists_age_seconds": found.lists_age_seconds,
    }
    response = jsonify(answer)
    response.status_code = 200 if found.ready else NOT_READY
    return response


@bp.get("/metrics")
@guards.open_to_all
@bp.doc(responses=_TEXT)
def metrics() -> Response:
    """Measure all workers together, in the Prometheus text format."""
    services = guards.deps()
    text = generate_latest(_all_workers()) + generate_latest(_of_database(services))
    return Response(text, content_type=METRICS_TYPE)


def _all_workers() -> CollectorRegistry:
    """Add up every worker's counters; one process alone has only its own."""
    together = CollectorRegistry()
    try:
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # untyped there
    except ValueError:  # not under gunicorn: no folder to meet in
        alone: CollectorRegistry = current_app.extensions["metrics"].registry
        return alone
    return together


def _of_database(services: Deps) -> CollectorRegistry:
    registry = CollectorRegistry()
    try:
        signs = vital_signs.read(services)
    except Exception:  # noqa: BLE001 - the requests' counters must come out whatever the database does
        registry.register(_Once([_gauge("wallet_database_up", "1 when the database answers", 0)]))
        return registry
    registry.register(_Once(_families(services, signs)))
    return registry


class _Once(Collector):
    """Hands out metrics that were read just now."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Return them."""
        return iter(self._families)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _families(services: Deps, signs: Signs) -> Iterator[Metric]:
    yield _gauge("wallet_database_up", "1 when the database answers", 1)
    yield from _backlog(signs)
    yield from _jobs(signs)
    if signs.version is not None and signs.lists_age_seconds is not None:
        yield _gauge("wallet_bundle_version", "Version of the published bundle", signs.version)
        age = signs.lists_age_seconds
        yield _gauge("wallet_lists_age_seconds", "Age of the published lists", age)
    yield _gauge(
        "wallet_issuing_stopped",
        "1 when the kill switch is on",
        int(services.settings.issuing_stopped),
    )


def _backlog(signs: Signs) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("wallet_outbox_waiting", "Messages that are due", labels=["kind"])
    retried = GaugeMetricFamily("wallet_outbox_retried", "Of these, tried before", labels=["kind"])
    oldest = GaugeMetricFamily(
        "wallet_outbox_oldest_seconds", "Age of the oldest that is due", labels=["kind"]
    )
    for held in signs.backlog:
        waiting.add_metric([held.kind], held.waiting)
        retried.add_metric([held.kind], held.retried)
        oldest.add_metric([held.kind], held.oldest_seconds)
    yield from (waiting, retried, oldest)


def _jobs(signs: Signs) -> Iterator[Metric]:
    ended = GaugeMetricFamily(
        "wallet_job_finished_timestamp_seconds", "When a job last ended well", labels=["job"]
    )
    failures = GaugeMetricFamily(
        "wallet_job_failures", "Failures in a row of a periodic job", labels=["job"]
    )
    for job in signs.jobs:
        if job.finished_at is not None:
            ended.add_metric([job.name], job.finished_at.timestamp())
        failures.add_metric([job.name], job.failures)
    yield from (ended, failures)
