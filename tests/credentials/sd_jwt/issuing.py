"""An issuer with a certificate, a holder, and tokens forged on purpose."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from credentials.certificates import Subject, make_leaf, make_root
from credentials.disclosures import Selective
from credentials.jwk import b64url_decode, b64url_encode
from credentials.sd_jwt_vc import issue_sd_jwt_vc
from credentials.signing import PemSigner, Signer, generate_pem
from credentials.token_claims import StatusReference
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors
from tests.credentials.made import DAY, HOLDER, NOW

ISSUER_URI = "https://ikd.example/issuer"
VCT = "https://ikd.example/vct/id-card/1"
STATUS = StatusReference("https://ikd.example/status/7", 1234)
AUDIENCE = "x509_san_dns:bank.example"
NONCE = "n-0S6_WzA2Mj"

ROOT_KEY = PemSigner(generate_pem())
LEAF_KEY = PemSigner(generate_pem())
DS_KEY = PemSigner(generate_pem())
ROOT = make_root(
    ROOT_KEY,
    Subject("IKD Root", "ID", "Dukcapil"),
    serial=1,
    not_before=NOW - 30 * DAY,
    not_after=NOW + 3000 * DAY,
    website="https://ikd.example",
)
ANCHORS = Anchors((ROOT,))


def leaf(key: Signer, *, usage: str | None = None, **changes: Any) -> bytes:
    """Make a leaf under ROOT."""
    members: dict[str, Any] = {
        "serial": 2,
        "not_before": NOW - 20 * DAY,
        "not_after": NOW + 400 * DAY,
        "website": "https://ikd.example",
        "uris": (ISSUER_URI,),
        "dns_names": ("ikd.example",),
        "subject": Subject("IKD Issuer", "ID", "Dukcapil"),
        **changes,
    }
    subject = members.pop("subject")
    return make_leaf(ROOT, ROOT_KEY, subject, key.public_key, usage=usage, **members)


LEAF = leaf(LEAF_KEY)
DS = leaf(DS_KEY, usage=DOCUMENT_SIGNER, serial=3)

CLAIMS: dict[str, object] = {
    "name": Selective("SITI AMINAH"),
    "birthdate": Selective("1998-01-10"),
    "address": Selective(
        {"street_address": Selective("JL. DAHLIA NO. 40"), "postal_code": Selective("11450")}
    ),
    "nationalities": [Selective("ID"), Selective("NL")],
    "issuing_country": "ID",
}
PLAIN: dict[str, object] = {
    "name": "SITI AMINAH",
    "birthdate": "1998-01-10",
    "address": {"street_address": "JL. DAHLIA NO. 40", "postal_code": "11450"},
    "nationalities": ["ID", "NL"],
    "issuing_country": "ID",
}


def counting() -> Callable[[int], bytes]:
    """Return a source of bytes that repeats itself in every run, never within one."""
    count = 0

    def random(size: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(count.to_bytes(4, "big")).digest(size)

    return random


def credential(claims: dict[str, object] = CLAIMS, **changes: Any) -> str:
    """Issue CLAIMS to HOLDER."""
    members: dict[str, Any] = {
        "vct": VCT,
        "issued_at": NOW - NOW % DAY,
        "expires_at": NOW - NOW % DAY + 14 * DAY,
        "random": counting(),
        "chain": (LEAF,),
        "holder_key": HOLDER.public_key,
        "status": STATUS,
        "issuer": ISSUER_URI,
        **changes,
    }
    signer = members.pop("signer", LEAF_KEY)
    return issue_sd_jwt_vc(claims, signer, **members)


def encode(value: object) -> str:
    """Return base64url of JSON, or of the text itself."""
    text = value if isinstance(value, str) else json.dumps(value)
    return b64url_encode(text.encode())


def disclosure(*parts: object) -> tuple[str, str]:
    """Return (text, digest) of a disclosure of any shape."""
    text = encode(list(parts))
    return text, b64url_encode(hashlib.sha256(text.encode()).digest())


def forge(header: object, payload: object, signer: Signer = LEAF_KEY) -> str:
    """Sign a header and a payload of any shape."""
    signed = f"{encode(header)}.{encode(payload)}"
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def opened(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and payload of a compact JWS or of an SD-JWT's first part."""
    header, payload, _ = text.partition("~")[0].split(".")
    return json.loads(b64url_decode(header)), json.loads(b64url_decode(payload))
