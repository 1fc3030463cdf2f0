"""`deploy/` started for real: production mode, its roles, nginx with TLS, two workers, jobs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from credentials.bundle import parse_bundle, verify_bundle
from credentials.jwk import load_jwk
from credentials.relying_party_list import parse_list, verify_list
from credentials.status_token import (
    StatusToken,
    UnverifiedStatusToken,
    parse_status_cwt,
    parse_status_jwt,
    verify_status_token,
)
from credentials.x509_chain import Anchors, check_issuer, verify_chain
from tests.wallet_api.faces.signed_calibration import write_report

from .site import Site, free_ports, workers_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"


@pytest.fixture(scope="module")
def site(
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Site]:
    """An installation at the root of its host, or below the path that a test names."""
    name = f"deploy_{uuid4().hex}"
    postgres_server.create_database(name)
    folder, path = tmp_path_factory.mktemp("site"), getattr(request, "param", "")
    made = Site(folder, postgres_server, name, *free_ports(3), path=path)
    made.make_certificate()
    made.psql("roles.sql", "postgres")
    made.wallet("admin", "keys", "init", "--dir", str(made.folder / "keys"))
    if not path:  # once is enough
        assert made.start_api("uncalibrated").wait(timeout=60) != 0
        assert "CALIBRATION_MISSING" in made.log("uncalibrated")
        assert "face calibrate" in made.log("uncalibrated")
    report = write_report(made.folder / "report.json")
    made.wallet("face", "calibrate", "--report", str(report))
    made.wallet("admin", "migrate", role="wallet_owner")
    made.psql("after-migration.sql", "wallet_owner")
    try:
        made.start_api()
        made.start_jobs()
        made.start_nginx()
        made.wait_for("/readyz")
        yield made
    finally:
        made.stop()
        postgres_server.drop_database(name)
        with psycopg.connect(host=str(postgres_server.folder), user="postgres") as connection:
            connection.execute("DROP ROLE wallet_owner, wallet_app, wallet_backup")


def test_is_healthy_behind_tls(site: Site) -> None:
    assert json.loads(site.get("/healthz").body) == {"status": "ok"}
    ready = json.loads(site.wait_for("/readyz").body)
    assert ready["checks"]["database"] == ready["checks"]["keys"] == "ok"
    answer = site.get("/healthz")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_plain_http_is_sent_to_https(site: Site) -> None:
    answer = site.ask("GET", "/v1/policy", base=f"http://localhost:{site.http_port}")
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://localhost")


def test_the_policy_names_the_address_of_the_site_and_its_root(site: Site) -> None:
    policy = json.loads(site.get("/v1/policy").body)
    assert policy["bundle_root"]["crv"] == "P-256"
    assert json.loads(site.get("/openapi.json").body)["servers"] == [{"url": site.url}]
    assert site.get("/docs").status == 200


def test_a_terminal_is_brought_up_to_date_over_tls_first_whole_then_by_deltas(
    site: Site, tmp_path: Path
) -> None:
    """The command as a bank runs it; nginx answers, ranges and all, without the API."""
    site.wait_for("/v1/lists/bundles/index.json")
    pem = tmp_path / "root.pem"
    pem.write_text(site.wallet("admin", "bundle-root"))

    def sync() -> dict[str, object]:
        place = f"{site.url}/v1/lists/bundles/"
        command = [sys.executable, "-m", "verifier", "sync", place, "--root", pem, "--json"]
        done = subprocess.run(
            [*command, "--state", tmp_path / "terminal"],
            capture_output=True, text=True, check=False, cwd=ROOT,
            env=os.environ | {"SSL_CERT_FILE": str(site.folder / "tls" / "fullchain.pem")},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    first = sync()
    assert (first["changed"], first["development_trust"]) == (True, False)
    site.wallet("jobs", "publish")
    second = sync()
    assert second["version"] > first["version"]  # type: ignore[operator]
    assert all(str(name).endswith(".delta") for name in second["files"])  # type: ignore[attr-defined]
    listed = site.get("/v1/lists/bundles/index.json")
    assert listed.headers["Content-Type"] == "application/json"
    anchor = f"/v1/lists/bundles/{json.loads(listed.body)['anchors'][-1]}.cose"
    part = site.get(anchor, headers={"Range": "bytes=9-"})
    assert (part.status, part.headers["Content-Type"]) == (206, "application/cose")
    for answer in (listed, part):
        assert "Request-Id" not in answer.headers  # not the API, the file


def test_the_bundle_comes_from_nginx_with_an_etag_and_only_grows(site: Site) -> None:
    site.wait_for("/v1/lists/bundle")  # the API may answer while the first version is written
    first = site.get("/v1/lists/bundle")
    assert first.headers["Content-Type"] == "application/cose"
    assert first.headers["Cache-Control"] == "public, max-age=60"
    same = site.get("/v1/lists/bundle", headers={"If-None-Match": first.headers["ETag"]})
    root = load_jwk(json.loads(site.get("/v1/policy").body)["bundle_root"])
    version = verify_bundle(parse_bundle(first.body), root).version
    askers = site.get("/v1/lists/relying-parties")
    assert verify_list(parse_list(askers.body), root).revoked == frozenset()
    assert "Request-Id" not in {*first.headers, *askers.headers}  # not the API, the files
    assert same.status in {304, 200}
    until = time.monotonic() + 20
    while (newer := verify_bundle(parse_bundle(site.get("/v1/lists/bundle").body), root)).version:
        if newer.version > version:
            break
        assert time.monotonic() < until
        time.sleep(0.2)
    again = site.get("/v1/lists/bundle", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 200


LIST = "/v1/lists/status/3"


def open_list(site: Site) -> None:
    """Open a list, as the first credential on it would, and wait until it is published."""
    with psycopg.connect(
        host=str(site.server.folder), user="wallet_app", dbname=site.database
    ) as connection:
        connection.execute(
            "INSERT INTO status_list (number, issued, closed, created_at)"
            " VALUES (3, 0, false, now()) ON CONFLICT DO NOTHING"
        )
    site.wait_for(LIST)


def verified_list(site: Site, unverified: UnverifiedStatusToken) -> StatusToken:
    root = x509.load_pem_x509_certificate(site.wallet("admin", "issuer-root").encode())
    anchors, now = Anchors((root.public_bytes(serialization.Encoding.DER),)), int(time.time())
    leaf = verify_chain(unverified.chain, anchors, now=now)
    check_issuer(leaf, site.url)
    return verify_status_token(unverified, leaf.public_key, uri=site.url + LIST, now=now)


def test_a_status_list_comes_from_nginx_in_both_forms_and_else_from_the_api(site: Site) -> None:
    open_list(site)
    jwt, cwt = (site.get(LIST, headers={"Accept": kind}) for kind in (JWT, CWT))
    for answer, kind in ((jwt, JWT), (cwt, CWT)):
        assert answer.headers["Content-Type"] == kind
        assert "Request-Id" not in answer.headers  # not the API, the file
        assert answer.headers["Vary"] == "Accept"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    verified_list(site, parse_status_jwt(jwt.body.decode()))
    verified_list(site, parse_status_cwt(cwt.body))
    again = site.get(LIST, headers={"Accept": JWT, "If-None-Match": jwt.headers["ETag"]})
    assert again.status in {304, 200}  # 200 after the next publication
    assert site.get(LIST, headers={"Accept": "*/*"}).headers["Content-Type"] == JWT

    weighed = site.get(LIST, headers={"Accept": f"{JWT};q=0.1, {CWT}"})
    assert weighed.headers["Content-Type"] == CWT
    assert weighed.headers["Request-Id"]
    refused = site.get(LIST, headers={"Accept": "text/html"})
    assert (refused.status, json.loads(refused.body)["code"]) == (406, "NOT_ACCEPTABLE")


METADATA = {
    "/.well-known/openid-credential-issuer": "credential_issuer",
    "/.well-known/oauth-authorization-server": "issuer",
}


def metadata_of(site: Site) -> None:
    """Every address that the metadata name begins with the public address, and answers."""
    for place, name in METADATA.items():
        answer = site.ask("GET", place + site.path, base=site.host)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        metadata = json.loads(answer.body)
        assert metadata[name] == site.url
        below = [text for key, text in metadata.items() if key.endswith(("_endpoint", "_uri"))]
        assert below
        for address in below:
            assert address.startswith(f"{site.url}/openid/")
            asked = site.ask("GET", address.removeprefix(site.host), base=site.host)
            assert asked.status != 404
            assert asked.headers["Request-Id"]  # it got to the API


def test_the_metadata_of_openid_are_at_the_root_of_the_host(site: Site) -> None:
    metadata_of(site)


def test_openid_clients_get_oauths_words_from_nginx_too(site: Site) -> None:
    answer = site.ask(
        "POST", "/openid/credential", body=b"x" * 200_000, headers={"Content-Type": "text/plain"}
    )
    assert (answer.status, answer.headers["Cache-Control"]) == (413, "no-store")
    assert json.loads(answer.body)["error"] == "invalid_request"


def test_an_unpublished_list_is_a_problem_document_of_the_api(site: Site) -> None:
    answer = site.get("/v1/lists/status/999999")
    assert answer.status == 404
    assert json.loads(answer.body)["code"] == "NOT_PUBLISHED"


def test_nginx_refuses_large_bodies_with_a_problem_document(site: Site) -> None:
    json_type = {"Content-Type": "application/json"}
    answer = site.ask("POST", "/v1/enrolments", body=b"x" * 200_000, headers=json_type)
    assert answer.status == 413
    assert json.loads(answer.body)["code"] == "BODY_TOO_LARGE"


def test_metrics_add_up_all_workers_and_show_the_published_lists(site: Site) -> None:
    for _ in range(30):
        assert site.get("/v1/policy").status == 200
    text = site.get("/metrics").body.decode()
    counted = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("wallet_http_requests_total") and 'route="/v1/policy"' in line
    ]
    assert sum(counted) >= 30
    assert "wallet_lists_age_seconds" in text
    assert "wallet_database_up 1.0" in text


def test_the_application_cannot_change_the_audit_trail(site: Site) -> None:
    with (
        psycopg.connect(
            host=str(site.server.folder), user="wallet_app", dbname=site.database
        ) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("UPDATE audit_event SET actor = 'nobody'")


def test_a_killed_worker_is_replaced_while_the_others_answer(site: Site) -> None:
    master = site.running["api"].pid
    before = workers_of(master)
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    for _ in range(50):
        # nginx may meet the connection of the dead worker once: it says so, it does not hang.
        assert site.get("/v1/policy").status in {200, 503}
    until = time.monotonic() + 20
    while len(set(workers_of(master)) - {before[0]}) < 2:
        assert time.monotonic() < until, site.logs()
        time.sleep(0.1)
    assert site.wait_for("/v1/policy").status == 200


def test_logs_are_json_lines_of_route_templates(site: Site) -> None:
    site.get("/v1/enrolments/AAAAAAAAAAAAAAAAAAAAAA", headers={"X-Request-Id": "3174054512900001"})
    time.sleep(0.2)
    lines = [json.loads(line) for line in site.log("api").splitlines()]
    seen = [line for line in lines if line.get("route") == "/v1/enrolments/<string:enrolment_id>"]
    assert seen
    assert "AAAAAAAAAAAAAAAAAAAAAA" not in site.log("api")
    assert "3174054512900001" not in site.log("api")


def test_sigterm_ends_everything_cleanly(site: Site) -> None:
    """The last of this file: jobs and API finish what they are at and end with 0."""
    for name in ("jobs", "api"):
        process = site.running[name]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0, site.log(name)[-3000:]
    assert '"event":"stopped"' in site.log("jobs")
    answer = site.get("/v1/policy")
    assert answer.status == 503
    assert json.loads(answer.body)["code"] == "SERVICE_BUSY"
    assert site.get("/v1/lists/bundle").status == 200  # verifiers go on being served


@pytest.mark.parametrize("site", ["/ikd"], indirect=True)
def test_below_a_path_everything_is_where_the_public_address_says(site: Site) -> None:
    assert json.loads(site.get("/healthz").body) == {"status": "ok"}
    metadata_of(site)
    open_list(site)
    for path in (LIST, LIST.replace("/v1", site.path + "/v1")):
        text = site.ask("GET", path, base=site.host).body.decode()
        assert verified_list(site, parse_status_jwt(text)).uri == f"{site.host}/ikd{LIST}"
    answer = site.get(LIST, headers={"Accept": f"{CWT};q=0.5"})  # weighed by the API
    verified_list(site, parse_status_cwt(answer.body))
