"""Parts of mdocs and COSE messages in forms that are nothing, each with its code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag

from credentials import tagged_cbor
from credentials.cose_chain import message_of, parse_message, sign_message, verify_message
from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.mdoc_device import parse_device_response
from credentials.mdoc_issuer import issuer_signed_of, parse_issuer_signed
from credentials.mdoc_mso import parse_mso
from credentials.status_token import parse_status_cwt
from tests.credentials.made import HOLDER, STRANGER
from tests.credentials.mdoc.test_mdoc import ISSUED, RESPONSE
from tests.credentials.sd_jwt.issuing import LEAF

PARTS = sign_message(b"payload", HOLDER, chain=(LEAF, LEAF))


def _put(data: bytes, *path: Any, value: object) -> bytes:
    """Change one thing in a CBOR document; tags stay as they are."""
    document: Any = tagged_cbor.decode(data)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return cbor2.dumps(document)


def _mso(**changes: object) -> bytes:
    payload = tagged_cbor.decode_map(ISSUED)["issuerAuth"][2]  # type: ignore[index]
    mso = tagged_cbor.decode_map(tagged_cbor.unwrap(tagged_cbor.decode(payload)))
    return cbor2.dumps({**mso, **changes})


CASES: list[tuple[str, Callable[[], object], str]] = [
    ("no array", lambda: message_of({}), "COSE_NOT_SIGN1"),
    ("three parts", lambda: message_of(PARTS[:3]), "COSE_NOT_SIGN1"),
    ("header no bytes", lambda: message_of([{}, *PARTS[1:]]), "COSE_NOT_SIGN1"),
    ("headers no map", lambda: message_of([PARTS[0], [], *PARTS[2:]]), "COSE_NOT_SIGN1"),
    ("payload text", lambda: message_of([*PARTS[:2], "x", PARTS[3]]), "COSE_NOT_SIGN1"),
    ("signature short", lambda: message_of([*PARTS[:3], b"x"]), "COSE_SIGNATURE_SIZE"),
    ("typ true", lambda: message_of([b"\xa2\x01\x26\x10\xf5", *PARTS[1:]]), "COSE_HEADER"),
    ("header no map", lambda: message_of([b"\x80", *PARTS[1:]]), "CBOR_NOT_MAP"),
    ("list detached", lambda: parse_status_cwt(_detached_list()), "COSE_NOT_SIGN1"),
    ("list huge", lambda: parse_status_cwt(bytes((1 << 21) + 1)), "CBOR_TOO_LARGE"),
    ("too large", lambda: tagged_cbor.decode(bytes(1 << 19)), "CBOR_TOO_LARGE"),
    ("float key", lambda: tagged_cbor.decode(b"\xa1\xf9\x3c\x00\x01"), "CBOR_KEY"),
    ("undefined", lambda: tagged_cbor.decode(b"\x81\xf7"), "CBOR_TYPE"),
    ("twice", lambda: tagged_cbor.decode(b"\xa2\x01\x01\x01\x02"), "CBOR_INVALID"),
    ("bignum", lambda: tagged_cbor.decode(b"\xc2\x41\x01"), "CBOR_INVALID"),
    ("reference", lambda: tagged_cbor.decode(b"\x82\xd8\x1c\x80\xd8\x1d\x00"), "CBOR_INVALID"),
    ("date number", lambda: tagged_cbor.decode(b"\xd9\x03\xec\x01"), "CBOR_INVALID"),
    ("epoch", lambda: tagged_cbor.decode(b"\xc1\x01"), "CBOR_INVALID"),
    ("no mdoc", lambda: issuer_signed_of(7), "MDOC_FORMAT"),
    ("no auth", lambda: issuer_signed_of({}), "MDOC_FORMAT"),
    ("auth detached", lambda: _issued("issuerAuth", 2, value=None), "MDOC_FORMAT"),
    ("spaces list", lambda: _issued("nameSpaces", value=[]), "MDOC_FORMAT"),
    ("space map", lambda: _issued("nameSpaces", value={"a": {}}), "MDOC_FORMAT"),
    ("space number", lambda: _issued("nameSpaces", value={7: [1]}), "MDOC_FORMAT"),
    ("item untagged", lambda: _issued("nameSpaces", value={"a": [b"x"]}), "CBOR_NOT_ENCODED"),
    ("item list", lambda: _item(b"\x80"), "CBOR_NOT_MAP"),
    ("item empty", lambda: _item(b"\xa0"), "MDOC_ITEM"),
    ("no value", lambda: _item(_item_without_value()), "MDOC_ITEM"),
    ("document text", lambda: _response("documents", 0, value="x"), "MDOC_FORMAT"),
    ("documents map", lambda: _response("documents", value={}), "MDOC_FORMAT"),
    ("no device", lambda: _response("documents", 0, "deviceSigned", value=1), "MDOC_FORMAT"),
    ("no own elements", lambda: _own(value=b"\xa0"), "CBOR_NOT_ENCODED"),
    ("own elements list", lambda: _own(value=CBORTag(24, b"\x80")), "CBOR_NOT_MAP"),
    ("digests of texts", lambda: parse_mso(_mso(valueDigests={"a": {"b": b""}})), "MSO_FORMAT"),
    ("digests listed", lambda: parse_mso(_mso(valueDigests={"a": [b""]})), "MSO_FORMAT"),
    ("digests by number", lambda: parse_mso(_mso(valueDigests={7: {}})), "MSO_FORMAT"),
    ("algorithm number", lambda: parse_mso(_mso(digestAlgorithm=-16)), "MSO_ALGORITHM"),
    ("validity list", lambda: parse_mso(_mso(validityInfo=[])), "MSO_FORMAT"),
    ("key info list", lambda: parse_mso(_mso(deviceKeyInfo=[])), "MSO_FORMAT"),
    ("type long", lambda: parse_mso(_mso(docType="x" * 257)), "MSO_FORMAT"),
]


def _issued(*path: Any, value: object) -> object:
    return parse_issuer_signed(_put(ISSUED, *path, value=value))


def _item(encoded: bytes) -> object:
    return _issued("nameSpaces", value={"a": [CBORTag(24, encoded)]})


def _item_without_value() -> bytes:
    return cbor2.dumps({"digestID": 0, "random": bytes(16), "elementIdentifier": "a"})


def _response(*path: Any, value: object) -> object:
    return parse_device_response(_put(RESPONSE, *path, value=value))


def _own(*, value: object) -> object:
    return _response("documents", 0, "deviceSigned", "nameSpaces", value=value)


def _detached_list() -> bytes:
    typ = "application/statuslist+cwt"
    return cbor2.dumps(sign_message(b"x", HOLDER, typ=typ, detached=True))


@pytest.mark.parametrize(
    ("read", "code"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_a_part_of_another_form_is_refused(read: Callable[[], object], code: str) -> None:
    with pytest.raises(FormatError) as caught:
        read()
    assert caught.value.code == code


def test_a_message_is_read_with_and_without_its_tag() -> None:
    data = cbor2.dumps(PARTS)
    for form in (data, b"\xd2" + data):
        message = parse_message(form)
        assert message.chain == (LEAF, LEAF)
        assert verify_message(message, HOLDER.public_key) == b"payload"
        with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
            verify_message(message, STRANGER.public_key)
        with pytest.raises(SignatureError, match="PAYLOAD_DETACHED"):
            verify_message(message, HOLDER.public_key, detached=b"payload")


def test_a_detached_payload_is_given_by_the_reader() -> None:
    message = message_of(sign_message(b"payload", HOLDER, detached=True))
    assert verify_message(message, HOLDER.public_key, detached=b"payload") == b"payload"
    for detached in (None, b"other"):
        with pytest.raises(CredentialError):
            verify_message(message, HOLDER.public_key, detached=detached)


def test_tags_disappear_from_what_is_shown() -> None:
    value = {"a": [tagged_cbor.full_date("1998-01-10"), {"b": CBORTag(24, b"x")}], "c": 1.5}
    assert tagged_cbor.plain(value) == {"a": ["1998-01-10", {"b": b"x"}], "c": 1.5}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-15T08:00:00Z", 1_800_000_000),
        ("2027-01-15T08:00:00.999999Z", 1_800_000_000),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_dates_are_read_to_the_second(text: str, moment: int) -> None:
    assert tagged_cbor.read_tdate(CBORTag(0, text)) == moment
    assert tagged_cbor.tdate(moment).value == text[:19] + "Z"


@pytest.mark.parametrize(
    "text",
    [
        "2027-01-15",
        "2027-01-15T08:00:00",
        "2027-01-15T08:00:00z",
        "2027-13-15T08:00:00Z",
        "٢027-01-15T08:00:00Z",
    ],
)
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(FormatError, match="CBOR_DATE"):
        tagged_cbor.read_tdate(CBORTag(0, text))
