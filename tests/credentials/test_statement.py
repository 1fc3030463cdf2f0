"""The signed statement of a step."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.jwk import b64url_decode, b64url_encode, public_jwk, thumbprint
from credentials.statement import (
    MAX_TEXT,
    TYP_DEVICE,
    TYP_KIOSK,
    TYP_PIN,
    TYPES,
    check_body,
    parse_statement,
    sign_statement,
    verify_statement,
)
from tests.credentials import made
from tests.credentials.made import HOLDER, ISSUER, NOW, STRANGER

TEXT = made.signed_statement()
PIN = ISSUER  # any other key
WITH_PIN = made.statement(purpose="pin", pin_thumbprint=thumbprint(PIN.public_key))


def _forge(header: dict[str, object] | str, payload: dict[str, object] | str) -> str:
    """Sign a header and payload of any shape with the device key."""
    texts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    signed = ".".join(b64url_encode(text.encode()) for text in texts)
    return f"{signed}.{b64url_encode(HOLDER.sign(signed.encode()))}"


def _parts() -> tuple[dict[str, object], dict[str, object]]:
    header, payload, _ = TEXT.split(".")
    return json.loads(b64url_decode(header)), json.loads(b64url_decode(payload))


def test_a_statement_comes_back() -> None:
    unverified = parse_statement(TEXT, typ=TYP_DEVICE)
    assert verify_statement(unverified, HOLDER.public_key) == made.statement()
    assert unverified.jwk is None
    assert _parts()[0] == {"alg": "ES256", "typ": "ikd-statement+jwt"}
    assert set(_parts()[1]) == {"purpose", "sub", "bsh", "nonce", "iat", "jkt"}


def test_a_statement_is_for_one_body() -> None:
    check_body(made.statement(), b"{}")
    with pytest.raises(SignatureError, match="BODY_MISMATCH"):
        check_body(made.statement(), b"{ }")


def test_device_pin_and_kiosk_statements_never_stand_for_each_other() -> None:
    for typ in TYPES:
        text = sign_statement(WITH_PIN, PIN if typ == TYP_PIN else HOLDER, typ=typ)
        for other in TYPES:
            if other != typ:
                with pytest.raises(FormatError, match="STATEMENT_HEADER"):
                    parse_statement(text, typ=other)


def test_a_pin_proof_is_by_the_pin_key_it_names() -> None:
    text = sign_statement(WITH_PIN, PIN, typ=TYP_PIN)
    assert verify_statement(parse_statement(text, typ=TYP_PIN), PIN.public_key) == WITH_PIN
    for key in (HOLDER, STRANGER):
        with pytest.raises(SignatureError, match="KEY_MISMATCH"):
            verify_statement(parse_statement(text, typ=TYP_PIN), key.public_key)
    without = sign_statement(made.statement(), PIN, typ=TYP_PIN)
    with pytest.raises(SignatureError, match="KEY_MISMATCH"):
        verify_statement(parse_statement(without, typ=TYP_PIN), PIN.public_key)


def test_a_statement_by_another_key_is_refused() -> None:
    with pytest.raises(SignatureError, match="KEY_MISMATCH"):
        verify_statement(parse_statement(TEXT, typ=TYP_DEVICE), STRANGER.public_key)
    forged = sign_statement(made.statement(), STRANGER)  # names HOLDER's key
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        verify_statement(parse_statement(forged, typ=TYP_DEVICE), HOLDER.public_key)


def test_only_start_brings_its_key_and_it_must_be_the_named_one() -> None:
    start = made.statement(purpose="start", subject="new")
    unverified = parse_statement(sign_statement(start, HOLDER), typ=TYP_DEVICE)
    assert unverified.jwk == public_jwk(HOLDER.public_key)
    assert verify_statement(unverified, HOLDER.public_key) == start
    header, payload = _parts()
    with pytest.raises(FormatError, match="STATEMENT_JWK"):
        parse_statement(
            _forge({**header, "jwk": public_jwk(HOLDER.public_key)}, payload), typ=TYP_DEVICE
        )
    with pytest.raises(FormatError, match="STATEMENT_JWK"):
        parse_statement(_forge(header, {**payload, "purpose": "start"}), typ=TYP_DEVICE)
    other = {**header, "jwk": public_jwk(STRANGER.public_key)}
    text = _forge(other, {**payload, "purpose": "start"})
    with pytest.raises(SignatureError, match="KEY_MISMATCH"):
        verify_statement(parse_statement(text, typ=TYP_DEVICE), HOLDER.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": None},
        {"typ": "JWT"},
        {"kid": "x"},
        {"jku": "https://example.com"},
        {"crit": ["b64"], "b64": False},
        {"jwk": None},
        {"jwk": "x"},
        {"jwk": {"kty": "EC"}},
    ],
    ids=str,
)
def test_other_headers_are_refused(change: dict[str, object]) -> None:
    header, payload = _parts()
    with pytest.raises(FormatError):
        parse_statement(_forge({**header, **change}, payload), typ=TYP_DEVICE)


@pytest.mark.parametrize(
    "change",
    [
        {"iat": str(NOW)},
        {"iat": True},
        {"iat": 1.5},
        {"iat": -1},
        {"iat": 10**400},
        {"bsh": "AAAA"},
        {"bsh": "!" * 43},
        {"bsh": None},
        {"jkt": "short"},
        {"jkt": 1},
        {"pkt": ""},
        {"pkt": None},
        {"nonce": ""},
        {"nonce": "x" * 600},
        {"purpose": "a\u0000b"},
        {"purpose": ["pin"]},
        {"sub": {}},
        {"more": 1},
    ],
    ids=lambda change: str(change)[:40],
)
def test_other_members_are_refused(change: dict[str, object]) -> None:
    header, payload = _parts()
    with pytest.raises(FormatError):
        parse_statement(_forge(header, {**payload, **change}), typ=TYP_DEVICE)


def test_a_missing_member_is_refused() -> None:
    header, payload = _parts()
    for name in payload:
        rest = {key: value for key, value in payload.items() if key != name}
        with pytest.raises(FormatError):
            parse_statement(_forge(header, rest), typ=TYP_DEVICE)


def test_two_readings_of_one_text_are_refused() -> None:
    header, payload = _parts()
    twice = json.dumps(payload)[:-1] + ', "sub": "enr_2"}'
    with pytest.raises(FormatError, match="STATEMENT_DUPLICATE"):
        parse_statement(_forge(header, twice), typ=TYP_DEVICE)
    for text in (
        TEXT + "=",
        TEXT + ".",
        "." + TEXT,
        TEXT.replace(".", ".."),
        TEXT + "A",
        " " + TEXT,
    ):
        with pytest.raises(FormatError):
            parse_statement(text, typ=TYP_DEVICE)


def test_hostile_json_is_refused() -> None:
    header, _ = _parts()
    for text in ("[" * 1500, "[]", "1", '"x"', "NaN", "{", "", "\ufeff{}", "\ud800"):
        encoded = b64url_encode(text.encode("utf-8", "surrogatepass"))
        whole = f"{b64url_encode(json.dumps(header).encode())}.{encoded}.{'A' * 86}"
        with pytest.raises(FormatError):
            parse_statement(whole, typ=TYP_DEVICE)
    with pytest.raises(FormatError):
        parse_statement("A" * (MAX_TEXT + 1), typ=TYP_DEVICE)


@given(st.text(max_size=120))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    for typ in (TYP_DEVICE, TYP_PIN, TYP_KIOSK):
        with pytest.raises(FormatError):
            parse_statement(text, typ=typ)


@given(st.integers(0, len(TEXT) - 1), st.characters(max_codepoint=0x2000))
def test_any_changed_character_gives_our_error(position: int, character: str) -> None:
    changed = TEXT[:position] + character + TEXT[position + 1 :]
    if changed != TEXT:
        with pytest.raises(CredentialError):
            verify_statement(parse_statement(changed, typ=TYP_DEVICE), HOLDER.public_key)
