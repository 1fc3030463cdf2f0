"""Status list tokens, read by @sd-jwt/jwt-status-list and by @sd-jwt/sd-jwt-vc as it verifies."""

from __future__ import annotations

from typing import Any

import pytest

from credentials.revocation import RevocationSet
from credentials.status_token import ListTimes, fill_list, sign_status_jwt
from tests.interop import documents as made
from tests.interop.clients import Client

REVOKED, SUSPENDED, LAST = 1234, 77, 2**20 - 1


def _token(revocation: RevocationSet, *, uri: str = made.LIST, age: int = 0) -> str:
    times = ListTimes(made.NOW - age, made.NOW - age + 3600, 900)
    return sign_status_jwt(
        fill_list(revocation, 7), made.LEAF_KEY, uri=uri, times=times, chain=(made.LEAF,)
    )


def _job(token: str, *indices: int, **changes: Any) -> tuple[str, dict[str, Any]]:
    job = {"token": token, "indices": indices, "uri": made.LIST, "anchors": made.anchors()}
    return "statuses", {**job, **changes}


@pytest.fixture(scope="module")
def token() -> str:
    return _token(RevocationSet({7: [REVOKED, LAST]}, {7: [SUSPENDED]}))


def test_the_client_reads_valid_revoked_and_suspended(token: str, javascript: Client) -> None:
    places = [0, REVOKED - 1, REVOKED, REVOKED + 1, SUSPENDED, LAST - 1, LAST]
    assert javascript.do(_job(token, *places)) == [[0, 0, 1, 0, 2, 0, 1]]


def test_the_client_refuses_a_list_that_is_not_the_one(token: str, javascript: Client) -> None:
    forged = made.flipped(token, len(token) - 20)
    old = _token(RevocationSet({7: []}, {7: []}), age=7200)
    other = _token(RevocationSet({7: []}, {7: []}), uri="https://ikd.example/v1/lists/status/8")
    said = javascript.refusals(
        _job(forged, 1),
        _job(old, 1),
        _job(other, 1),
        _job(token, LAST + 1),
        _job(token, 1, anchors=made.anchors(made.LEAF)),
    )
    assert "signature" in said[0]
    assert "now" in said[1]
    assert "address" in said[2]
    assert "bounds" in said[3]
    assert "anchor" in said[4]


def test_a_verifier_of_others_refuses_a_revoked_credential(token: str, javascript: Client) -> None:
    good = _token(RevocationSet({7: []}, {7: [SUSPENDED]}))
    job = {"text": made.sd_jwt("id_card"), "anchors": made.anchors()}
    (found,) = javascript.do(("sd_jwt_verify", {**job, "status": good}))
    assert found["payload"]["vct"] == made.vct("id_card")
    said = javascript.refusals(("sd_jwt_verify", {**job, "status": token}))
    assert "Status" in said[0]
