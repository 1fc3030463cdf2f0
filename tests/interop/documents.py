"""Documents of every type of the catalogue in both formats, valid now, as an issuer makes them.

The clients of others have no clock that can be set, so the certificates and the times are of now.
"""

from __future__ import annotations

import base64
import os
import time
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from credentials.certificates import Subject, make_leaf, make_root
from credentials.document_types import DocumentType, Profile
from credentials.jwk import b64url_encode
from credentials.mdoc_elements import make_elements
from credentials.mdoc_issuer import issue_mdoc
from credentials.mdoc_mso import Validity
from credentials.sd_jwt_vc import issue_sd_jwt_vc
from credentials.signing import PemSigner, Signer, generate_pem
from credentials.token_claims import StatusReference
from credentials.vc_claims import coarse_times, make_claims
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors
from tests.credentials.claims.people import AUTHORITY, DOCUMENTS
from tests.credentials.made import CATALOGUE, DAY

TYPES = sorted(DOCUMENTS)
NOW = int(time.time())
ISSUER = "https://ikd.example/issuer"
LIST = "https://ikd.example/v1/lists/status/7"
STATUS = StatusReference(LIST, 1234)
CLIENT_ID = "x509_san_dns:bank.example"
NONCE = "n-0S6_WzA2MjLxkq"

ROOT_KEY, LEAF_KEY, SIGNER_KEY = (PemSigner(generate_pem()) for _ in range(3))
ROOT = make_root(
    ROOT_KEY,
    Subject("IKD Root", "ID", "Dukcapil"),
    serial=1,
    not_before=NOW - 30 * DAY,
    not_after=NOW + 3000 * DAY,
    website=ISSUER,
)
ANCHORS = Anchors((ROOT,))


def _leaf(key: Signer, serial: int, usage: str | None = None) -> bytes:
    return make_leaf(
        ROOT,
        ROOT_KEY,
        Subject("IKD Issuer", "ID", "Dukcapil"),
        key.public_key,
        serial=serial,
        not_before=NOW - 20 * DAY,
        not_after=NOW + 400 * DAY,
        website=ISSUER,
        usage=usage,
        uris=(ISSUER,),
    )


LEAF = _leaf(LEAF_KEY, 2)
SIGNER = _leaf(SIGNER_KEY, 3, DOCUMENT_SIGNER)


def now() -> int:
    """Return the time of this moment: NOW is that of the import, which may be minutes ago."""
    return int(time.time())


class Holder:
    """A holder's key: for us a signer, for the clients a private JWK."""

    def __init__(self) -> None:
        pem = generate_pem()
        self.signer = PemSigner(pem)
        private: Any = load_pem_private_key(pem, None)
        numbers = private.private_numbers()
        x, y = numbers.public_numbers.x, numbers.public_numbers.y
        parts = {"x": x, "y": y, "d": numbers.private_value}
        self.jwk = {"kty": "EC", "crv": "P-256"} | {
            name: b64url_encode(number.to_bytes(32, "big")) for name, number in parts.items()
        }


HOLDER = Holder()


def document(name: str) -> tuple[DocumentType, Profile, dict[str, Any]]:
    """Return type, profile and values of one document."""
    document_type = CATALOGUE.document_type(name)
    profile, values = DOCUMENTS[name]
    return document_type, document_type.profile(profile), values


def vct(name: str) -> str:
    """Return the address of the type metadata."""
    return f"https://ikd.example/openid/types/{name}"


def sd_jwt(name: str, **changes: Any) -> str:
    """Issue a document as an SD-JWT VC to HOLDER."""
    issued_at, expires_at = coarse_times(NOW, 14)
    members: dict[str, Any] = {
        "vct": vct(name),
        "issued_at": issued_at,
        "expires_at": expires_at,
        "random": os.urandom,
        "chain": (LEAF,),
        "holder_key": HOLDER.signer.public_key,
        "status": STATUS,
        "issuer": ISSUER,
        **changes,
    }
    document_type, profile, values = document(name)
    claims = make_claims(document_type, profile, values, authority=AUTHORITY)
    return issue_sd_jwt_vc(claims, LEAF_KEY, **members)


def mdoc(name: str) -> bytes:
    """Issue a document as an mdoc to HOLDER."""
    document_type, profile, values = document(name)
    begin, end = coarse_times(NOW, 14)
    return issue_mdoc(
        make_elements(document_type, profile, values, authority=AUTHORITY),
        SIGNER_KEY,
        doctype=document_type.doctype,
        device_key=HOLDER.signer.public_key,
        validity=Validity(begin, begin, end),
        chain=(SIGNER,),
        random=os.urandom,
        status=STATUS,
    )


def anchors(*certificates: bytes) -> list[str]:
    """Return certificates (by default ROOT) as the clients take them."""
    return [base64.b64encode(one).decode() for one in certificates or (ROOT,)]


def flipped(text: str, place: int) -> str:
    """Return base64url text with one character changed."""
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
