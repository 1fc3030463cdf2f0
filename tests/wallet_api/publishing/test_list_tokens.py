"""The status lists that verifiers fetch: the bundle's entries as JWT and CWT, by Accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization

from credentials.bundle import parse_bundle, verify_bundle
from credentials.status_list import LIST_SIZE
from credentials.status_token import (
    StatusToken,
    UnverifiedStatusToken,
    parse_status_cwt,
    parse_status_jwt,
    verify_status_token,
)
from credentials.x509_chain import Anchors, check_issuer, verify_chain
from tests.wallet_api.handset import Handset
from tests.wallet_api.simulators import World
from wallet_api.models import StatusList, StatusRemnant
from wallet_api.services import publication
from wallet_api.services.list_tokens import list_uri

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from werkzeug.test import TestResponse

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
PATH = "/v1/lists/status/0"
JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"
STATUSES = {1: "revoked", 2: "suspended"}


def get(world: World, accept: str | None = None, path: str = PATH, **more: str) -> TestResponse:
    headers = more if accept is None else {"Accept": accept, **more}
    return Handset(world).api.get(path, headers=headers)


def verified(world: World, unverified: UnverifiedStatusToken, number: int = 0) -> StatusToken:
    """Verify as a stranger would: by the chain in the token, the root, and the address."""
    now, uri = int(world.clock.now().timestamp()), list_uri(world.deps, number)
    root = world.deps.keys.issuer_root.public_bytes(serialization.Encoding.DER)
    leaf = verify_chain(unverified.chain, Anchors((root,)), now=now)
    check_issuer(leaf, world.deps.settings.public_url)
    return verify_status_token(unverified, leaf.public_key, uri=uri, now=now)


def fill(world: World, number: int, entries: NDArray[np.uint8]) -> None:
    """Store the entries as those of credentials that this database lost."""
    until = world.clock.now().replace(year=2027)
    with world.deps.transaction() as db:
        if db.get(StatusList, number) is None:
            db.add(StatusList(number=number, created_at=world.clock.now()))
        db.add_all(
            StatusRemnant(
                list_number=number,
                list_index=int(index),
                status=STATUSES[int(entries[index])],
                until=until,
            )
            for index in np.flatnonzero(entries)
        )


def entries_of(token: StatusToken) -> NDArray[np.uint8]:
    """Decode the bits by hand (section 4.1): four entries a byte, the first in the lowest."""
    data = np.frombuffer(token.statuses.to_bytes(), dtype=np.uint8)
    return np.stack([data >> shift & 3 for shift in (0, 2, 4, 6)], axis=1).reshape(-1)


def test_jwt_cwt_and_bundle_say_the_same_of_every_entry(world: World) -> None:
    chance = np.random.default_rng(20261123)
    wanted = {}
    for number in (0, 7):
        entries = chance.choice(
            np.array([0, 1, 2], dtype=np.uint8), LIST_SIZE, p=[0.995, 0.004, 0.001]
        )
        entries[[0, LIST_SIZE - 1]] = (2, 1)  # both ends
        wanted[number] = entries
        fill(world, number, entries)
    publication.publish(world.deps)

    raw = publication.read_published(world.deps, publication.BUNDLE)
    bundle = verify_bundle(parse_bundle(raw), world.deps.keys.bundle_root.public_key)
    for number, entries in wanted.items():
        path = f"/v1/lists/status/{number}"
        jwt = verified(world, parse_status_jwt(get(world, JWT, path).text), number)
        cwt = verified(world, parse_status_cwt(get(world, CWT, path).data), number)
        offline = np.zeros(LIST_SIZE, dtype=np.uint8)
        offline[bundle.revocation.suspended(number)] = 2
        offline[bundle.revocation.revoked(number)] = 1
        for decoded in (entries_of(jwt), entries_of(cwt), offline):
            assert len(decoded) == LIST_SIZE
            assert np.array_equal(decoded, entries)
        assert jwt.times == cwt.times
        assert jwt.times.issued_at == bundle.status_as_of


def test_the_list_is_that_of_the_credentials_on_it(world: World, phone: Handset) -> None:
    publication.publish(world.deps)
    token = verified(world, parse_status_jwt(get(world).text))
    assert not entries_of(token).any()
    assert token.uri == "https://wallet.test/v1/lists/status/0"
    assert token.times.ttl == 900


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JWT),
        ("*/*", JWT),
        ("application/*", JWT),
        (JWT, JWT),
        (CWT, CWT),
        (f"{CWT}, {JWT}", JWT),
        (f"{JWT};q=0.1, {CWT}", CWT),
        (f"{JWT};q=0, */*", CWT),
        (f"text/html, {CWT};q=0.2", CWT),
        ("Application/StatusList+CWT", CWT),
        (f"{JWT}, application/json;q=0.5, */*;q=0.1", JWT),
    ],
)
def test_the_form_is_chosen_by_accept(world: World, accept: str | None, kind: str) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    publication.publish(world.deps)
    answer = get(world, accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=900, s-maxage=60"
    assert "Wallet-Nonce" not in answer.headers  # whoever comes next gets it from a cache
    parse = {JWT: lambda: parse_status_jwt(answer.text), CWT: lambda: parse_status_cwt(answer.data)}
    assert verified(world, parse[kind]()).statuses.size == LIST_SIZE


@pytest.mark.parametrize(
    "accept", ["text/html", "application/json", f"{JWT};q=0", "application/cwt"]
)
def test_another_form_is_not_acceptable(world: World, accept: str) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    publication.publish(world.deps)
    answer = get(world, accept)
    assert (answer.status_code, answer.get_json()["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("accept", [JWT, CWT])
def test_what_the_client_has_is_not_sent_again(world: World, accept: str) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    publication.publish(world.deps)
    first = get(world, accept)
    tag = first.headers["ETag"]
    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        same = get(world, accept, **{"If-None-Match": sent})
        assert (same.status_code, same.data) == (304, b"")
        assert (same.headers["ETag"], same.headers["Vary"]) == (tag, "Accept")
        assert same.headers["Cache-Control"] == first.headers["Cache-Control"]
    other = {JWT: CWT, CWT: JWT}[accept]
    assert get(world, other, **{"If-None-Match": tag}).status_code == 200
    world.clock.advance(seconds=5)
    publication.publish(world.deps)
    newer = get(world, accept, **{"If-None-Match": tag})
    assert newer.status_code == 200
    assert newer.data != first.data


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", [False, True])
def test_the_short_way_and_the_framework_answer_alike(
    world: World, method: str, *, known: bool
) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    publication.publish(world.deps)
    tag = get(world).headers["ETag"] if known else '"other"'
    app, answers = Handset(world).api, []
    short = {"If-None-Match": tag} if known else {}
    for headers in (short, {"Accept": "*/*;q=0.9", "If-None-Match": f'"none", {tag}'}):
        identified = {"X-Request-Id": "0" * 32, **headers}
        answers.append(app.open(PATH, method=method, headers=identified))
    first, second = answers
    assert (first.status, first.data) == (second.status, second.data)
    assert dict(first.headers) == dict(second.headers)
    assert bool(first.data) is (method == "GET" and not known)


def test_answers_of_the_short_way_are_counted_as_the_others(world: World) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    publication.publish(world.deps)
    api = Handset(world).api
    labels = 'method="GET",route="/v1/lists/status/<int:number>",status="200"'
    for accept in (JWT, f"{JWT};q=0.9"):
        assert api.get(PATH, headers={"Accept": accept}).status_code == 200
    lines = api.get("/metrics").text.splitlines()
    assert f"wallet_http_requests_total{{{labels}}} 2.0" in lines


def test_a_version_cleared_away_meanwhile_is_not_asked_for_again(world: World) -> None:
    fill(world, 0, np.zeros(LIST_SIZE, dtype=np.uint8))
    seen = set()
    for _ in range(publication.KEPT_VERSIONS + 2):
        publication.publish(world.deps)
        seen.add(get(world).headers["ETag"])
        world.clock.advance(seconds=1)
    assert len(seen) == publication.KEPT_VERSIONS + 2


def test_what_is_no_list_is_not_found(world: World) -> None:
    assert get(world).status_code == 404  # nothing published yet
    publication.publish(world.deps)
    for path in ("/v1/lists/status/7", "/v1/lists/status/" + "9" * 400, "/v1/lists/status/-1"):
        assert get(world, path=path).status_code == 404
