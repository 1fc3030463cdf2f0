"""What an audit can say: problems, which break the chain or what it stands for, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MOST: Final = 200  # findings that are kept one by one; a ruined file has one for each byte

# Problems. The chain does not hold, or does not hold what somebody knows to have been in it.
PROBLEMS: Final = (
    "DAMAGED",  # bytes that are no record
    "UNREADABLE",  # a record that is not built as receipts are
    "BEGIN_MISSING",  # no number 0: the file does not say which key
    "KEY_DIFFERS",  # another key than the one the auditor knows
    "CHAIN_DIFFERS",  # a record of another chain, another desk's perhaps
    "SIGNATURE_INVALID",  # changed afterwards, or not signed by this desk
    "MISSING",  # numbers that are not there
    "LINK_BROKEN",  # names another record before it than the one that is there
    "REPEATED",  # the same record twice
    "FORKED",  # two different records with one number: a copied folder
    "HEAD_DIFFERS",  # a known head names another record with that number
    "CUT",  # a known head lies behind the end: the tail was taken off
    "EVIDENCE_INVALID",  # the sealed part does not open, or is not what the record says
    "ISSUER_INVALID",  # the evidence was not signed by an issuer of the bundle
    "HOLDER_INVALID",  # nor by the phone, or for another challenge
)
# Notes. Worth knowing, and no fault of the chain.
NOTES: Final = (
    "CLOCK_BACK",  # an earlier time than the record before, by over five minutes
    "CLOCK_BEHIND",  # an earlier time than the bundle in use was signed
    "REPAIRED",  # an unfinished record was taken off after a power cut
    "PRUNED",  # what is before was deleted, its time being over
    "HEAD_OUTSIDE",  # a known head lies before this part
    "POLICY_OTHER",  # checked under another policy than those that the auditor gave
    "OTHER_RECIPIENT",  # sealed for another key
    "ISSUER_UNKNOWN",  # this bundle does not know the issuer's key
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; `number` the record's, None where there is none. `detail` names a place."""

    code: str
    number: int | None = None
    detail: str = ""


@dataclass(slots=True)
class Findings:
    """What was found, in order, and how often each; only the first 200 one by one."""

    listed: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, code: str, number: int | None = None, detail: str = "") -> None:
        """Note a finding."""
        self.counts[code] = self.counts.get(code, 0) + 1
        if len(self.listed) < MOST:
            self.listed.append(Finding(code, number, detail))

    @property
    def intact(self) -> bool:
        """Whether nothing but notes was found."""
        return not any(code in PROBLEMS for code in self.counts)
