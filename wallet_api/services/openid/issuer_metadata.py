"""What the credential issuer says of itself (OpenID4VCI 1.0 section 12.2), plain and signed.

Everything follows from the catalogue and the settings: a new document type appears here by itself.
What clients and the OpenID Foundation's tests insist on is noted where it decided the form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from credentials.claim_shapes import ages, is_age
from credentials.document_types import DocumentType
from credentials.fields import Field, Labels
from credentials.jose import ALG, sign_jws
from credentials.jwe import ALG as KEY_AGREEMENT
from credentials.jwe import KEY_SIZES
from credentials.jwk import public_jwk, thumbprint
from credentials.mdoc_elements import namespace_of
from credentials.type_metadata import LANGUAGES
from wallet_api.services.deps import Deps
from wallet_api.services.openid import addresses
from wallet_api.services.openid.configurations import (
    MDOC,
    SD_JWT,
    Configuration,
    configurations,
    offered_types,
)

BATCH_SIZE: Final = 20
"""Credentials of one request at most: enough for a wallet that shows each only once."""
SIGNED_TYPE: Final = "openidvci-issuer-metadata+jwt"
NAMES: Final = Labels(
    "Direktorat Jenderal Kependudukan dan Pencatatan Sipil",
    "Directorate General of Population and Civil Registration",
)
BINDING: Final = {SD_JWT: ["jwk"], MDOC: ["cose_key", "jwk"]}
ES256_COSE: Final = -7  # mdoc takes COSE numbers, all else takes names (section 12.2.4)
_AUTHORITY: Final = (
    ("issuing_authority", Labels("Instansi penerbit", "Issuing authority")),
    ("issuing_country", Labels("Negara penerbit", "Issuing country")),
)

Json = dict[str, Any]


def metadata(deps: Deps) -> Json:
    """Return the metadata; every address in it begins with ``public_url``."""
    return {
        "credential_issuer": addresses.issuer(deps),
        "credential_endpoint": addresses.endpoint(deps, "credential"),
        "nonce_endpoint": addresses.endpoint(deps, "nonce"),
        "deferred_credential_endpoint": addresses.endpoint(deps, "deferred"),
        "notification_endpoint": addresses.endpoint(deps, "notification"),
        "credential_request_encryption": {
            "jwks": {"keys": [request_jwk(deps)]},
            "enc_values_supported": list(KEY_SIZES),
            "encryption_required": False,
        },
        "credential_response_encryption": {
            "alg_values_supported": [KEY_AGREEMENT],
            "enc_values_supported": list(KEY_SIZES),
            "encryption_required": False,
        },
        "batch_credential_issuance": {"batch_size": BATCH_SIZE},
        "display": [{"name": NAMES.text(language), "locale": language} for language in LANGUAGES],
        "credential_configurations_supported": {
            name: _configuration(deps, one) for name, one in configurations(deps).items()
        },
    }


def signed_metadata(deps: Deps) -> str:
    """Return the metadata as a JWT of the key whose certificate names us (section 12.2.3)."""
    certified = deps.keys.sd_jwt
    claims = {"sub": addresses.issuer(deps), "iat": int(deps.now().timestamp())} | metadata(deps)
    return sign_jws(claims, certified.signer, typ=SIGNED_TYPE, chain=certified.chain)


def request_jwk(deps: Deps) -> Json:
    """Return the key that credential requests may be encrypted to."""
    key = deps.keys.request_key.public_key()
    return {**public_jwk(key), "use": "enc", "alg": KEY_AGREEMENT, "kid": thumbprint(key)}


def type_metadata(deps: Deps, name: str) -> bytes:
    """Return the document at a type's `vct`; ``KeyError``."""
    return offered_types(deps)[name].metadata


def _configuration(deps: Deps, configuration: Configuration) -> Json:
    held = offered_types(deps)[configuration.type].type
    proof: Json = {"proof_signing_alg_values_supported": [ALG]}
    if deps.settings.openid_require_key_attestation:
        proof["key_attestations_required"] = {}
    found: Json = {"format": configuration.format, "scope": configuration.scope}
    if configuration.format == SD_JWT:
        found |= {"vct": configuration.vct, "credential_signing_alg_values_supported": [ALG]}
    else:
        found |= {
            "doctype": configuration.doctype,
            "credential_signing_alg_values_supported": [ES256_COSE],
        }
    return found | {
        # Both or neither, say the Foundation's tests.
        "cryptographic_binding_methods_supported": BINDING[configuration.format],
        "proof_types_supported": {"jwt": proof, "attestation": proof},
        # Inside `credential_metadata`: by it clients tell version 1.0 from the drafts.
        "credential_metadata": {
            "display": [
                {
                    "name": held.labels.text(language),
                    "locale": language,
                    "background_color": "#7a1420",
                    "text_color": "#ffffff",
                }
                for language in LANGUAGES
            ],
            "claims": _claims(held, configuration, offered_types(deps)[held.name].metadata),
        },
    }


def _claims(
    held: DocumentType, configuration: Configuration, metadata_of_type: bytes
) -> list[Json]:
    if configuration.format == MDOC:
        return [_claim(list(path), labels) for path, labels in _elements(held)]
    return [
        _claim(
            claim["path"], _labels(claim.get("display")), mandatory=claim.get("mandatory", False)
        )
        for claim in json.loads(metadata_of_type)["claims"]
    ]


def _claim(path: list[str | None], labels: Labels | None, *, mandatory: bool = False) -> Json:
    claim: Json = {"path": path}
    if mandatory:
        claim["mandatory"] = True
    if labels is not None:
        claim["display"] = [
            {"name": labels.text(language), "locale": language} for language in LANGUAGES
        ]
    return claim


def _labels(display: list[Json] | None) -> Labels | None:
    if not display:
        return None
    return Labels(**{entry["locale"]: entry["label"] for entry in display})


def _elements(held: DocumentType) -> Iterator[tuple[tuple[str, str], Labels]]:
    """List the elements of an mdoc: paths of exactly [namespace, element]."""
    for name, labels in (*_names(held.fields), *_AUTHORITY):
        yield (namespace_of(held, name), name), labels


def _names(fields: tuple[Field, ...]) -> Iterator[tuple[str, Labels]]:
    for field in fields:
        for part in field.parts:
            yield part.name, part.labels
        if field.parts or not field.mdoc:
            continue
        if not is_age(field):
            yield field.mdoc, field.labels
            continue
        for years in ages(field, None):
            label = Labels(f"{field.labels.id} ({years})", f"{field.labels.en} ({years})")
            yield f"age_over_{years}", label
