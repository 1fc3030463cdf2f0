"""The one place where a credential is signed: by the key its intent named, and looked at again."""

from __future__ import annotations

from credentials.errors import CredentialError
from credentials.qr_credential import parse_credential, sign_credential, verify_credential
from wallet_api.errors import IssuingStopped
from wallet_api.services.deps import Deps


def sign_once(deps: Deps, document_type: str, kid: bytes, claims: bytes) -> bytes:
    """Sign with the key the intent named, verify with its public key, compare (threat T28)."""
    named = next(
        (
            key.signer
            for key in deps.keys.issuer_keys()
            if key.kid == kid and document_type in key.document_types
        ),
        None,
    )
    if named is None:
        raise IssuingStopped(retry_after=60)
    raw = sign_credential(claims, named)
    try:
        verified = verify_credential(parse_credential(raw), named.public_key)
    except CredentialError as error:
        raise IssuingStopped(retry_after=60) from error
    if verified.kid != kid or claims not in raw:
        raise IssuingStopped(retry_after=60)
    return raw
