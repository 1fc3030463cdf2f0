"""The trust list, the regions and the signed verifier bundle that carries them."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from credentials import bundle, cbor, cose
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.regions import Region, Regions, pack_regions
from credentials.revocation import encode_gaps
from credentials.signing import compress
from credentials.trust import TrustedKey, TrustList, encode_trust_list, parse_trust_list
from tests.credentials import made
from tests.credentials.made import ISSUER, NOW, STRANGER

SIGNED = made.signed_bundle()
EDWARDS = ed25519.Ed25519PrivateKey.generate().public_key()
KEY = made.trust().keys[0]
_NONE = encode_gaps(())
VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.binary(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=7), st.dictionaries(st.integers(0, 11), inner, max_size=4)
    ),
    max_leaves=8,
)


def _verified(data: bytes) -> bundle.Bundle:
    return bundle.verify_bundle(bundle.parse_bundle(data), ISSUER.public_key)


def _forged(**changes: object) -> bytes:
    """Sign a payload with some members changed, by number (_2 is the version)."""
    payload = cbor.decode(cose.parse_sign1(SIGNED, max_size=10**6).payload, max_size=10**6)
    assert isinstance(payload, dict)
    for name, value in changes.items():
        key = int(name[1:])
        if value is None:
            del payload[key]
        else:
            payload[key] = value
    return cose.sign1(cbor.encode(payload), ISSUER, external_aad=bundle.CONTEXT)


def test_a_bundle_comes_back() -> None:
    found = _verified(SIGNED)
    assert (found.version, found.issued_at, found.status_as_of) == (7, NOW, NOW - 30)
    assert found.minimum_app_version == "1.0.0"
    assert found.catalogue == made.CATALOGUE
    assert found.revocation.status(123, 5) == "revoked"
    assert found.revocation.status(123, 9) == "suspended"
    (key,) = found.trust.find(ISSUER.kid)
    assert compress(key.public_key) == compress(ISSUER.public_key)  # type: ignore[arg-type]
    region = found.regions.find("3173021001")
    assert region == Region("Grogol", "", "", "DKI Jakarta", "11450")
    assert bundle.parse_bundle(SIGNED).kid == ISSUER.kid


def test_a_bundle_of_another_root_or_use_is_refused() -> None:
    with pytest.raises(SignatureError):
        bundle.verify_bundle(bundle.parse_bundle(SIGNED), STRANGER.public_key)
    payload = cose.parse_sign1(SIGNED, max_size=10**6).payload
    other_use = cose.sign1(payload, ISSUER, external_aad=b"IKD-ID1-CRED")
    with pytest.raises(SignatureError):
        _verified(other_use)


def test_nothing_is_believed_before_the_signatures_hold() -> None:
    """Not the catalogue, not a key: whoever signed decides before what is written."""
    for change in ({"_8": b"{"}, {"_7": [[1, b"", b""]]}, {"_10": "x"}):
        payload = cose.parse_sign1(_forged(**change), max_size=10**6).payload
        with pytest.raises(SignatureError):
            _verified(cose.sign1(payload, STRANGER, external_aad=bundle.CONTEXT))


@pytest.mark.parametrize(
    "change",
    [{"_1": 1}, {"_2": -1}, {"_2": "7"}, {"_2": True}, {"_3": NOW + 10**9}, {"_4": NOW},
     {"_2": 1 << 40}, {"_5": NOW + 1}, {"_6": {}}, {"_6": [[1]]}, {"_6": []}, {"_6": [b"x"]},
     {"_6": [b""] * 17}, {"_7": 1}, {"_7": [[1, b"", b""]]}, {"_7": [[1, b""]]}, {"_7": [1]},
     {"_7": [[2, _NONE, _NONE], [1, _NONE, _NONE]]}, {"_8": b"{"}, {"_8": "[]"}, {"_9": "x"},
     {"_10": "1.0"}, {"_10": 1}, {"_11": 1}, {"_12": 1}, {"_9": None}, {"_2": None}],
    ids=str,
)  # fmt: skip
def test_a_signed_bundle_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(FormatError):
        _verified(_forged(**change))


def test_a_bundle_we_could_not_read_is_not_signed() -> None:
    for change in ({"expires_at": NOW}, {"status_as_of": NOW + 1}, {"minimum_app_version": "x"}):
        with pytest.raises(LintError):
            bundle.sign_bundle(made.bundle(**change), ISSUER)


@given(st.integers(0, len(SIGNED) - 1), st.integers(1, 255))
def test_any_changed_byte_of_a_bundle_is_noticed(position: int, change: int) -> None:
    data = bytearray(SIGNED)
    data[position] ^= change
    with pytest.raises(CredentialError):
        _verified(bytes(data))


@given(st.binary(max_size=100))
def test_any_bytes_are_no_bundle(data: bytes) -> None:
    with pytest.raises(FormatError):
        bundle.parse_bundle(data)


def test_a_bundle_without_key_id_is_refused() -> None:
    for protected in ({1: -7}, {4: b"1234"}, {}, {1: -8, 4: b"1234"}, {1: -7, 4: b""}, []):
        data = cbor.encode([cbor.encode(protected), {}, b"x", bytes(64)])
        with pytest.raises(FormatError):
            bundle.parse_bundle(data)


# ------------------------------------------------------------------------------- trust list


def test_keys_that_share_an_id_are_all_found() -> None:
    other = replace(KEY, public_key=STRANGER.public_key, issuer_name="Other")
    edwards = replace(KEY, public_key=EDWARDS, alg=-8, kid=b"mosip", document_types=frozenset())
    found = parse_trust_list(encode_trust_list(TrustList((KEY, other, edwards))))
    assert [key.issuer_name for key in found.find(KEY.kid)] == ["Dukcapil", "Other"]
    assert found.find(b"mosip")[0].alg == -8
    assert found.find(b"none") == ()


def test_a_key_says_what_it_may_sign_and_when() -> None:
    assert KEY.may_sign("id_card")
    assert not KEY.may_sign("passport")
    assert KEY.valid_at(KEY.not_before)
    assert KEY.valid_at(KEY.not_after)
    assert not KEY.valid_at(KEY.not_before - 1)
    assert not KEY.valid_at(KEY.not_after + 1)


@pytest.mark.parametrize(
    ("index", "value"),
    [(0, b""), (0, "kid"), (0, bytes(33)), (1, -35), (1, "ES256"), (2, b"\2" + b"\xff" * 32),
     (2, b""), (2, "x"), (3, -1), (3, None), (4, 0), (4, True), (5, 1), (5, "x" * 201),
     (6, "id_card"), (6, [1])],
)  # fmt: skip
def test_wrong_trust_entries_are_refused(index: int, value: object) -> None:
    entry: list[object] = list(encode_trust_list(TrustList((KEY,)))[0])  # type: ignore[call-overload]
    entry[index] = value
    with pytest.raises(FormatError):
        parse_trust_list([entry])


def test_an_algorithm_that_does_not_fit_its_key_is_not_published() -> None:
    for key, alg in ((EDWARDS, -7), (ISSUER.public_key, -8)):
        with pytest.raises(LintError):
            encode_trust_list(TrustList((replace(KEY, public_key=key, alg=alg),)))
    entry = [b"kid", -8, b"short", 0, 1, "x", []]
    with pytest.raises(FormatError):
        parse_trust_list([entry])


@given(VALUE)
def test_any_value_is_a_trust_list_or_our_error(value: object) -> None:
    try:
        found = parse_trust_list(value)
    except FormatError:
        return
    assert found == TrustList(())


def test_a_trusted_key_is_a_plain_value() -> None:
    assert TrustedKey(KEY.kid, KEY.public_key, -7, 0, 1, "x", frozenset()) != KEY


# ----------------------------------------------------------------------------------- regions

ROWS = [
    ("31", "DKI Jakarta", ""),
    ("31.73", "Kota Jakarta Barat", ""),
    ("31.73.02", "Grogol Petamburan", ""),
    ("31.73.02.1001", "Grogol", "11450"),
    ("31.73.02.1002", "Tanjung Duren Utara", ""),
]


def test_a_village_is_found_with_all_above_it() -> None:
    regions = pack_regions(reversed(ROWS))
    assert regions.find("3173021001") == Region(
        "Grogol", "Grogol Petamburan", "Kota Jakarta Barat", "DKI Jakarta", "11450"
    )
    assert regions.find("3173021002") == Region(
        "Tanjung Duren Utara", "Grogol Petamburan", "Kota Jakarta Barat", "DKI Jakarta", ""
    )
    for code in ("3173021003", "317302100", "31", "", "3173021001\n", "x" * 10):
        assert regions.find(code) is None


@pytest.mark.parametrize(
    "row",
    [("31.7", "x", ""), ("31", "", ""), ("31", "a\tb", ""), ("31", "x", "123"), ("ab", "x", "")],
)
def test_rows_that_could_not_be_read_back_are_refused(row: tuple[str, str, str]) -> None:
    with pytest.raises(LintError):
        pack_regions([row])
    with pytest.raises(LintError):
        pack_regions([ROWS[0], ROWS[0]])


@given(st.binary(max_size=80) | st.binary(max_size=80).map(zlib.compress))
def test_any_block_gives_a_region_none_or_our_error(data: bytes) -> None:
    try:
        found = Regions(data).find("3173021001")
    except FormatError:
        return
    assert found is None


@pytest.mark.parametrize(
    "text",
    [b"3173021001\tx", b"3173021001\tx\n", b"3173021001\t\xff\t\n", b"3173021001\ta\tb\tc\n"],
)
def test_a_broken_line_is_our_error(text: bytes) -> None:
    with pytest.raises(FormatError, match="REGIONS_FORMAT"):
        Regions(zlib.compress(text)).find("3173021001")


def test_a_block_that_inflates_too_far_is_refused_at_the_first_look_up() -> None:
    regions = Regions(zlib.compress(bytes(20_000_000), 9))
    with pytest.raises(FormatError, match="ZLIB_TOO_LARGE"):
        regions.find("3173021001")
