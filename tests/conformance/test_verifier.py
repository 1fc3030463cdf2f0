"""Modules for verifiers: a wallet of the suite's answers our relying party over real sockets."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from credentials.jose import sign_jws
from credentials.jwk import b64url_decode, b64url_encode
from credentials.key_binding import hash_presented
from tests.verifier.openid4vp.conftest import Party, running_party
from tests.verifier.openid4vp.test_refused import spoil_issuer_signature, spoil_kb_signature
from tests.verifier.openid4vp.wallet import Asked, Bends, code_of, fetch, make_form, post, read_link
from tests.verifier.openid4vp.world import DAY, World, running_issuer
from tests.wallet_api.openid.issuer.test_metadata import faults

module = pytest.mark.module
SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
PREFIXES = ("x509_hash", "x509_san_dns")
URL_SAFE = re.compile(r"[A-Za-z0-9\-_.~]+")
YEAR = 365 * DAY

formats = pytest.mark.parametrize("form", [SD_JWT, MDOC])


@pytest.fixture(scope="module")
def issuer() -> Iterator[World]:
    with running_issuer() as world:
        yield world


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory, issuer: World) -> Iterator[Party]:
    with running_party(tmp_path_factory.mktemp("verifier"), issuer) as party:
        yield party


def credential(issuer: World, form: str) -> str | bytes:
    return issuer.sd_jwt() if form == SD_JWT else issuer.mdoc()


def check_request(verifier: Party, asked: Asked, form: str, prefix: str) -> None:
    """Everything that the plan checks of a request object."""
    claims, header = asked.claims, asked.header
    assert (header["typ"], header["alg"]) == ("oauth-authz-req+jwt", "ES256")
    assert header["x5c"]
    assert claims["client_id"].startswith(f"{prefix}:")
    if prefix == "x509_san_dns":
        host = urlsplit(claims["response_uri"]).hostname
        assert claims["client_id"] == f"x509_san_dns:{host}"
    assert (claims["response_type"], claims["response_mode"]) == ("vp_token", "direct_post.jwt")
    assert claims["response_uri"].startswith(f"{verifier.url}/")
    assert claims["aud"] == "https://self-issued.me/v2"
    assert URL_SAFE.fullmatch(claims["nonce"])
    assert len(claims["nonce"]) >= 22  # 128 bit
    assert claims["state"]
    assert not {"redirect_uri", "client_id_scheme", "presentation_definition"} & set(claims)
    assert faults("dcql_request", claims["dcql_query"]) == []
    (wanted,) = claims["dcql_query"]["credentials"]
    assert wanted["format"] == form
    metadata = claims["client_metadata"]
    assert {"A128GCM", "A256GCM"} <= set(metadata["encrypted_response_enc_values_supported"])
    algorithms = metadata["vp_formats_supported"]
    assert set(algorithms) == {form}
    (key,) = metadata["jwks"]["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ECDH-ES", "enc")
    assert key["kid"]
    assert "d" not in key


def accepted(verifier: Party, link: str, asked: Asked, form: dict[str, str]) -> None:
    """The answer is taken: 200, JSON, where to go on, and the result is there."""
    got = post(asked, form)
    assert got.status_code == 200, got.text
    assert got.headers["Content-Type"] == "application/json"
    assert got.json()["redirect_uri"].startswith(f"{verifier.url}/")
    report = verifier.report(link)
    assert (report["state"], bool(report["result"]["claims"])) == ("verified", True)


def refused(
    verifier: Party, issuer: World, form: str, bends: Bends, held: str | bytes | None = None
) -> str:
    """The code of the refusal: a 4xx, seen on the page as well, and nothing is released."""
    link = verifier.ask(form)
    asked = fetch(link)
    got = post(asked, make_form(asked, held or credential(issuer, form), issuer.holder, bends))
    code, report = code_of(got), verifier.report(link)
    assert (report["state"], report["code"]) == ("refused", code)
    assert "result" not in report
    return code


@module("oid4vp-1final-verifier-happy-flow")
@formats
@pytest.mark.parametrize("prefix", PREFIXES)
def test_happy_flow(verifier: Party, issuer: World, form: str, prefix: str) -> None:
    """The request is as the specification wants it; a good presentation is accepted."""
    link = verifier.ask(form, client_prefix=prefix)
    asked = fetch(link)
    check_request(verifier, asked, form, prefix)
    other = fetch(verifier.ask(form, client_prefix=prefix))
    for name in ("nonce", "state", "response_uri"):
        assert asked.claims[name] != other.claims[name]
    assert asked.jwk["x"] != other.jwk["x"]  # a key for this request alone
    accepted(verifier, link, asked, make_form(asked, credential(issuer, form), issuer.holder))


@module("oid4vp-1final-verifier-minimal-cnf-jwk")
def test_minimal_cnf_jwk(verifier: Party, issuer: World) -> None:
    """A credential whose `cnf.jwk` has kty, crv, x, y and nothing else is accepted."""
    link = verifier.ask(SD_JWT)
    asked, held = fetch(link), issuer.sd_jwt()
    payload = json.loads(b64url_decode(held.split(".", maxsplit=2)[1]))
    assert set(payload["cnf"]["jwk"]) == {"kty", "crv", "x", "y"}
    accepted(verifier, link, asked, make_form(asked, held, issuer.holder))


@module("oid4vp-1final-verifier-request-uri-method-post")
@formats
def test_request_uri_method_post(verifier: Party, issuer: World, form: str) -> None:
    """Fetched by POST the request echoes `wallet_nonce`, and unknown fields are ignored."""
    link = verifier.ask(form, post=True)
    assert read_link(link)[2] == "post"
    asked = fetch(link, wallet_nonce="qPmxiNFCR3QTm19POc8u", wallet_metadata="{}", unknown="1")
    assert asked.claims["wallet_nonce"] == "qPmxiNFCR3QTm19POc8u"
    check_request(verifier, asked, form, "x509_hash")
    accepted(verifier, link, asked, make_form(asked, credential(issuer, form), issuer.holder))


@module("oid4vp-1final-verifier-request-uri-fetched-twice")
@formats
def test_request_uri_fetched_twice(verifier: Party, issuer: World, form: str) -> None:
    """The request can be fetched again, asks the same, and the answer is accepted."""
    link = verifier.ask(form)
    first, second = fetch(link), fetch(link)
    assert first.claims | {"iat": 0} == second.claims | {"iat": 0}
    accepted(verifier, link, second, make_form(second, credential(issuer, form), issuer.holder))


@module("oid4vp-1final-verifier-invalid-session-transcript")
@pytest.mark.parametrize(
    "bent",
    [
        {"nonce": "of-another-request"},
        {"client_id": "x509_san_dns:other.example"},
        {"response_uri": "https://other.example/response"},
        {"key_thumbprint": bytes(32)},
    ],
    ids=lambda bent: next(iter(bent)),
)
def test_invalid_session_transcript(verifier: Party, issuer: World, bent: dict[str, Any]) -> None:
    """An mdoc whose device signed another session: one part of the transcript differs."""
    assert refused(verifier, issuer, MDOC, Bends(transcript=bent)) == "SIGNATURE_INVALID"


@module("oid4vp-1final-verifier-invalid-kb-jwt-signature")
def test_invalid_kb_jwt_signature(verifier: Party, issuer: World) -> None:
    """A key binding JWT whose signature is wrong."""
    assert refused(verifier, issuer, SD_JWT, Bends(spoil=spoil_kb_signature)) == "SIGNATURE_INVALID"


@module("oid4vp-1final-verifier-invalid-credential-signature")
@formats
def test_invalid_credential_signature(verifier: Party, issuer: World, form: str) -> None:
    """A credential whose issuer's signature is wrong, the holder's proof being good."""
    held = credential(issuer, form)
    if isinstance(held, str):
        spoilt: str | bytes = spoil_issuer_signature(held)
    else:
        spoilt = held[:-1] + bytes([held[-1] ^ 1])
    assert refused(verifier, issuer, form, Bends(), spoilt) == "SIGNATURE_INVALID"


@module("oid4vp-1final-verifier-invalid-sd-hash")
def test_invalid_sd_hash(verifier: Party, issuer: World) -> None:
    """A key binding JWT, well signed, for other disclosures than those that came."""
    link = verifier.ask(SD_JWT)
    asked = fetch(link)
    form = make_form(asked, issuer.sd_jwt(), issuer.holder, Bends(spoil=rebind(asked, issuer)))
    assert code_of(post(asked, form)) == "KEY_BINDING_HASH"
    assert verifier.report(link)["state"] == "refused"


def rebind(asked: Asked, issuer: World) -> Callable[[str], str]:
    claims = {
        "iat": int(time.time()),
        "aud": asked.claims["client_id"],
        "nonce": asked.claims["nonce"],
        "sd_hash": hash_presented("something~else~"),
    }
    proof = sign_jws(claims, issuer.holder, typ="kb+jwt")
    return lambda text: text[: text.rindex("~") + 1] + proof


@module("oid4vp-1final-verifier-invalid-kb-jwt-nonce")
def test_invalid_kb_jwt_nonce(verifier: Party, issuer: World) -> None:
    """A key binding JWT with the nonce of another request."""
    other = fetch(verifier.ask(SD_JWT)).claims["nonce"]
    assert refused(verifier, issuer, SD_JWT, Bends(nonce=other)) == "NONCE"


@module("oid4vp-1final-verifier-invalid-kb-jwt-aud")
@pytest.mark.parametrize("how", ["another", "without its prefix"])
def test_invalid_kb_jwt_aud(verifier: Party, issuer: World, how: str) -> None:
    """A key binding JWT for another verifier, or for our name without its prefix."""
    bare = fetch(verifier.ask(SD_JWT)).claims["client_id"].partition(":")[2]
    audience = f"x509_hash:{b64url_encode(bytes(32))}" if how == "another" else bare
    assert refused(verifier, issuer, SD_JWT, Bends(audience=audience)) == "AUDIENCE"


@module("oid4vp-1final-verifier-kb-jwt-iat-in-past")
def test_kb_jwt_iat_in_past(verifier: Party, issuer: World) -> None:
    """A key binding JWT of a year ago."""
    bends = Bends(issued_at=int(time.time()) - YEAR)
    assert refused(verifier, issuer, SD_JWT, bends) == "KEY_BINDING_OLD"


@module("oid4vp-1final-verifier-kb-jwt-iat-in-future")
def test_kb_jwt_iat_in_future(verifier: Party, issuer: World) -> None:
    """A key binding JWT of a year ahead."""
    bends = Bends(issued_at=int(time.time()) + YEAR)
    assert refused(verifier, issuer, SD_JWT, bends) == "ISSUED_IN_FUTURE"
