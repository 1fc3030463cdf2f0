"""The checks of a presentation, in order, each with its own code. Nothing here knows HTTP.

    1. form                          FormatError codes of `credentials`
    2. issuer's chain to an anchor   CHAIN_…, LEAF_… (mdoc: key usage, country)
    3. issuer's signature, digests   SIGNATURE_INVALID, DIGEST_…, SDJWT_…
    4. times of the document         EXPIRED, NOT_YET_VALID, ISSUED_IN_FUTURE
    5. issuer's name                 ISSUER_MISMATCH
    6. type asked for, issuer's type TYPE_NOT_ASKED, ISSUER_NOT_FOR_TYPE
    7. holder's proof                HOLDER_KEY_MISSING, KEY_BINDING_…, AUDIENCE, NONCE, or the
                                     device's signature over our own session transcript
    8. the query                     CLAIM_NOT_ASKED, CLAIM_REQUIRED
    9. values and policy             CLAIM_INVALID, FIELD_MISSING, BELOW_MINIMUM
    10. status                      STATUS_REVOKED, …_SUSPENDED, …_UNKNOWN, …_TOO_OLD

The status comes last because it may need the network: nobody makes us fetch with a stolen copy.
The caller still has to use the request up, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credentials.jwk import b64url_decode
from credentials.key_binding import verify_key_binding
from credentials.mdoc_device import parse_device_response, verify_device_signature
from credentials.mdoc_elements import read_elements
from credentials.mdoc_issuer import verify_issuer_signed
from credentials.mdoc_transcript import redirect_transcript
from credentials.sd_jwt_vc import OPEN_CLAIMS, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.token_claims import StatusReference
from credentials.vc_claims import read_claims
from credentials.x509_chain import DOCUMENT_SIGNER, check_issuer
from verifier.openid4vp.errors import Rejected
from verifier.openid4vp.queries import (
    SD_JWT,
    Query,
    check_claims,
    check_elements,
    check_values,
)
from verifier.openid4vp.statuses import Found, StatusLists
from verifier.openid4vp.trust import Issuer, Trust
from verifier.policy import Policy


@dataclass(frozen=True, slots=True)
class Expected:
    """What the holder must have signed for. `key_thumbprint` is 32 bytes, of the encryption key."""

    client_id: str
    nonce: str
    response_uri: str
    key_thumbprint: bytes
    asked_at: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A presentation that passed. `values` by the catalogue's names, only what the policy shows."""

    issuer: str
    issued_at: int | None
    expires_at: int
    status: Found
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Genuine:
    """A document whose issuer and holder were proven, before policy and status."""

    issuer: Issuer
    issued_at: int | None
    expires_at: int
    reference: StatusReference | None
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks presentations against a trust file."""

    trust: Trust
    statuses: StatusLists

    def check(
        self, presentation: str, query: Query, policy: Policy, expected: Expected, *, now: int
    ) -> Finding:
        """Return what was found; raises Rejected or CredentialError with the first failed check."""
        check = self._check_sd_jwt if query.format == SD_JWT else self._check_mdoc
        genuine = check(presentation, query, expected, now)
        # 9.
        check_values(policy, genuine.values)
        # 10.
        found = self.statuses.look_up(genuine.reference, genuine.issuer)
        return Finding(
            genuine.issuer.name,
            genuine.issued_at,
            genuine.expires_at,
            _accepted(found, policy, now),
            policy.choose(genuine.values),
        )

    def _check_sd_jwt(self, text: str, query: Query, expected: Expected, now: int) -> _Genuine:
        unverified = parse_sd_jwt_vc(text)  # 1.
        issuer, leaf = self.trust.verify_chain(unverified.jws.chain, now=now)  # 2.
        credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=now)  # 3., 4.
        if credential.issuer is not None:  # 5.
            check_issuer(leaf, credential.issuer)
        _check_type(credential.vct, query, issuer)  # 6.
        if credential.holder_key is None:  # 7.
            raise Rejected("HOLDER_KEY_MISSING")
        verify_key_binding(
            unverified,
            credential.holder_key,
            audience=expected.client_id,
            nonce=expected.nonce,
            now=now,
            max_age=max(0, now - expected.asked_at),
        )
        shown = {name: one for name, one in credential.claims.items() if name not in OPEN_CLAIMS}
        check_claims(query, shown, unverified.jws.claims)  # 8.
        return _Genuine(
            issuer,
            credential.issued_at,
            credential.expires_at,
            credential.status,
            read_claims(query.document_type, shown),
        )

    def _check_mdoc(self, text: str, query: Query, expected: Expected, now: int) -> _Genuine:
        documents = parse_device_response(b64url_decode(text))  # 1.
        if len(documents) != 1:
            raise Rejected("PRESENTATION_COUNT")
        (document,) = documents
        signed = document.issuer_signed
        issuer, leaf = self.trust.verify_chain(signed.chain, now=now, usage=DOCUMENT_SIGNER)  # 2.
        issued = verify_issuer_signed(signed, leaf, now=now)  # 3., 4., 5.
        _check_type(issued.doctype, query, issuer)  # 6.
        transcript = redirect_transcript(
            expected.client_id,
            expected.nonce,
            expected.response_uri,
            key_thumbprint=expected.key_thumbprint,
        )
        verify_device_signature(document, issued.device_key, transcript=transcript)  # 7.
        check_elements(query, issued.elements)  # 8.
        return _Genuine(
            issuer,
            issued.validity.signed_at,
            issued.validity.valid_until,
            issued.status,
            read_elements(query.document_type, issued.elements),
        )


def _check_type(name: str, query: Query, issuer: Issuer) -> None:
    """The type is the one asked for, and this issuer may issue it under this name."""
    if name not in query.names:
        raise Rejected("TYPE_NOT_ASKED")
    names = issuer.types.get(query.document_type.name)
    if names is None or names.of(query.format) != name:
        raise Rejected("ISSUER_NOT_FOR_TYPE")


def _accepted(found: Found, policy: Policy, now: int) -> Found:
    """Return the status a policy takes; "unknown" only where it says so aloud."""
    if found.status == "revoked":
        raise Rejected("STATUS_REVOKED")
    if found.status == "suspended":
        raise Rejected("STATUS_SUSPENDED")
    too_old = found.as_of is not None and now - found.as_of > policy.status_max_age.total_seconds()
    if found.status == "good" and not too_old:
        return found
    if policy.status_unknown == "accept":
        return Found("unknown", found.as_of)
    raise Rejected("STATUS_TOO_OLD" if found.status == "good" else "STATUS_UNKNOWN")
