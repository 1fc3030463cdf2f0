"""The one place where a credential in the world's formats is signed, and looked at again.

What left the signer is read as a verifier reads it, with the public chain, and compared with what
was meant: a broken key, library or certificate issues nothing (threat T28).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from credentials import tagged_cbor
from credentials.claim_shapes import Authority
from credentials.disclosures import Selective
from credentials.errors import CredentialError
from credentials.jwk import b64url_encode
from credentials.mdoc_elements import make_elements
from credentials.mdoc_issuer import issue_mdoc, parse_issuer_signed, verify_issuer_signed
from credentials.mdoc_mso import Validity
from credentials.sd_jwt_vc import OPEN_CLAIMS, issue_sd_jwt_vc, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.token_claims import StatusReference
from credentials.vc_claims import make_claims
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, verify_chain
from wallet_api.errors import IssuingStopped
from wallet_api.ports.keys import Certified
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses
from wallet_api.services.openid.configurations import SD_JWT, Configuration, OfferedType
from wallet_api.services.openid.key_proofs import HeldKey

AUTHORITY: Final = Authority("Direktorat Jenderal Kependudukan dan Pencatatan Sipil")


@dataclass(frozen=True, slots=True)
class Content:
    """What a document says, the same for every copy: as it is signed, and as it is read again."""

    configuration: Configuration
    offered: OfferedType
    members: Mapping[str, object]
    plain: object


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy to be: its key, its status entry, its times in unix seconds."""

    key: HeldKey
    status: StatusReference
    issued_at: int
    expires_at: int


def make_content(
    configuration: Configuration,
    offered: OfferedType,
    values: Mapping[str, object],
) -> Content:
    """Write a document's values in the configuration's format; LintError."""
    make = make_claims if configuration.format == SD_JWT else make_elements
    members = make(offered.type, offered.profile, values, authority=AUTHORITY)
    plain = _plain(members) if configuration.format == SD_JWT else tagged_cbor.plain(members)
    return Content(configuration, offered, members, plain)


def certified_for(deps: Deps, configuration: Configuration) -> Certified:
    """Return the key and certificates that sign a format."""
    return deps.keys.sd_jwt if configuration.format == SD_JWT else deps.keys.document_signer


def sign(deps: Deps, content: Content, copy: Copy) -> str:
    """Sign one copy, read it as a verifier does and compare; raises ``IssuingStopped``."""
    try:
        if content.configuration.format == SD_JWT:
            return _sign_sd_jwt(deps, content, copy)
        return _sign_mdoc(deps, content, copy)
    except CredentialError as error:
        raise IssuingStopped(retry_after=60) from error


def _sign_sd_jwt(deps: Deps, content: Content, copy: Copy) -> str:
    certified = deps.keys.sd_jwt
    text = issue_sd_jwt_vc(
        content.members,
        certified.signer,
        vct=content.offered.type.vct,
        vct_integrity=content.offered.integrity,
        issuer=addresses.issuer(deps),
        issued_at=copy.issued_at,
        expires_at=copy.expires_at,
        random=secrets.token_bytes,
        chain=certified.chain,
        holder_key=copy.key.public_key,
        status=copy.status,
    )
    now = int(deps.now().timestamp())
    leaf = verify_chain(certified.chain, _anchors(deps), now=now)
    read = verify_sd_jwt_vc(parse_sd_jwt_vc(text), leaf.public_key, now=now)
    said = {name: value for name, value in read.claims.items() if name not in OPEN_CLAIMS}
    _compare(
        (said, read.vct, read.status, read.holder_key, read.issued_at, read.expires_at),
        (
            content.plain,
            content.offered.type.vct,
            copy.status,
            copy.key.public_key,
            copy.issued_at,
            copy.expires_at,
        ),
    )
    return text


def _sign_mdoc(deps: Deps, content: Content, copy: Copy) -> str:
    certified = deps.keys.document_signer
    validity = Validity(copy.issued_at, copy.issued_at, copy.expires_at)
    data = issue_mdoc(
        content.members,  # type: ignore[arg-type]  # elements by namespace, as make_elements gave
        certified.signer,
        doctype=content.offered.type.doctype,
        device_key=copy.key.public_key,
        validity=validity,
        chain=certified.chain,
        random=secrets.token_bytes,
        status=copy.status,
    )
    now = int(deps.now().timestamp())
    leaf = verify_chain(certified.chain, _anchors(deps), now=now, usage=DOCUMENT_SIGNER)
    read = verify_issuer_signed(parse_issuer_signed(data), leaf, now=now)
    _compare(
        (read.elements, read.doctype, read.status, read.device_key, read.validity),
        (
            content.plain,
            content.offered.type.doctype,
            copy.status,
            copy.key.public_key,
            validity,
        ),
    )
    return b64url_encode(data)


def _compare(read: tuple[object, ...], meant: tuple[object, ...]) -> None:
    if read != meant:
        raise IssuingStopped(retry_after=60)


def _anchors(deps: Deps) -> Anchors:
    return _trusted(deps.keys.issuer_root.public_bytes(Encoding.DER))


@lru_cache(maxsize=8)
def _trusted(root: bytes) -> Anchors:
    return Anchors((root,))


def _plain(value: object) -> object:
    """Return claims as they are read when everything is disclosed."""
    if isinstance(value, Selective):
        return _plain(value.value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
