"""Checks 9 and 10 of an audit: opens what was sealed, and looks at the signatures again.

Not whether the credential was revoked, or the proof fresh: that was so at the time of the check,
and the receipt is the desk's word for it. Signatures do not age.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError, FormatError
from credentials.jwk import thumbprint
from credentials.presentation import UnverifiedPresentation, verify_proof
from credentials.signing import load_compressed
from verifier.bundle import TrustedBundle
from verifier.reading import FOREIGN, Scanned, Unreadable, read
from verifier.receipts.record import Check, Record, mark_of
from verifier.receipts.sealing import Evidence, recipient_of, unseal


@dataclass(frozen=True, slots=True)
class Looked:
    """What one sealed part came to: `finding` is a code of `findings`, None where all is well."""

    finding: str | None = None
    detail: str = ""
    opened: bool = False
    issuer_checked: bool = False


class EvidenceCheck:
    """Opens with the institution's private key; with a bundle, checks the issuers' signatures."""

    def __init__(
        self, private_key: ec.EllipticCurvePrivateKey, bundle: TrustedBundle | None = None
    ) -> None:
        """Take the key; the bundle may be past its end, or a later one than the desk's."""
        self._key, self._bundle = private_key, bundle
        self._fingerprint = thumbprint(private_key.public_key())

    def check(self, record: Record, check: Check) -> Looked:
        """Look at one receipt's evidence."""
        try:
            if recipient_of(check.sealed or "") != self._fingerprint:
                return Looked("OTHER_RECIPIENT")
            evidence = self.open(record, check)
        except CredentialError as problem:
            return Looked("EVIDENCE_INVALID", problem.code)
        if not hmac.compare_digest(mark_of(check.salt or b"", evidence.text), check.mark or b""):
            return Looked("EVIDENCE_INVALID", "another text", opened=True)
        if self._bundle is None:
            return Looked(opened=True)
        return self._signatures(evidence, check, self._bundle)

    def open(self, record: Record, check: Check) -> Evidence:
        """Return what was sealed; CredentialError."""
        if check.sealed is None or check.salt is None:
            raise FormatError("EVIDENCE_FORMAT")
        return unseal(check.sealed, self._key, chain=record.chain, salt=check.salt)

    def _signatures(self, evidence: Evidence, check: Check, bundle: TrustedBundle) -> Looked:
        try:
            scanned = read(evidence.text, bundle.catalogue)
        except Unreadable as problem:
            return Looked("EVIDENCE_INVALID", str(problem.code), opened=True)
        keys = bundle.trust.find(scanned.kid) if scanned.kid is not None else bundle.trust.keys
        if scanned.kid is None:
            keys = tuple(key for key in keys if key.may_sign(FOREIGN))
        if not keys:
            return Looked("ISSUER_UNKNOWN", opened=True)
        for key in keys:
            try:
                scanned.check_signature(key)
            except CredentialError:
                continue
            return self._holder(scanned, check)
        return Looked("ISSUER_INVALID", opened=True)

    def _holder(self, scanned: Scanned, check: Check) -> Looked:
        presentation = scanned.presentation
        if presentation is not None and not _is_holders(presentation, check.nonce):
            return Looked("HOLDER_INVALID", opened=True, issuer_checked=True)
        return Looked(opened=True, issuer_checked=True)


def _is_holders(presentation: UnverifiedPresentation, nonce: bytes | None) -> bool:
    """Tell whether the credential's phone signed the proof, for this challenge or for none."""
    try:
        public_key = load_compressed(presentation.credential.holder_key or b"")
        proof = verify_proof(presentation, public_key)
    except CredentialError:
        return False
    return proof.nonce == nonce
