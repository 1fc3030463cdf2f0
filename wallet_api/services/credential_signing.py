"""The one place where a credential is signed: by the key its intent named, and looked at again."""

from __future__ import annotations

from collections.abc import Mapping

from credentials.cose import verify_sign1
from credentials.errors import CredentialError
from credentials.qr_credential import CONTEXT, parse_envelope, sign_credential
from wallet_api.errors import IssuingStopped
from wallet_api.ports.keys import IssuerKey
from wallet_api.services.deps import Deps

Signers = Mapping[tuple[str, bytes], IssuerKey]


def signers(deps: Deps) -> Signers:
    """Return the issuer keys by document type and key id."""
    return {
        (document_type, key.kid): key
        for key in deps.keys.issuer_keys()
        for document_type in key.document_types
    }


def sign_once(keys: Signers, document_type: str, kid: bytes, claims: bytes) -> bytes:
    """Sign with the key the intent named, verify with its public key, compare (threat T28).

    The claims are those of an intent: they were read back before they were stored.
    """
    named = keys.get((document_type, kid))
    if named is None or named.signer is None:
        raise IssuingStopped(retry_after=60)
    raw = sign_credential(claims, named.signer)
    try:
        message, signed_kid = parse_envelope(raw)
        signed = verify_sign1(message, named.public_key, external_aad=CONTEXT)
    except CredentialError as error:
        raise IssuingStopped(retry_after=60) from error
    if signed_kid != kid or signed != claims:
        raise IssuingStopped(retry_after=60)
    return raw
