"""The examples of RFC 9901 and of SD-JWT VC: read, issued, presented and verified."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credentials.claim_path import Path
from credentials.disclosures import Selective
from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.jwk import b64url_decode, b64url_encode, load_jwk
from credentials.key_binding import bind, verify_key_binding
from credentials.sd_jwt import issue_sd_jwt, parse_sd_jwt, present, verify_sd_jwt
from credentials.sd_jwt_vc import OPEN_CLAIMS, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.signing import PemSigner
from tests.credentials.made import VECTORS
from tests.credentials.sd_jwt.issuing import counting
from tests.credentials.sd_jwt.keys import private_pem

RFC = json.loads((VECTORS / "sd-jwt-rfc" / "rfc9901_examples.json").read_text(encoding="utf-8"))
ISSUER_KEY = load_jwk(RFC["issuer_public_jwk"])
NONCE, AUDIENCE = "1234567890", "https://verifier.example.org"
BOUND_AT = 1748454271
NOW = 1748454300  # the RFC's credentials run from 2023 to 2029

# token: (what its expected JSON is called, typ)
TOKENS = {
    "sdJwtRfcSection51SdJwtCompactSerialization": ("Section51", "example+sd-jwt"),
    "sdJwtRfcAppendixA1SdJwtCompactSerialization": ("AppendixA1", "example+sd-jwt"),
    "sdJwtRfcAppendixA2SdJwtCompactSerialization": ("AppendixA2", "example+sd-jwt"),
    "sdJwtRfcAppendixA3SdJwtCompactSerialization": ("AppendixA3", "dc+sd-jwt"),
    "sdJwtRfcAppendixA3SdJwtKbCompactSerialization": ("AppendixA3KeyBinding", "dc+sd-jwt"),
    "sdJwtRfcAppendixA4SdJwtCompactSerialization": ("AppendixA4", "example+sd-jwt"),
    "sdJwtRfcAppendixA4SdJwtKbCompactSerialization": ("AppendixA4KeyBinding", "example+sd-jwt"),
}
SPECIFICATIONS = sorted(
    path.relative_to(VECTORS).as_posix()
    for folder in ("sd-jwt-spec", "sd-jwt-vc-spec")
    for path in (VECTORS / folder).glob("*/specification.json")
)


@pytest.mark.parametrize("name", TOKENS)
def test_an_example_of_the_rfc_is_read_as_the_rfc_says(name: str) -> None:
    expected_name, typ = TOKENS[name]
    expected: list[Any] = RFC["expected_json_in_order"][expected_name]
    unverified = parse_sd_jwt(RFC["tokens"][name], typ=typ)
    claims = verify_sd_jwt(unverified, ISSUER_KEY)
    objects = [one for one in expected if isinstance(one, dict)]
    disclosures = [one for one in expected if isinstance(one, list)]
    if expected_name == "Section51":  # the RFC shows its disclosures only
        names = {one.name for one in unverified.disclosures if one.name}
        assert names <= set(claims)
        assert claims["nationalities"] == ["US", "DE"]
    else:
        assert unverified.jws.claims == objects[0]
        assert claims == objects[-1]
    for listed in disclosures:
        read = [(one.name, one.value) for one in unverified.disclosures]
        assert read == [(None, one[1]) if len(one) == 2 else (one[1], one[2]) for one in listed]


@pytest.mark.parametrize("name", [name for name in TOKENS if "Kb" in name])
def test_a_key_binding_of_the_rfc_holds_for_its_verifier_only(name: str) -> None:
    unverified = parse_sd_jwt(RFC["tokens"][name], typ=TOKENS[name][1])
    holder = load_jwk(verify_sd_jwt(unverified, ISSUER_KEY)["cnf"]["jwk"])  # type: ignore[index]
    right: dict[str, Any] = {"audience": AUDIENCE, "nonce": NONCE, "now": NOW}
    assert verify_key_binding(unverified, holder, **right).issued_at == BOUND_AT
    for wrong in ({"audience": "x"}, {"nonce": "x"}, {"now": NOW + 9999}, {"now": NOW - 9999}):
        with pytest.raises(CredentialError):
            verify_key_binding(unverified, holder, **{**right, **wrong})


@pytest.mark.parametrize("name", TOKENS)
def test_an_example_of_the_rfc_is_refused_when_anything_in_it_changes(name: str) -> None:
    text = RFC["tokens"][name]
    typ = TOKENS[name][1]
    head, *disclosures = text.rsplit("~", 1)[0].split("~")
    header, payload, signature = head.split(".")
    forged = b64url_decode(signature)[:-1] + b"\0"
    spoilt = [
        f"{header}.{payload}.{b64url_encode(forged)}~",
        f"{header}.{b64url_encode(b64url_decode(payload) + b' ')}.{signature}~",
        "~".join((head, *disclosures, disclosures[0], "")),
        "~".join((head, *disclosures, b64url_encode(b'["salt","admin",true]'), "")),
        text.replace("~", "", 1),
    ]
    for one in spoilt:
        with pytest.raises(CredentialError):
            verify_sd_jwt(parse_sd_jwt(one, typ=typ), ISSUER_KEY)
    with pytest.raises(FormatError, match="JWS_TYP"):
        parse_sd_jwt(text, typ="JWT")


def test_the_rfcs_german_pid_is_a_credential_of_ours_too() -> None:
    text = RFC["tokens"]["sdJwtRfcAppendixA3SdJwtKbCompactSerialization"]
    credential = verify_sd_jwt_vc(parse_sd_jwt_vc(text), ISSUER_KEY, now=NOW)
    assert credential.vct == "urn:eudi:pid:de:1"
    assert credential.issuer == "https://pid-issuer.bund.de.example"
    assert credential.claims["age_equal_or_over"] == {"18": True}
    assert credential.holder_key is not None


# ----------------------------------------------------------- specifications: issue and present


def _load(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    path = VECTORS / name
    settings = json.loads((path.parents[1] / "settings.json").read_text(encoding="utf-8"))
    specification = json.loads(path.read_text(encoding="utf-8"))
    return specification, settings | specification.get("settings_override", {})


def _marked(value: Any) -> Any:
    """Turn "!sd name" and {"__sd__": value} into `Selective`."""
    if isinstance(value, dict):
        if set(value) == {"__sd__"}:
            return Selective(_marked(value["__sd__"]))
        return {
            name.removeprefix("!sd "): Selective(_marked(member))
            if name.startswith("!sd ")
            else _marked(member)
            for name, member in value.items()
        }
    return [_marked(member) for member in value] if isinstance(value, list) else value


def _whole(asked: Any) -> Any:
    """Read an empty object inside `holder_disclosed_claims` as everything below it."""
    if isinstance(asked, dict):
        return {name: member == {} or _whole(member) for name, member in asked.items()}
    return (
        [member == {} or _whole(member) for member in asked] if isinstance(asked, list) else asked
    )


def _asked(value: Any, prefix: Path = ()) -> list[Path]:
    """Return the paths of `holder_disclosed_claims`: leaves that are true or a container."""
    if isinstance(value, dict) and value:
        members: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    else:
        return [prefix] if value is True else []
    return [path for name, member in members for path in _asked(member, (*prefix, name))]


def _shown(value: Any, asked: Any) -> Any:
    """Say independently what a verifier must see: open claims, and what was asked for, whole."""
    if isinstance(value, dict):
        result = {}
        for key, member in value.items():
            name = key.removeprefix("!sd ")
            wanted = asked.get(name) if isinstance(asked, dict) else asked
            if not key.startswith("!sd ") or _wants(wanted):
                result[name] = _shown(member, wanted)
        return result
    if isinstance(value, list):
        elements = []
        for index, element in enumerate(value):
            hidden = isinstance(element, dict) and set(element) == {"__sd__"}
            inner = element["__sd__"] if hidden else element
            wanted = asked
            if isinstance(asked, list):
                wanted = asked[index] if index < len(asked) else None
            if not hidden or _wants(wanted):
                elements.append(_shown(inner, wanted))
        return elements
    return value


def _wants(wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return any(map(_wants, wanted.values()))
    if isinstance(wanted, list):
        return any(map(_wants, wanted))
    return wanted is True


def _issue(name: str) -> tuple[str, dict[str, Any], dict[str, Any], PemSigner]:
    specification, settings = _load(name)
    keys = settings["key_settings"]
    issuer = PemSigner(private_pem(keys.get("issuer_key") or keys["issuer_keys"][0]))
    holder = PemSigner(private_pem(keys["holder_key"]))
    claims = {
        "iss": settings["identifiers"]["issuer"],
        "iat": settings["iat"],
        "exp": settings["exp"],
        **_marked(specification["user_claims"]),
    }
    typ = specification.get("extra_header_parameters", {}).get("typ", "example+sd-jwt")
    decoys = 3 if specification.get("add_decoy_claims") else 0
    text = issue_sd_jwt(claims, issuer, typ=typ, random=counting(), decoys=decoys)
    unverified = parse_sd_jwt(text, typ=typ)
    everything = _shown(specification["user_claims"], True)  # noqa: FBT003  as the vectors write it
    verified = verify_sd_jwt(unverified, issuer.public_key)
    assert verified == {**{key: claims[key] for key in ("iss", "iat", "exp")}, **everything}
    with pytest.raises(SignatureError):
        verify_sd_jwt(unverified, holder.public_key)
    return text, specification, settings, holder


@pytest.mark.parametrize("name", SPECIFICATIONS)
def test_a_specification_is_issued_presented_and_verified(name: str) -> None:
    text, specification, settings, holder = _issue(name)
    typ = specification.get("extra_header_parameters", {}).get("typ", "example+sd-jwt")
    asked = _whole(specification["holder_disclosed_claims"])
    if name == "sd-jwt-spec/w3c-vc_for_slide_deck/specification.json":
        asked = asked["credentialSubject"]  # its claims were moved up, what to show was not
    keys = settings["key_settings"]
    issuer = PemSigner(private_pem(keys.get("issuer_key") or keys["issuer_keys"][0]))
    presented = present(parse_sd_jwt(text, typ=typ), _asked(asked))
    nonce, audience = settings["key_binding_nonce"], settings["identifiers"]["verifier"]
    bound = bind(presented, holder, audience=audience, nonce=nonce, issued_at=settings["iat"])
    unverified = parse_sd_jwt(bound, typ=typ)
    verified = verify_sd_jwt(unverified, issuer.public_key)
    expected = _shown(specification["user_claims"], asked)
    assert {key: verified[key] for key in expected} == expected
    assert set(verified) - set(expected) <= OPEN_CLAIMS
    assert verify_key_binding(
        unverified, holder.public_key, audience=audience, nonce=nonce, now=settings["iat"] + 5
    )


def test_every_vector_ran() -> None:
    assert len(RFC["tokens"]) == len(TOKENS) == 7
    assert len([name for name in SPECIFICATIONS if name.startswith("sd-jwt-spec/")]) == 15
    assert len([name for name in SPECIFICATIONS if name.startswith("sd-jwt-vc-spec/")]) == 3
