"""Makes a receipt of every check, before anybody is told what the check came to.

A desk that keeps receipts and cannot write one gives no verdict: the outcome is a fault of this
computer. What names a person is sealed for the institution, where the policy says so, and only of
what was accepted: nobody photocopies the card of a person who is sent away.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from credentials.errors import CredentialError
from credentials.qr_text import PREFIX_PRESENTATION, PREFIX_PRINT
from verifier.policy import Policy
from verifier.receipts.book import Head, ReceiptBook, is_begun, receipts_folder
from verifier.receipts.errors import ReceiptError
from verifier.receipts.exports import find
from verifier.receipts.record import (
    NO_HASH,
    SALT_SIZE,
    Check,
    Receipt,
    mark_of,
    parse_receipt,
    verify_receipt,
)
from verifier.receipts.sealing import seal
from verifier.verdict import Refused, Verified

if TYPE_CHECKING:
    from verifier.desk.checking import Outcome

_READ_FROM_STEP = 4  # checks 1 to 3 read the text: before that it may be anything


class Receipting:
    """The receipts of one desk. `problem` is what kept the last one from being written."""

    def __init__(self, book: ReceiptBook, policy: Policy) -> None:
        """Write into `book` as the policy says; RECIPIENT_NEEDED when it asks for too much."""
        if policy.receipt_claims == "shown" and book.recipient is None:
            raise ReceiptError("RECIPIENT_NEEDED")
        self.book = book
        self.problem: ReceiptError | None = None

    def keep(
        self,
        outcome: Outcome,
        policy: Policy,
        *,
        desk: str,
        purpose: str,
        text: str | None,
        nonce: bytes | None,
    ) -> Head:
        """Return the receipt's place once it is on the disk, else RECEIPT_NOT_WRITTEN."""
        try:
            check = self._check(outcome, policy, desk=desk, purpose=purpose, text=text, nonce=nonce)
            head = self.book.keep(check, outcome.at)
        except (ReceiptError, CredentialError) as problem:
            self.problem = ReceiptError("RECEIPT_NOT_WRITTEN", problem.code)
            raise self.problem from None
        self.problem = None
        return head

    def find(self, number: int) -> Receipt | None:
        """Return one receipt to be printed, None when it is not there or not this desk's."""
        data = find(self.book.folder, number)
        if data is None:
            return None
        try:
            return verify_receipt(parse_receipt(data), self.book.public_key)
        except CredentialError:
            return None

    def _check(
        self,
        outcome: Outcome,
        policy: Policy,
        *,
        desk: str,
        purpose: str,
        text: str | None,
        nonce: bytes | None,
    ) -> Check:
        facts, form = outcome.facts, _form(outcome, text)
        salt = secrets.token_bytes(SALT_SIZE) if text is not None and form != "none" else None
        sealed = None
        if salt is not None and outcome.accepted and policy.receipt_claims == "shown":
            sealed = self._seal(text or "", outcome, salt)
        return Check(
            desk=_tidy(desk, 100),
            code=str(outcome.verdict.code),
            accepted=outcome.accepted,
            source=outcome.source,
            authentic=facts.authentic,
            possession=facts.possession,
            status=facts.status,
            bundle_version=outcome.bundle.version,
            status_as_of=outcome.bundle.status_as_of,
            policy=policy.name,
            policy_digest=policy.digest or NO_HASH,
            purpose=_tidy(purpose, 300),
            development=outcome.bundle.development,
            set_back=outcome.set_back,
            form=form,
            salt=salt,
            mark=None if salt is None else mark_of(salt, text or ""),
            document_type=None if facts.document_type is None else _tidy(facts.document_type, 40),
            profile=None if facts.profile is None else _tidy(facts.profile, 40),
            issuer=None if facts.issuer is None else _tidy(facts.issuer, 200),
            nonce=nonce,
            seen_seconds=outcome.seen_seconds,
            sealed=sealed,
        )

    def _seal(self, text: str, outcome: Outcome, salt: bytes) -> str:
        if self.book.recipient is None:
            raise ReceiptError("RECIPIENT_NEEDED")
        return seal(
            text,
            outcome.facts.claims,
            recipient=self.book.recipient,
            chain=self.book.chain,
            salt=salt,
        )


def with_receipt(
    outcome: Outcome,
    receipts: Receipting | None,
    policy: Policy,
    *,
    desk: str,
    purpose: str,
    text: str | None,
    nonce: bytes | None,
) -> Outcome:
    """Return the outcome once its receipt is on the disk; without one there is no verdict."""
    if receipts is None:
        if policy.receipt_claims == "none":
            return outcome
        needed = ReceiptError("RECEIPTS_NEEDED")  # a newer bundle brought another policy
        return replace(outcome, verdict=needed, seen_seconds=None)
    try:
        head = receipts.keep(outcome, policy, desk=desk, purpose=purpose, text=text, nonce=nonce)
    except ReceiptError as problem:
        return replace(outcome, verdict=problem, seen_seconds=None)
    return replace(outcome, receipt=head)


def open_receipts(
    state: str | Path | None, policy: Policy, *, now: datetime, required: bool = False
) -> Receipting | None:
    """Return the receipts of a terminal, None where none were begun and none are asked for.

    RECEIPTS_NEEDED where they are asked for, by `required` or by a policy that wants claims kept;
    RECIPIENT_NEEDED where nobody is set to seal those for; and what keeps a book from being opened.
    """
    if state is None or not is_begun(receipts_folder(state)):
        if required or policy.receipt_claims == "shown":
            raise ReceiptError("RECEIPTS_NEEDED")
        return None
    return Receipting(ReceiptBook(receipts_folder(state), now=now), policy)


def _form(outcome: Outcome, text: str | None) -> str:
    verdict = outcome.verdict
    was_read = isinstance(verdict, Verified) or (
        isinstance(verdict, Refused) and verdict.code.step >= _READ_FROM_STEP
    )
    if text is None or not was_read:
        return "none"
    if text.startswith(PREFIX_PRESENTATION):
        return "presentation"
    return "print" if text.startswith(PREFIX_PRINT) else "claim169"


def _tidy(text: str, most: int) -> str:
    """Return what CBOR can hold of a text that came from a command line or a catalogue."""
    return text.encode("utf-8", "replace").decode()[:most]
