"""One desk at work: whatever comes in is checked once, and each check has one outcome.

A camera sees the same code thirty times a second, and a new proof of the same credential every
fifteen seconds while the phone is held up: that is one check, not forty. What stays in view is
therefore answered with the outcome it already has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from typing import Literal

from credentials.errors import FormatError
from credentials.presentation import parse_presentation
from credentials.qr_text import PREFIX_PRESENTATION, from_text
from verifier.bundle import TrustedBundle
from verifier.codes import Code
from verifier.desk.challenges import Asked, Choice, ask, ask_signed, choices, purpose_of
from verifier.desk.eyes import Eyes
from verifier.desk.in_view import Illegible, InView
from verifier.desk.passback import Passback
from verifier.desk.phone_clocks import PhoneClocks
from verifier.desk.receipting import Receipting, with_receipt
from verifier.desk.terminal import Terminal, Terms
from verifier.errors import ScanError, VerifierError
from verifier.receipts.book import Head
from verifier.requester import Requester, RequesterError
from verifier.verdict import Facts, Refused, Verified
from verifier.verify import verify

Source = Literal["camera", "scanner", "image", "text"]

# What came in was no answer at all: the question stays on the screen.
_KEEPS_CHALLENGE = {
    Code.CHALLENGE_MISMATCH, Code.TEXT_TOO_LONG, Code.PREFIX_UNKNOWN, Code.NOT_A_CREDENTIAL,
    Code.BASE45_INVALID, Code.CBOR_INVALID, Code.FORM_MISMATCH,
}  # fmt: skip


# A phone's time is looked at where a wrong clock of this terminal would look like that.
_DOUBTS_CLOCKS = {
    Code.NOT_FRESH, Code.PROOF_FROM_FUTURE, Code.CLOCK_SUSPECT, Code.BUNDLE_EXPIRED,
    Code.NOT_YET_VALID, Code.EXPIRED, Code.STATUS_TOO_OLD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check came to. `verdict` is an error where nothing could be checked at all.

    `seen_seconds` is how long ago the same credential was accepted here, None when it was not.
    `receipt` is where the chain of receipts holds this check, None at a desk that keeps none.
    """

    number: int
    verdict: Verified | Refused | VerifierError
    at: datetime
    source: Source
    bundle: TrustedBundle
    seen_seconds: int | None = None
    refuses_again: bool = False
    set_back: bool = False
    receipt: Head | None = None

    @property
    def accepted(self) -> bool:
        """Whether the policy accepts it, also as one that comes again."""
        again = self.seen_seconds is not None and self.refuses_again
        return isinstance(self.verdict, Verified) and not again

    @property
    def facts(self) -> Facts:
        """What is known of it."""
        has_facts = isinstance(self.verdict, Verified | Refused)
        return self.verdict.facts if has_facts else Facts()  # type: ignore[union-attr]


class Desk:
    """A desk with a name, at its terminal. Safe to use from several threads."""

    def __init__(
        self,
        terminal: Terminal,
        *,
        name: str,
        purpose: str = "",
        tell: Callable[[Outcome], None] | None = None,
        receipts: Receipting | None = None,
        requester: Requester | None = None,
    ) -> None:
        """`tell` is called once for each check, one at a time, when its receipt is written.

        `requester` signs challenges; without one they are not signed.
        """
        self.terminal = terminal
        self.name = name
        self.purpose = purpose
        self.receipts = receipts
        self.requester = requester
        self.asking_problem: VerifierError | None = None
        self._tell = tell or (lambda _outcome: None)
        self.phone_clocks = PhoneClocks()
        self._passback = Passback()
        self._asked: Asked | None = None
        self._in_view: InView | None = None
        self._illegible = Illegible()
        self._number = 0
        self._lock = RLock()
        self._eyes = Eyes()

    def check(self, text: str, source: Source) -> Outcome:
        """Check a text and return the outcome."""
        with self._lock:
            self._in_view = None
            return self._check(text, source)

    def check_image(self, data: bytes) -> Outcome:
        """Check the one code in a picture that somebody chose; Busy while another is read."""
        try:
            text = self._eyes.read_picture(data)
        except ScanError as problem:
            with self._lock:
                return self._finish(problem, "image")
        return self.check(text, "image")

    def look(self, frame: bytes) -> Outcome | None:
        """Look at a camera's frame: the outcome of the code in it, None when there is none.

        Raises Busy, and ScanError SCAN_NOT_INSTALLED or for what is no picture.
        """
        try:
            text = self._eyes.read_frame(frame)
        except ScanError as problem:
            if problem.code == "QR_DAMAGED":
                return self._illegible_in_view(problem)
            if problem.code in ("QR_NOT_FOUND", "QR_SEVERAL"):
                return None
            raise
        with self._lock:
            self._illegible.forget()
            return self._still_in_view(text) or self._check_in_view(text)

    def close(self) -> None:
        """Look at nothing more: the program ends."""
        self._eyes.close()

    def choices(self) -> tuple[Choice, ...]:
        """Return what may be asked for in a challenge."""
        terminal = self.terminal
        return choices(terminal.bundle().catalogue, terminal.policy, self.requester)

    def ask(self, key: str | None = None) -> Asked | None:
        """Put a new challenge on the screen; None when there is no such choice, or it cannot be
        signed: `asking_problem` says why.
        """
        chosen = next((one for one in self.choices() if key in (None, one.key)), None)
        if chosen is None:
            return None
        with self._lock:
            now = int(self.terminal.clock.now().timestamp())
            try:
                self._asked = self._question(chosen, now)
            except RequesterError as problem:
                self.asking_problem = problem
                return None
            self.asking_problem = None
            self._in_view = None
            return self._asked

    def _question(self, choice: Choice, at: int) -> Asked:
        policy = self.terminal.policy
        life = policy.challenge_life
        if self.requester is None:
            return ask(choice, name=self.name, life=life, at=at)
        purpose = purpose_of(self.purpose, policy)
        return ask_signed(choice, self.requester, purpose=purpose, life=life, at=at)

    def stop_asking(self) -> None:
        """Take the challenge off: ordinary codes are looked at again."""
        with self._lock:
            self._asked = None

    @property
    def asked(self) -> Asked | None:
        """The challenge on the screen."""
        return self._asked

    def _still_in_view(self, text: str) -> Outcome | None:
        """Return the outcome of what has not left the view: the same text, or the same accepted
        credential with its next proof.
        """
        seen, now = self._in_view, self.terminal.clock.steady()
        if seen is None or not seen.is_there(now):
            return None
        same = text == seen.text
        if not same and isinstance(seen.outcome.verdict, Verified) and self._asked is None:
            same = self._passback.mark(text) == seen.mark
        if not same:
            return None
        seen.last = now
        return seen.outcome

    def _illegible_in_view(self, problem: ScanError) -> Outcome | None:
        """Return the one outcome of a code that stays illegible; None for a moment's blur."""
        with self._lock:
            now, seen = self.terminal.clock.steady(), self._in_view
            if seen is not None and seen.is_there(now):
                if seen.text:
                    return None
                seen.last = now
                return seen.outcome
            if not self._illegible.has_lasted(now):
                return None
            outcome = self._finish(problem, "camera")
            self._in_view = InView("", b"", outcome, now)
            return outcome

    def _check_in_view(self, text: str) -> Outcome:
        outcome = self._check(text, "camera")
        mark = self._passback.mark(text)
        self._in_view = InView(text, mark, outcome, self.terminal.clock.steady())
        return outcome

    def _check(self, text: str, source: Source) -> Outcome:
        terms, asked = self.terminal.terms(), self._asked
        verdict = self._verify(text, terms)
        code = verdict.code
        self._compare_clocks(text, verdict)
        if self._asked is not None and code not in _KEEPS_CHALLENGE:
            self._asked = None
        seen = None
        if isinstance(verdict, Verified):
            at = int(self.terminal.clock.now().timestamp())
            within = int(terms.policy.again_within.total_seconds())
            if within:
                seen = self._passback.accept(self._passback.mark(text), at, within)
        outcome = self._finish(verdict, source, seen, text=text, asked=asked, terms=terms)
        if outcome.verdict is not verdict and seen is None:  # nobody was told that it was accepted
            self._passback.forget(self._passback.mark(text))
        return outcome

    def _verify(self, text: str, terms: Terms) -> Verified | Refused | VerifierError:
        terminal, asked = self.terminal, self._asked
        try:
            if terminal.clock.was_set_back():
                return Refused(Code.CLOCK_SUSPECT, Facts())
            verified = verify(
                text,
                bundle=terms.bundle,
                policy=terms.require_policy(),
                now=terminal.clock.now(),
                replay=terminal.replay,
                challenge=None if asked is None else asked.challenge,
                clock_floor=terminal.clock_floor,
            )
        except VerifierError as refused:
            return refused
        if asked is not None and verified.facts.possession != "challenge":  # a print answers nobody
            return Refused(Code.CHALLENGE_MISMATCH, verified.facts)
        return verified

    def _compare_clocks(self, text: str, verdict: Verified | VerifierError) -> None:
        if isinstance(verdict, Verified) and verdict.facts.possession == "fresh":
            self.phone_clocks.agree()
        if verdict.code not in _DOUBTS_CLOCKS:
            return
        try:
            _, data = from_text(text, prefixes=(PREFIX_PRESENTATION,))
            issued_at = parse_presentation(data).issued_at
        except FormatError:
            return
        clock = self.terminal.clock
        ahead = issued_at - int(clock.now().timestamp())
        self.phone_clocks.disagree(self._passback.mark(text), ahead, clock.steady())

    def _finish(
        self,
        verdict: Verified | Refused | VerifierError,
        source: Source,
        seen: int | None = None,
        *,
        text: str | None = None,
        asked: Asked | None = None,
        terms: Terms | None = None,
    ) -> Outcome:
        self._number += 1
        terminal = self.terminal
        terms = terms or terminal.terms()
        outcome = Outcome(
            self._number,
            verdict,
            terminal.clock.now(),
            source,
            terms.bundle,
            seen,
            terms.policy.again == "refuse",
            terminal.clock.was_set_back(),
        )
        outcome = with_receipt(
            outcome,
            self.receipts,
            terms.policy,
            desk=self.name,
            purpose=purpose_of(self.purpose, terms.policy),
            text=text,
            nonce=None if asked is None else asked.challenge.nonce,
        )
        self._tell(outcome)
        return outcome
