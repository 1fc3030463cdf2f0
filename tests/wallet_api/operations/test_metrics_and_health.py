"""Health, readiness, metrics and headers of the real application."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from wallet_api.app import create_app
from wallet_api.services import outbox, publication

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.wallet_api.simulators import World

CHECKS = ("keys", "certificates", "key_set", "database", "lists", "policies")


@pytest.fixture
def client(world: World) -> FlaskClient:
    return create_app(deps=world.deps).test_client()


def _metric(client: FlaskClient, name: str) -> float:
    text = client.get("/metrics").get_data(as_text=True)
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def test_alive_asks_nobody(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_tells_the_age_of_the_lists(world: World, client: FlaskClient) -> None:
    assert client.get("/readyz").get_json()["checks"]["lists"] == "never published"
    publication.publish(world.deps)
    world.clock.advance(seconds=40)
    found = client.get("/readyz").get_json()
    assert found["checks"] == {**dict.fromkeys(CHECKS, "ok")}
    assert found["lists_age_seconds"] == pytest.approx(40)


def test_old_lists_are_reported_without_taking_the_api_away(
    world: World, client: FlaskClient
) -> None:
    publication.publish(world.deps)
    world.clock.advance(minutes=16)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["lists"]) == (200, "too old")


def test_not_ready_without_its_database(world: World, client: FlaskClient) -> None:
    engine = world.deps.sessions.kw["bind"]
    engine.dispose()
    world.deps.sessions.configure(bind=_nowhere(engine.dialect.name))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["database"]) == (503, "unreachable")
    assert client.get("/healthz").status_code == 200
    assert _metric(client, "wallet_database_up") == 0
    world.deps.sessions.configure(bind=engine)


def _nowhere(kind: str) -> object:
    from wallet_api.db import make_engine

    nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    return make_engine("sqlite:////nonexistent/folder/x.db" if kind == "sqlite" else nowhere)


def test_not_ready_with_a_key_gone(world: World) -> None:
    (world.deps.settings.keys_dir / "status.pem").unlink()
    client = create_app(deps=world.deps).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["keys"]) == (503, "unreadable")


def test_not_ready_when_no_issuer_key_is_for_today(world: World, client: FlaskClient) -> None:
    world.clock.advance(days=3 * 366)
    assert client.get("/readyz").get_json()["checks"]["keys"] == "no issuer key for today"


def test_certificates_and_key_set_near_their_end_are_reported_without_taking_the_api_away(
    world: World, client: FlaskClient
) -> None:
    for days, said in ((330, "ok"), (20, "end soon"), (50, "expired")):
        world.clock.advance(days=days)
        answer = client.get("/readyz")
        checks = answer.get_json()["checks"]
        assert (answer.status_code, checks["certificates"], checks["key_set"]) == (200, said, said)


def test_requests_are_counted_by_route_and_never_by_path(client: FlaskClient) -> None:
    for name in ("AAAAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBBBB"):
        client.get(f"/v1/enrolments/{name}")
    client.get("/elsewhere/3174054512900001")
    labels = 'method="GET",route="/v1/enrolments/<string:enrolment_id>",status="401"'
    assert _metric(client, f"wallet_http_requests_total{{{labels}}}") == 2
    assert _metric(client, 'wallet_problems_total{code="STATEMENT_MISSING"}') == 2
    assert "AAAAAAAAAAAAAAAAAAAAAA" not in client.get("/metrics").get_data(as_text=True)
    assert "3174054512900001" not in client.get("/metrics").get_data(as_text=True)


def test_a_made_up_method_makes_no_label_of_its_own(client: FlaskClient) -> None:
    client.open("/v1/policy", method="BREW")
    text = client.get("/metrics").get_data(as_text=True)
    assert "BREW" not in text
    assert 'method="OTHER"' in text


def test_backlog_and_age_of_the_lists_are_measured(world: World, client: FlaskClient) -> None:
    version = publication.publish(world.deps)
    with world.deps.transaction() as db:
        outbox.enqueue(db, world.deps, "sms", {"to": "x"})
    world.clock.advance(seconds=30)
    assert _metric(client, 'wallet_outbox_waiting{kind="sms"}') == 1
    assert _metric(client, 'wallet_outbox_oldest_seconds{kind="sms"}') == pytest.approx(30)
    assert _metric(client, "wallet_lists_age_seconds") == pytest.approx(30)
    assert _metric(client, "wallet_bundle_version") == version


def test_answers_carry_headers_that_keep_browsers_honest(client: FlaskClient) -> None:
    headers = client.get("/v1/policy").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["Request-Id"])
    page = client.get("/docs").headers
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_the_docs_page_shows_every_operation_and_every_problem(client: FlaskClient) -> None:
    from wallet_api.web.problems import TABLE

    page = client.get("/docs").get_data(as_text=True)
    spec = client.get("/openapi.json").get_json()
    operations = [one["operationId"] for item in spec["paths"].values() for one in item.values()]
    assert len(operations) > 30
    assert [name for name in operations if f'id="{name}"' not in page] == []
    assert [code for code in TABLE if code != "CONFIGURATION" and code not in page] == []
    assert "http://" not in page.replace("http://127.0.0.1", "")
    assert 'src="/docs/api_docs.js"' in page


def test_every_operation_names_its_guard_headers_and_problems(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").get_json()
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            where = f"{method} {path}"
            headers = {one["name"] for one in operation["parameters"] if one["in"] == "header"}
            if operation["x-guard"] != "open":
                assert operation["security"], where
                assert "401" in operation["responses"], where
                assert method != "post" or "Idempotency-Key" in headers, where
            assert "500" in operation["responses"], where


def test_the_table_of_expected_problems_names_real_views_and_codes(world: World) -> None:
    from wallet_api.web.expected_problems import BY_GUARD, BY_VIEW
    from wallet_api.web.problems import TABLE

    views = set(create_app(deps=world.deps).view_functions)
    assert set(BY_VIEW) - views == set()
    assert {code for codes in (*BY_VIEW.values(), *BY_GUARD.values()) for code in codes} <= set(
        TABLE
    )
