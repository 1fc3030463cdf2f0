"""Status list tokens: the drafts' own, and ours in every form against the offline bundle's."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import tagged_cbor
from credentials.cose_chain import sign_message
from credentials.errors import ClaimError, CredentialError, FormatError, LintError, SignatureError
from credentials.jose import sign_jws
from credentials.jwk import b64url_decode, b64url_encode
from credentials.revocation import RevocationSet, encode_revocation, parse_revocation
from credentials.status_list import LIST_SIZE, StatusList
from credentials.status_token import (
    TYP_CWT,
    TYP_JWT,
    ListTimes,
    UnverifiedStatusToken,
    fill_list,
    parse_status_cwt,
    parse_status_jwt,
    sign_status_cwt,
    sign_status_jwt,
    verify_status_token,
)
from credentials.token_claims import read_status
from credentials.x509_chain import verify_chain
from tests.credentials.made import DAY, NOW, STRANGER, VECTORS
from tests.credentials.sd_jwt.issuing import ANCHORS, LEAF, LEAF_KEY

FOLDER = VECTORS / "token-status-list"
TOKENS = json.loads((FOLDER / "tokens.json").read_text(encoding="utf-8"))
LONG = json.loads((FOLDER / "long_vectors.json").read_text(encoding="utf-8"))
URI = "https://ikd.example/status/7"
TIMES = ListTimes(NOW, NOW + DAY, 900)
REVOKED = np.arange(5, LIST_SIZE, 97)
SUSPENDED = np.arange(11, LIST_SIZE, 301)
REVOCATION = RevocationSet({7: REVOKED, 8: []}, {7: SUSPENDED})


def _both(statuses: StatusList, **changes: object) -> list[UnverifiedStatusToken]:
    members = {"uri": URI, "times": TIMES, "chain": (LEAF,), **changes}
    return [
        parse_status_jwt(sign_status_jwt(statuses, LEAF_KEY, **members)),  # type: ignore[arg-type]
        parse_status_cwt(sign_status_cwt(statuses, LEAF_KEY, **members)),  # type: ignore[arg-type]
    ]


SMALL = _both(StatusList(2, 1024))


def test_the_drafts_jwt_is_read_and_says_what_the_draft_says() -> None:
    token = parse_status_jwt(TOKENS["status_list_jwt_raw"])
    assert (token.uri, token.bits) == ("https://example.com/statuslists/1", 1)
    assert token.times == ListTimes(1686920170, 2291720170, 43200)
    assert StatusList.decompress(token.compressed, 1).to_bytes() == bytes.fromhex("b9a3")
    with pytest.raises(SignatureError):  # the draft does not publish its key
        verify_status_token(token, STRANGER.public_key, uri=token.uri, now=1686920171)


def test_the_drafts_cwt_is_read_and_says_what_the_draft_says() -> None:
    token = parse_status_cwt(bytes.fromhex(TOKENS["status_list_cwt_hex"]))
    assert (token.uri, token.bits) == ("https://example.com/statuslists/1", 1)
    assert token.times == ListTimes(1686920170, 2291720170, 43200)
    assert StatusList.decompress(token.compressed, 1).to_bytes() == bytes.fromhex("b9a3")


def test_the_drafts_referenced_token_names_its_list_and_its_entry() -> None:
    """Its payload names the status under 65535; the claim itself is as in a JWT."""
    parts = tagged_cbor.decode(bytes.fromhex(TOKENS["referenced_token_cwt_hex"])[1:])
    assert isinstance(parts, list)
    status = read_status(tagged_cbor.decode_map(parts[2])[65535])
    assert (status.uri, status.index) == ("https://example.com/statuslists/1", 0)


@pytest.mark.parametrize("vector", LONG, ids=lambda vector: f"{vector['bits']} bits")
def test_the_drafts_long_lists_travel_in_both_tokens(vector: dict[str, object]) -> None:
    data = b64url_decode(vector["json"]["lst"])  # type: ignore[index]
    statuses = StatusList.decompress(data, int(str(vector["bits"])))
    for token in _both(statuses, compressed=data):
        read = verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)
        assert read.statuses.to_bytes() == statuses.to_bytes()
        expected = vector["set"]
        assert isinstance(expected, dict)
        assert all(read.get(int(index)) == value for index, value in expected.items())


def test_jwt_cwt_and_offline_bundle_say_the_same_of_every_entry() -> None:
    """2**20 entries, each compared: the bundle's form is decoded from its bytes as well."""
    offline = parse_revocation(encode_revocation(REVOCATION))
    expected = np.zeros(LIST_SIZE, dtype=np.uint8)
    expected[offline.suspended(7)] = 2
    expected[offline.revoked(7)] = 1
    for token in _both(fill_list(REVOCATION, 7)):
        read = verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)
        data = np.frombuffer(read.statuses.to_bytes(), dtype=np.uint8)
        entries = np.stack([data >> shift & 3 for shift in (0, 2, 4, 6)], axis=1).reshape(-1)
        assert np.array_equal(entries, expected)
        names = {"good": 0, "revoked": 1, "suspended": 2}
        for index in (0, 5, 11, 102, LIST_SIZE - 1, *map(int, REVOKED[:50]), *map(int, SUSPENDED)):
            assert read.get(index) == names[offline.status(7, index)]
    both = set(REVOKED.tolist()) & set(SUSPENDED.tolist())
    assert both
    assert all(expected[index] == 1 for index in both)


def test_a_list_nobody_covers_is_not_a_list_of_good_ones() -> None:
    assert fill_list(REVOCATION, 8).to_bytes() == bytes(LIST_SIZE // 4)
    with pytest.raises(KeyError):
        fill_list(REVOCATION, 9)


def test_the_key_of_a_token_comes_from_its_chain_and_the_chain_from_an_anchor() -> None:
    for token in SMALL:
        key = verify_chain(token.chain, ANCHORS, now=NOW).public_key
        assert verify_status_token(token, key, uri=URI, now=NOW).get(1023) == 0
        with pytest.raises(SignatureError):
            verify_status_token(token, STRANGER.public_key, uri=URI, now=NOW)


@pytest.mark.parametrize(
    ("uri", "now", "code"),
    [
        ("https://ikd.example/status/8", NOW, "STATUS_URI"),
        (URI, NOW - 61, "ISSUED_IN_FUTURE"),
        (URI, NOW + DAY + 60, "EXPIRED"),
    ],
)
def test_a_list_is_for_one_address_and_one_time(uri: str, now: int, code: str) -> None:
    for token in SMALL:
        with pytest.raises(ClaimError, match=code):
            verify_status_token(token, LEAF_KEY.public_key, uri=uri, now=now)


def test_an_entry_outside_the_list_is_an_error_and_not_valid() -> None:
    for token in SMALL:
        read = verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)
        for index in (1024, -1):
            with pytest.raises(ClaimError, match="STATUS_INDEX"):
                read.get(index)


@pytest.mark.parametrize(
    ("ttl", "expires_at", "until"),
    [
        (900, NOW + DAY, NOW + 1900),
        (None, NOW + DAY, NOW + 1900),
        (1, NOW + DAY, NOW + 1060),
        (10**9, NOW + 9 * DAY, NOW + 1000 + DAY),
        (900, NOW + 1500, NOW + 1500),
        (900, None, NOW + 1900),
    ],
)
def test_a_copy_is_kept_no_longer_than_is_sensible(
    ttl: int | None, expires_at: int | None, until: int
) -> None:
    for token in _both(StatusList(2, 1024), times=ListTimes(NOW, expires_at, ttl)):
        read = verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)
        assert read.keep_until(NOW + 1000) == until


def _forged(claims: dict[str, object]) -> list[str | bytes]:
    """Sign claims of any shape as both forms."""
    keys = {"sub": 2, "exp": 4, "iat": 6, "ttl": 65534, "status_list": 65533}
    named = {keys[name]: value for name, value in claims.items()}
    parts = sign_message(tagged_cbor.encode(named), LEAF_KEY, typ=TYP_CWT)
    listed = claims.get("status_list")
    if isinstance(listed, dict) and isinstance(listed.get("lst"), bytes):
        claims = {**claims, "status_list": {**listed, "lst": b64url_encode(listed["lst"])}}
    return [sign_jws(claims, LEAF_KEY, typ=TYP_JWT), tagged_cbor.encode(parts)]


GOOD = {
    "sub": URI,
    "iat": NOW,
    "exp": NOW + DAY,
    "status_list": {"bits": 2, "lst": zlib.compress(bytes(9))},
}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"iat": None}, "CLAIM_INVALID"),
        ({"iat": 1.5}, "CLAIM_INVALID"),
        ({"iat": True}, "CLAIM_INVALID"),
        ({"exp": "tomorrow"}, "CLAIM_INVALID"),
        ({"ttl": 0}, "CLAIM_INVALID"),
        ({"ttl": -5}, "CLAIM_INVALID"),
        ({"sub": 7}, "CLAIM_INVALID"),
        ({"sub": ""}, "CLAIM_INVALID"),
        ({"status_list": 1}, "CLAIM_MISSING"),
        ({"status_list": {"bits": 3, "lst": b""}}, "STATUS_LIST_FORMAT"),
        ({"status_list": {"bits": True, "lst": b""}}, "STATUS_LIST_FORMAT"),
        ({"status_list": {"bits": 2}}, "CLAIM_INVALID"),
        ({"status_list": {"bits": 2, "lst": b"not zlib"}}, "ZLIB_INVALID"),
        ({"status_list": {"bits": 2, "lst": zlib.compress(bytes(9)) + b"x"}}, "ZLIB_INVALID"),
        (
            {"status_list": {"bits": 2, "lst": zlib.compress(bytes(LIST_SIZE + 1))}},
            "ZLIB_TOO_LARGE",
        ),
        ({"status_list": {"bits": 2, "lst": zlib.compress(b"")}}, "STATUS_LIST_FORMAT"),
    ],
    ids=str,
)
def test_a_token_that_is_not_in_order_is_refused(change: dict[str, object], code: str) -> None:
    for form in _forged({**GOOD, **change}):
        with pytest.raises(CredentialError) as caught:
            _verify(form)
        assert caught.value.code == code


def test_the_good_one_passes() -> None:
    for form in _forged(GOOD):
        _verify(form)
    for missing in ("iat", "sub", "status_list"):
        for form in _forged({name: value for name, value in GOOD.items() if name != missing}):
            with pytest.raises(FormatError, match="CLAIM_MISSING"):
                _verify(form)


def test_a_token_of_another_type_is_refused() -> None:
    jwt = sign_jws({**GOOD, "status_list": {"bits": 2, "lst": "eNo"}}, LEAF_KEY, typ="JWT")
    with pytest.raises(FormatError, match="JWS_TYP"):
        parse_status_jwt(jwt)
    cwt = tagged_cbor.encode(sign_message(b"\xa0", LEAF_KEY, typ="application/cwt"))
    with pytest.raises(FormatError, match="COSE_TYP"):
        parse_status_cwt(cwt)


def test_no_list_is_issued_that_ends_before_it_begins() -> None:
    for times in (ListTimes(NOW, NOW), ListTimes(NOW, NOW + 1, 0)):
        with pytest.raises(LintError, match="CLAIM_TIMES"):
            _both(StatusList(2, 1024), times=times)


def _verify(form: str | bytes) -> None:
    token = parse_status_jwt(form) if isinstance(form, str) else parse_status_cwt(form)
    verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)


CWT = sign_status_cwt(StatusList(2, 64), LEAF_KEY, uri=URI, times=TIMES, chain=())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(CWT) - 1), st.binary(max_size=2)))
def test_any_bytes_are_refused_or_say_what_was_signed(data: bytes | tuple[int, bytes]) -> None:
    """What is not signed may differ: the tag, an empty unprotected header in another form."""
    if isinstance(data, tuple):
        data = CWT[: data[0]] + data[1] + CWT[data[0] + 1 :]
    try:
        token = parse_status_cwt(data)
        read = verify_status_token(token, LEAF_KEY.public_key, uri=URI, now=NOW)
    except CredentialError:
        return
    assert read.statuses.to_bytes() == bytes(16)
    assert read.times == TIMES


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=100))
def test_any_text_is_refused_with_an_error_of_ours(text: str) -> None:
    with pytest.raises(FormatError):
        parse_status_jwt(text)
