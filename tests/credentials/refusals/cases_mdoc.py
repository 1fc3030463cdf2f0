"""mdocs that differ from a good one in one thing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import cbor2
from cbor2 import CBORTag

from credentials import tagged_cbor
from credentials.certificates import Subject
from credentials.cose import sig_structure
from credentials.mdoc_issuer import issue_mdoc
from credentials.mdoc_mso import Validity, cose_key
from credentials.mdoc_transcript import redirect_transcript
from credentials.signing import Signer
from credentials.tagged_cbor import wrapped
from credentials.x509_chain import DOCUMENT_SIGNER
from tests.credentials.made import DAY, HOLDER, NOW, STRANGER
from tests.credentials.refusals.reading import Case
from tests.credentials.sd_jwt.issuing import (
    AUDIENCE,
    DS,
    DS_KEY,
    LEAF,
    LEAF_KEY,
    NONCE,
    counting,
    leaf,
)

SPACE, DOCTYPE = "org.iso.23220.1", "id.example.ikd.idcard.1"
BEGIN = NOW - NOW % DAY
ELEMENTS: dict[str, dict[str, object]] = {SPACE: {"family_name": "SITI", "issuing_country": "ID"}}
TRANSCRIPT = redirect_transcript(AUDIENCE, NONCE, "https://bank.example/r", key_thumbprint=None)
OTHER_TRANSCRIPT = redirect_transcript(AUDIENCE, "x", "https://bank.example/r", key_thumbprint=None)

Row = tuple[str, str, bytes | str, str | None]


def _issue(**changes: Any) -> bytes:
    members: dict[str, Any] = {
        "elements": ELEMENTS,
        "signer": DS_KEY,
        "doctype": DOCTYPE,
        "device_key": HOLDER.public_key,
        "validity": Validity(BEGIN, BEGIN, BEGIN + 15 * DAY),
        "chain": (DS,),
        "random": counting(),
        **changes,
    }
    return issue_mdoc(members.pop("elements"), members.pop("signer"), **members)


GOOD = _issue()


def _auth(
    *, protected: Any = None, unprotected: Any = None, payload: Any = ..., signer: Signer = DS_KEY
) -> bytes:
    """Sign GOOD's security object again with headers of any kind."""
    document = cbor2.loads(GOOD)
    old = document["issuerAuth"]
    header = cbor2.dumps({1: -7} if protected is None else protected)
    body = old[2] if payload is ... else payload
    signature = signer.sign(sig_structure(header, b"", body))
    document["issuerAuth"] = [
        header,
        {33: DS} if unprotected is None else unprotected,
        body,
        signature,
    ]
    return cbor2.dumps(document)


def _mso(**changes: Any) -> bytes:
    """Sign another security object; its dates stay tagged as they are."""
    payload = cbor2.loads(GOOD)["issuerAuth"][2]
    mso = tagged_cbor.decode_map(cbor2.loads(payload).value)
    for name, value in changes.items():
        if value is ...:
            del mso[name]
        else:
            mso[name] = value
    return _auth(payload=wrapped(cbor2.dumps(mso)))


def _validity(**changes: Any) -> bytes:
    names = ("signed", "validFrom", "validUntil")
    times = dict(zip(names, (BEGIN, BEGIN, BEGIN + DAY), strict=True))
    info = {name: tagged_cbor.tdate(moment) for name, moment in times.items()}
    return _mso(validityInfo={**info, **changes})


def _items(change: Any) -> bytes:
    """Change the list of items, not what was signed."""
    document = cbor2.loads(GOOD)
    items = [item.value for item in document["nameSpaces"][SPACE]]
    document["nameSpaces"][SPACE] = [CBORTag(24, item) for item in change(items)]
    return cbor2.dumps(document)


def _item(**changes: Any) -> bytes:
    def change(items: list[bytes]) -> list[bytes]:
        return [cbor2.dumps({**cbor2.loads(items[0]), **changes}), *items[1:]]

    return _items(change)


def _headers() -> Iterator[Row]:
    yield "good", "issued by us", GOOD, None
    yield (
        "chain protected",
        "x5chain where COSE wants it",
        _auth(protected={1: -7, 33: DS}, unprotected={}),
        None,
    )
    yield "stranger", "signed by a stranger", _auth(signer=STRANGER), "SIGNATURE_INVALID"
    yield "alg es384", "an algorithm that is not ours", _auth(protected={1: -35}), "COSE_ALG"
    yield "alg hmac", "HMAC in the place of a signature", _auth(protected={1: 5}), "COSE_ALG"
    yield "alg missing", "the algorithm is not said", _auth(protected={}), "COSE_ALG"
    yield (
        "alg outside",
        "the algorithm is not signed",
        _auth(protected={}, unprotected={1: -7, 33: DS}),
        "COSE_ALG",
    )
    yield "alg text", "the algorithm as JOSE says it", _auth(protected={1: "ES256"}), "COSE_ALG"
    yield "alg twice", "two algorithms", _auth(unprotected={1: -8, 33: DS}), "COSE_HEADER"
    yield "crit", "a critical header", _auth(protected={1: -7, 2: [99], 99: 1}), "COSE_CRIT"
    yield (
        "crit outside",
        "one that is not signed",
        _auth(unprotected={2: [99], 33: DS}),
        "COSE_CRIT",
    )
    yield (
        "x5u",
        "the address of a chain, never fetched",
        _auth(unprotected={35: "https://x", 33: DS}),
        "COSE_HEADER",
    )


def _chains() -> Iterator[Row]:
    foreign = leaf(DS_KEY, usage=DOCUMENT_SIGNER, subject=Subject("DS", "NL"))
    expired = leaf(DS_KEY, usage=DOCUMENT_SIGNER, not_after=NOW - 1)
    server = leaf(DS_KEY, usage="1.3.6.1.5.5.7.3.1")
    yield "no chain", "no certificate", _auth(unprotected={}), "CHAIN_MISSING"
    yield "kid only", "a key id and no certificate", _auth(unprotected={4: b"1"}), "CHAIN_MISSING"
    yield "chain text", "a certificate of another kind", _auth(unprotected={33: "x"}), "COSE_CHAIN"
    yield "chain empty", "an empty chain", _auth(unprotected={33: []}), "COSE_CHAIN"
    yield "chain long", "five certificates", _auth(unprotected={33: [DS] * 5}), "COSE_CHAIN"
    yield "usage", "a certificate for SD-JWTs", _issue(signer=LEAF_KEY, chain=(LEAF,)), "LEAF_USAGE"
    yield (
        "usage server",
        "a certificate of a web server",
        _auth(unprotected={33: server}),
        "LEAF_USAGE",
    )
    yield (
        "chain country",
        "another country than the root's",
        _auth(unprotected={33: foreign}),
        "LEAF_COUNTRY",
    )
    yield (
        "chain expired",
        "the signer's certificate ran out",
        _auth(unprotected={33: expired}),
        "CHAIN_EXPIRED",
    )


def _objects() -> Iterator[Row]:
    key = cose_key(HOLDER.public_key)
    yield "version", "a version to come", _mso(version="2.0"), "MSO_VERSION"
    yield "sha-1", "a hash nobody should use", _mso(digestAlgorithm="SHA-1"), "MSO_ALGORITHM"
    yield "no digests", "nothing was signed", _mso(valueDigests={}), "MSO_FORMAT"
    yield (
        "digest text",
        "digests of another kind",
        _mso(valueDigests={SPACE: {0: "x"}}),
        "MSO_FORMAT",
    )
    yield "no device key", "anybody could show it", _mso(deviceKeyInfo={}), "KEY_INVALID"
    yield "no key info", "anybody could show it", _mso(deviceKeyInfo=...), "MSO_FORMAT"
    yield (
        "key curve",
        "a key on another curve",
        _mso(deviceKeyInfo={"deviceKey": {**key, -1: 2}}),
        "KEY_INVALID",
    )
    yield (
        "key off curve",
        "a point on no curve",
        _mso(deviceKeyInfo={"deviceKey": {**key, -3: bytes(32)}}),
        "KEY_NOT_ON_CURVE",
    )
    yield "no type", "no document type", _mso(docType=...), "MSO_FORMAT"
    yield "status", "a status that cannot be looked up", _mso(status={"crl": 1}), "STATUS_MECHANISM"


def _times() -> Iterator[Row]:
    late = CBORTag(0, "2027-01-15T00:00:00+07:00")
    yield "no validity", "valid for ever", _mso(validityInfo=...), "MSO_FORMAT"
    yield (
        "date text",
        "a date without its tag",
        _validity(validUntil="2027-01-29T00:00:00Z"),
        "CBOR_DATE",
    )
    yield "date zone", "a date not in UTC", _validity(signed=late), "CBOR_DATE"
    yield (
        "date 31 June",
        "a day that is none",
        _validity(signed=CBORTag(0, "2026-06-31T00:00:00Z")),
        "CBOR_DATE",
    )
    yield (
        "date epoch",
        "seconds in the place of a text",
        _validity(signed=CBORTag(0, 5)),
        "CBOR_INVALID",
    )
    yield (
        "reversed",
        "ends before it begins",
        _validity(validUntil=tagged_cbor.tdate(BEGIN - 1)),
        "MSO_FORMAT",
    )
    yield (
        "future",
        "begins tomorrow",
        _validity(validFrom=tagged_cbor.tdate(NOW + 61)),
        "NOT_YET_VALID",
    )
    yield "past", "ended", _validity(validUntil=tagged_cbor.tdate(NOW - 61)), "EXPIRED"
    yield (
        "before",
        "signed before the signer was certified",
        _validity(signed=tagged_cbor.tdate(NOW - 30 * DAY)),
        "SIGNED_OUTSIDE_CERTIFICATE",
    )
    yield "no wrap", "a security object without tag 24", _auth(payload=b"\xa0"), "CBOR_NOT_ENCODED"


def _elements() -> Iterator[Row]:
    bomb = b"\x9f" * 50 + b"\xff" * 50
    yield "value", "another name", _item(elementValue="BUDI"), "DIGEST_MISMATCH"
    yield "salt", "another salt", _item(random=bytes(32)), "DIGEST_MISMATCH"
    yield "digest id", "an id that was not signed", _item(digestID=77), "DIGEST_MISSING"
    yield "id negative", "an id below zero", _item(digestID=-1), "MDOC_ITEM"
    yield "salt short", "15 bytes: the value could be guessed", _item(random=bytes(15)), "MDOC_ITEM"
    yield "name number", "a name of another kind", _item(elementIdentifier=7), "MDOC_ITEM"
    yield (
        "twice",
        "one element two times",
        _items(lambda items: [items[0]] * 2),
        "MDOC_DUPLICATE_ELEMENT",
    )
    yield "same digest", "two elements of one digest", _item(digestID=1), "MDOC_DUPLICATE_DIGEST"
    yield "none", "a namespace with nothing in it", _items(lambda _: []), "MDOC_FORMAT"
    yield "many", "600 elements", _items(lambda items: [items[0]] * 600), "MDOC_FORMAT"
    yield (
        "bomb",
        "fifty arrays in one another",
        _items(lambda items: [bomb, *items]),
        "CBOR_INVALID",
    )
    yield "big number", "a number that unfolds", _item(elementValue=1 << 80), "CBOR_INVALID"
    yield (
        "country",
        "another country than the signer's",
        _issue(elements={SPACE: {"issuing_country": "NL"}}),
        "ISSUER_MISMATCH",
    )
    yield "trailing", "bytes after the document", GOOD + b"\0", "CBOR_TRAILING"
    yield "cut", "the end is missing", GOOD[:-1], "CBOR_INVALID"
    yield "array", "no document at all", b"\x80", "MDOC_FORMAT"
    yield "nothing", "no bytes at all", b"", "CBOR_INVALID"


def issued() -> Iterator[Case]:
    """Return the cases of IssuerSigned."""
    rows = (*_headers(), *_chains(), *_objects(), *_times(), *_elements())
    name = "mdoc IssuerSigned"
    yield from (Case(row[0], row[1], name, text_of(row[2]), row[3]) for row in rows)


def text_of(value: bytes | str) -> str:
    return value if isinstance(value, str) else b64encode(value).decode()
