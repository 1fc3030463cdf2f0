"""Holds files of receipts against what a chain promises, and tells everything that does not hold.

     1. every byte belongs to a whole record
     2. every record is built as receipts are
     3. number 0 comes first and brings the key; it is the key that the auditor knows
     4. every record is of that chain
     5. that key signed it
     6. numbers follow each other, none missing, none twice, none with two contents
     7. each names the hash of the one before
     8. every head that the auditor knows is in it
     9. what is sealed opens, and is the text that the record names
    10. an issuer of the bundle signed it, and the phone signed its proof for this challenge

What cannot be seen from a chain alone: that its tail was cut off (8 sees it), and that the desk
never made a record, or made it of something else than what was on its screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.errors import CredentialError, FormatError, SignatureError
from credentials.signing import load_compressed
from verifier.receipts.book import Head
from verifier.receipts.evidence import EvidenceCheck
from verifier.receipts.findings import Findings
from verifier.receipts.frames import Damage, Frame
from verifier.receipts.keys import fingerprint
from verifier.receipts.record import (
    Begin,
    Check,
    Pruned,
    Receipt,
    Repair,
    UnverifiedReceipt,
    parse_receipt,
    verify_receipt,
)

CLOCK_TOLERANCE = 300  # seconds, as everywhere in the verifier


@dataclass(slots=True)
class Audited:
    """What an audit came to. `key` is the fingerprint in number 0; `key_known` that it was given.

    `first` and `last` are the numbers covered after number 0, `head` the last record's.
    """

    findings: Findings = field(default_factory=Findings)
    chain: bytes | None = None
    key: str | None = None
    key_known: bool = False
    first: int | None = None
    head: Head | None = None
    records: int = 0
    checks: int = 0
    accepted: int = 0
    sealed: int = 0
    opened: int = 0
    issuer_checked: int = 0
    heads_confirmed: int = 0

    @property
    def intact(self) -> bool:
        """Whether everything holds that was looked at."""
        return self.findings.intact


class Audit:
    """One audit over one file or several of one chain, in the order of the chain."""

    def __init__(
        self,
        *,
        key: str | None = None,
        heads: Iterable[Head] = (),
        evidence: EvidenceCheck | None = None,
        policies: Iterable[bytes] = (),
    ) -> None:
        """`key`: fingerprint of the desk's key; `heads`: known ones; `evidence`: what opens it;
        `policies`: digests of those that were to be in force, none: any.
        """
        self.result = Audited()
        self._found = self.result.findings
        self._known_key = key
        self._heads = tuple(heads)
        self._evidence = evidence
        self._policies = frozenset(policies)
        self._public_key: ec.EllipticCurvePublicKey | None = None
        self._before: tuple[int, bytes | None, int] | None = None  # number, digest, time
        self._seen: dict[int, tuple[bytes, int]] = {}  # digest, and which file it was in
        self._file = 0

    def read(self, parts: Iterable[Frame | Damage]) -> None:
        """Go through one file."""
        self._file += 1
        begun = False
        for part in parts:
            if isinstance(part, Damage):
                self._found.add("DAMAGED", None, f"{part.size} bytes at {part.at}")
                continue
            try:
                unverified = parse_receipt(part.data)
            except FormatError as problem:
                self._found.add("UNREADABLE", None, f"{problem.code} at {part.at}")
                continue
            if not begun:
                begun = True
                if not isinstance(unverified.record.body, Begin) and self._public_key is None:
                    self._found.add("BEGIN_MISSING", unverified.record.number)
            self._receipt(unverified)

    def finish(self) -> Audited:
        """Compare with the known heads and return the result."""
        result = self.result
        if result.chain is None and not self._found.counts:
            self._found.add("BEGIN_MISSING")
        for head in self._heads:
            self._compare(head)
        return result

    def _receipt(self, unverified: UnverifiedReceipt) -> None:
        record = unverified.record
        if isinstance(record.body, Begin) and self._public_key is None:
            self._begin(unverified, record.body)
            return
        if self._public_key is None:
            return  # nothing to check it with
        if record.chain != self.result.chain:
            self._found.add("CHAIN_DIFFERS", record.number)
            return
        try:
            receipt = verify_receipt(unverified, self._public_key)
        except SignatureError:
            self._found.add("SIGNATURE_INVALID", record.number)
            if self._before is not None and record.number == self._before[0] + 1:
                self._before = (record.number, None, self._before[2])
            return
        if self._is_new(receipt):
            self._link(receipt)
            self._take(receipt)

    def _begin(self, unverified: UnverifiedReceipt, body: Begin) -> None:
        result, record = self.result, unverified.record
        try:
            public_key = load_compressed(body.public_key)
            receipt = verify_receipt(unverified, public_key)
        except CredentialError:
            self._found.add("SIGNATURE_INVALID", 0)
            return
        self._public_key, result.chain = public_key, record.chain
        result.key = fingerprint(public_key)
        result.key_known = self._known_key == result.key
        if self._known_key is not None and not result.key_known:
            self._found.add("KEY_DIFFERS", 0)
        self._seen[0] = (receipt.digest, self._file)
        self._before = (0, receipt.digest, record.at)
        result.records += 1
        result.head = Head(record.chain, 0, receipt.digest)

    def _follows(self, number: int) -> bool:
        return self._before is None or number > self._before[0]

    def _is_new(self, receipt: Receipt) -> bool:
        number = receipt.record.number
        seen = self._seen.get(number)
        if seen is not None:
            if seen[0] != receipt.digest:
                self._found.add("FORKED", number)
            elif seen[1] == self._file:
                self._found.add("REPEATED", number)
            return False
        if not self._follows(number):
            self._found.add("LINK_BROKEN", number, "out of order")
        return True

    def _link(self, receipt: Receipt) -> None:
        record = receipt.record
        if self._before is None or not self._follows(record.number):
            return
        number, digest, at = self._before
        if record.number == number + 1:
            if digest is not None and record.previous != digest:
                self._found.add("LINK_BROKEN", record.number)
        elif self.result.first is not None or number != 0:
            self._found.add("MISSING", number + 1, f"{number + 1}-{record.number - 1}")
        if record.at < at - CLOCK_TOLERANCE:
            self._found.add("CLOCK_BACK", record.number)

    def _take(self, receipt: Receipt) -> None:
        result, record = self.result, receipt.record
        self._seen[record.number] = (receipt.digest, self._file)
        result.records += 1
        if result.first is None:
            result.first = record.number
        if self._follows(record.number):
            self._before = (record.number, receipt.digest, record.at)
            result.head = Head(record.chain, record.number, receipt.digest)
        body = record.body
        if isinstance(body, Repair):
            self._found.add("REPAIRED", record.number, f"{body.size} bytes")
        elif isinstance(body, Pruned):
            self._found.add("PRUNED", record.number, f"1-{body.number}")
        elif isinstance(body, Check):
            self._check(receipt, body)

    def _check(self, receipt: Receipt, check: Check) -> None:
        result = self.result
        result.checks += 1
        result.accepted += check.accepted
        if receipt.record.at < check.status_as_of - CLOCK_TOLERANCE:
            self._found.add("CLOCK_BEHIND", receipt.record.number)
        if self._policies and check.policy_digest not in self._policies:
            self._found.add("POLICY_OTHER", receipt.record.number, check.policy)
        if check.sealed is None:
            return
        result.sealed += 1
        if self._evidence is None:
            return
        outcome = self._evidence.check(receipt.record, check)
        result.opened += outcome.opened
        result.issuer_checked += outcome.issuer_checked
        if outcome.finding is not None:
            self._found.add(outcome.finding, receipt.record.number, outcome.detail)

    def _compare(self, head: Head) -> None:
        result = self.result
        if result.chain is None or result.head is None:
            return
        if head.chain != result.chain:
            self._found.add("CHAIN_DIFFERS", head.number, "known head")
            return
        seen = self._seen.get(head.number)
        if seen is not None:
            if seen[0] == head.digest:
                result.heads_confirmed += 1
            else:
                self._found.add("HEAD_DIFFERS", head.number)
        elif head.number > result.head.number:
            self._found.add("CUT", head.number, f"ends at {result.head.number}")
        elif result.first is not None and head.number < result.first:
            self._found.add("HEAD_OUTSIDE", head.number)
        else:
            self._found.add("MISSING", head.number, str(head.number))
