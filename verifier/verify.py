"""The check of one scanned text, offline: fourteen numbered checks, the first failure ends it.

     0. this terminal: the registry still lets this version check, its clock is not behind signed
        times, its bundle has not expired
     1. prefix and length
     2. base45
     3. CBOR and structure
     4. every key of the trust list with the message's key id
     5. the algorithm, from the trust list
     6. the issuer's signature; that key may sign this document type
     7. expiry, issue time, the issuer key's own validity
     8. status in the cached list, and the list's age against the policy
     9. the holder key lies on the curve
    10. the holder's proof over exactly this credential
    11. the freshness window, or the nonce and audience of the challenge
    12. the replay memory
    13. the policy: document, challenge, print, required fields
    14. only now the portrait, bounded and undecoded

A print has no proof: 9 to 12 are passed over, possession is "none", the policy decides. Nothing
here reads a file, a clock or a network: the caller passes the bundle, the policy and the time, and
keeps the replay memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from credentials.errors import FormatError, SignatureError
from credentials.portrait import check_portrait
from credentials.presentation import Challenge, Proof, UnverifiedPresentation, verify_proof
from credentials.quick_identity import PORTRAIT
from credentials.signing import load_compressed
from credentials.trust import TrustedKey
from verifier.bundle import TrustedBundle
from verifier.codes import Code
from verifier.policy import Policy
from verifier.reading import FOREIGN, Scanned, Unreadable, read
from verifier.replay import ReplayMemory
from verifier.verdict import Facts, Possession, Refused, Status, Verified

CLOCK_TOLERANCE = 300  # seconds this terminal's clock may be behind the registry's


def verify(
    text: str,
    *,
    bundle: TrustedBundle,
    policy: Policy,
    now: datetime,
    replay: ReplayMemory | None = None,
    challenge: Challenge | None = None,
    clock_floor: datetime | None = None,
) -> Verified:
    """Return what is proven by `text`, or raise Refused with a code and the facts so far.

    The plan is the numbered one of this module. `now` is UTC-aware; `clock_floor` is the newest
    registry-signed time kept from earlier (a proof's time never counts); with `replay` None,
    check 12 is left out.

    What the caller must still do: keep one `replay` memory for all its checks, show the age of
    the status, and let a person compare the portrait with the face. A live relay by a willing
    holder looks fresh; a `challenge` makes it harder.
    """
    check = _Check(bundle, policy, now)
    check.terminal(clock_floor)
    scanned = check.read(text)
    key = check.issuer(scanned)
    check.times(scanned, key)
    check.status(scanned)
    presentation = scanned.presentation
    if presentation is not None:
        proof = check.proof(presentation)
        check.freshness(proof, presentation, challenge)
        check.replay(presentation, replay)
    check.policy(scanned)
    portrait = check.portrait()
    # Accepted, so remembered; a rival thread may have been first with the same proof.
    if presentation is not None and replay is not None:
        check.remember(replay)
    return Verified(check.verdict(scanned), check.facts(), portrait)


class _Check:
    """One run: the inputs, and the facts found so far."""

    __slots__ = (
        "_at", "_authentic", "_bundle", "_claims", "_document", "_issuer", "_policy",
        "_possession", "_replay_key", "_scanned", "_status", "_status_age",
    )  # fmt: skip

    def __init__(self, bundle: TrustedBundle, policy: Policy, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("now must be timezone-aware")
        self._bundle = bundle
        self._policy = policy
        self._at = int(now.timestamp())
        self._authentic = False
        self._claims: Mapping[str, object] = {}
        self._document: tuple[str, str] | None = None
        self._issuer: str | None = None
        self._possession: Possession = "none"
        self._replay_key = b""
        self._scanned: Scanned | None = None
        self._status: Status = "unknown"
        self._status_age: int | None = None

    def terminal(self, clock_floor: datetime | None) -> None:
        if self._bundle.too_new:
            raise self._refused(Code.VERIFIER_TOO_OLD)
        # 0. A clock set back would revive expired credentials: signed times are a floor (T23).
        floor = self._bundle.issued_at  # never before status_as_of
        if clock_floor is not None:
            floor = max(floor, int(clock_floor.timestamp()))
        if self._at < floor - CLOCK_TOLERANCE:
            raise self._refused(Code.CLOCK_SUSPECT)
        if self._at >= self._bundle.expires_at:
            raise self._refused(Code.BUNDLE_EXPIRED)

    def read(self, text: str) -> Scanned:
        # 1, 2, 3
        try:
            return read(text, self._bundle.catalogue)
        except Unreadable as problem:
            raise self._refused(problem.code, problem.detail) from None

    def issuer(self, scanned: Scanned) -> TrustedKey:
        # 4. A kid of four bytes is a hint, not a name: two keys may share it.
        keys = self._candidates(scanned)
        if not keys:
            raise self._refused(Code.ISSUER_UNKNOWN)
        # 5. The header may only agree with what the trust list says.
        named = scanned.alg
        keys = tuple([key for key in keys if named is None or named == key.alg])
        if not keys:
            raise self._refused(Code.ALGORITHM_MISMATCH)
        # 6.
        key = self._signing_key(scanned, keys)
        try:
            document = scanned.document(self._bundle.catalogue)
        except FormatError as error:
            raise self._refused(Code.DOCUMENT_UNKNOWN, error.code) from None
        if not key.may_sign(document[0]):
            raise self._refused(Code.ISSUER_NOT_ALLOWED)
        self._authentic = True
        self._scanned, self._document, self._issuer = scanned, document, key.issuer_name
        try:
            self._claims = scanned.claims(self._bundle.catalogue)
        except FormatError as error:
            raise self._refused(Code.CLAIMS_INVALID, error.code) from None
        return key

    def _candidates(self, scanned: Scanned) -> tuple[TrustedKey, ...]:
        if scanned.kid is not None:
            return self._bundle.trust.find(scanned.kid)
        # Only claim 169 may leave the key id out; then every issuer of that form is tried.
        return tuple(key for key in self._bundle.trust.keys if key.may_sign(FOREIGN))

    def _signing_key(self, scanned: Scanned, keys: tuple[TrustedKey, ...]) -> TrustedKey:
        for key in keys:
            try:
                scanned.check_signature(key)
            except SignatureError:
                continue
            return key
        raise self._refused(Code.SIGNATURE_INVALID)

    def times(self, scanned: Scanned, key: TrustedKey) -> None:
        # 7. The key must have been in force when it signed. One that was not vouches for nothing.
        issued_at = scanned.issued_at
        if not key.valid_at(self._at if issued_at is None else issued_at):
            self._authentic = False
            raise self._refused(Code.ISSUER_KEY_EXPIRED)
        starts_at = max(issued_at or 0, scanned.not_before or 0)
        if self._at < starts_at - CLOCK_TOLERANCE:
            raise self._refused(Code.NOT_YET_VALID)
        if scanned.expires_at is not None and self._at >= scanned.expires_at:
            raise self._refused(Code.EXPIRED)

    def status(self, scanned: Scanned) -> None:
        # 8. Unknown is a third answer: it never becomes good, whatever the policy makes of it.
        entry = scanned.status
        if entry is not None:
            try:
                self._status = self._bundle.revocation.status(*entry)
                self._status_age = max(0, self._at - self._bundle.status_as_of)
            except KeyError:  # a list this bundle does not cover
                self._status = "unknown"
        if self._status == "revoked":
            raise self._refused(Code.REVOKED)
        if self._status == "suspended":
            raise self._refused(Code.SUSPENDED)
        if self._status_age is None:
            if self._policy.status_unknown == "refuse":
                raise self._refused(Code.STATUS_UNKNOWN)
        elif self._status_age > self._policy.status_max_age.total_seconds():
            raise self._refused(Code.STATUS_TOO_OLD)

    def proof(self, presentation: UnverifiedPresentation) -> Proof:
        # 9. The issuer vouched for the credential, yet the point is checked: the key is used next.
        holder_key = presentation.credential.holder_key
        try:
            public_key = load_compressed(holder_key or b"")
        except FormatError:
            raise self._refused(Code.HOLDER_KEY_INVALID) from None
        # 10.
        try:
            return verify_proof(presentation, public_key)
        except SignatureError:
            raise self._refused(Code.PROOF_INVALID) from None

    def freshness(
        self, proof: Proof, presentation: UnverifiedPresentation, challenge: Challenge | None
    ) -> None:
        # 11. One way: the phone's clock. Two ways: our own nonce, and our own clock's patience.
        if challenge is None:
            if proof.nonce is not None:  # recorded at another verifier, or asked for by a relay
                raise self._refused(Code.CHALLENGE_UNEXPECTED)
            age = self._at - proof.issued_at
            if age > self._policy.fresh_past.total_seconds():
                raise self._refused(Code.NOT_FRESH)
            if age < -self._policy.fresh_future.total_seconds():
                raise self._refused(Code.PROOF_FROM_FUTURE)
            return
        asked = (challenge.nonce, challenge.aud, challenge.profile)
        if (proof.nonce, proof.aud, presentation.credential.profile) != asked:
            raise self._refused(Code.CHALLENGE_MISMATCH)
        if not 0 <= self._at - challenge.issued_at <= self._policy.challenge_life.total_seconds():
            raise self._refused(Code.CHALLENGE_EXPIRED)

    def replay(self, presentation: UnverifiedPresentation, replay: ReplayMemory | None) -> None:
        # 12.
        if replay is not None:
            self._replay_key = presentation.replay_key
            if replay.has_seen(self._replay_key, self._at):
                raise self._refused(Code.REPLAYED)
            if replay.is_full(self._at):
                raise self._refused(Code.REPLAY_MEMORY_FULL)
        self._possession = "fresh" if presentation.nonce is None else "challenge"

    def remember(self, replay: ReplayMemory) -> None:
        if not replay.remember(self._replay_key, self._at):
            self._possession = "none"
            raise self._refused(Code.REPLAYED)

    def policy(self, scanned: Scanned) -> None:
        # 13.
        if self._document is None or not self._policy.accepts(*self._document):
            raise self._refused(Code.DOCUMENT_NOT_ACCEPTED)
        if scanned.presentation is None and self._policy.print_form == "refuse":
            raise self._refused(Code.HOLDER_NOT_PROVEN)
        if self._policy.challenge_required and self._possession != "challenge":
            raise self._refused(Code.CHALLENGE_REQUIRED)
        for name in self._policy.required:
            if self._claims.get(name) in (None, "", b""):
                raise self._refused(Code.FIELD_MISSING, name)
        for name, least in self._policy.at_least.items():
            value = self._claims.get(name)
            if not isinstance(value, int) or value < least:
                raise self._refused(Code.BELOW_MINIMUM, name)

    def portrait(self) -> bytes | None:
        # 14.
        data = self._claims.get(PORTRAIT)
        if data is None or not self._policy.shows(PORTRAIT):
            return None
        if not isinstance(data, bytes):
            raise self._refused(Code.PORTRAIT_INVALID)
        try:
            check_portrait(data)
        except FormatError as error:
            raise self._refused(Code.PORTRAIT_INVALID, error.code) from None
        return data

    def verdict(self, scanned: Scanned) -> Code:
        if scanned.presentation is None:
            return Code.HOLDER_NOT_PROVEN
        return Code.VALID if self._status == "good" else Code.VALID_STATUS_UNKNOWN

    def facts(self) -> Facts:
        scanned, age = self._scanned, self._status_age
        if scanned is None or not self._authentic or self._document is None:
            return Facts()
        document_type, profile = self._document
        claims = self._policy.choose(self._claims)
        claims.pop(PORTRAIT, None)  # it is handed out by check 14, or not at all
        return Facts(
            True,  # noqa: FBT003  by position, which costs half
            self._possession,
            self._status,
            None if age is None else self._bundle.status_as_of,
            age,
            document_type,
            profile,
            self._issuer,
            scanned.issued_at,
            scanned.expires_at,
            claims,
        )

    def _refused(self, code: Code, detail: str = "") -> Refused:
        return Refused(code, self.facts(), detail)
