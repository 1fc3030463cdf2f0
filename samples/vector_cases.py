"""The verifier vectors one by one: what is shown, and what must come out, written down by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from credentials import cbor
from credentials.presentation import challenge_text, parse_presentation
from credentials.qr_text import from_text, to_text
from samples.vectors_world import (
    CARD,
    CHALLENGE,
    DAY,
    DOCUMENTS,
    HOUR,
    KYC,
    LIST,
    NOW,
    PERSON,
    REVOKED,
    SUSPENDED,
    UNCOVERED_LIST,
    claim169,
    claim169_bomb,
    portrait,
)

FULL: dict[str, object] = {
    **{name: value for name, value in PERSON.items() if name != "age_over"},
    "nationality": "ID",
}
KYC_SHOWN = {name: value for name, value in FULL.items() if name != "religion"}
FOREIGN: dict[str, object] = {
    "id": "3918592438",
    "full_name": "JANARDHAN BS",
    "date_of_birth": "19840418",
    "gender": 1,
    "address": "NEW HOUSE",
}
LENIENT = "../policies/lenient.json"


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector; the defaults are those of a good card shown at the usual moment."""

    kind: str
    name: str
    why: str
    text: str
    code: str = "VALID"
    valid: bool = False
    authentic: bool = True
    possession: str = "none"
    status: str = "good"
    claims: Mapping[str, object] = field(default_factory=lambda: FULL)
    policy: str = "default"
    bundle: str = "current"
    now: int = NOW
    challenge: str | None = None
    clock_floor: int | None = None
    seen: tuple[str, ...] = ()
    replay_capacity: int | None = None


def all_vectors() -> list[Vector]:
    """Return every vector, in order."""
    return [
        *_valid(),
        *_unreadable(),
        *_not_authentic(),
        *_times(),
        *_status(),
        *_holder(),
        *_policy(),
        *_edges(),
        *_forms(),
    ]


def _good(name: str, why: str, text: str, **changes: Any) -> Vector:
    return Vector("valid", name, why, text, **{"valid": True, "possession": "fresh", **changes})


def _nothing_known(name: str, why: str, text: str, code: str, **changes: Any) -> Vector:
    found: dict[str, Any] = {"authentic": False, "status": "unknown", "claims": {}}
    return Vector("invalid", name, why, text, code, **{**found, **changes})


def _refused(name: str, why: str, text: str, code: str, **changes: Any) -> Vector:
    return Vector("invalid", name, why, text, code, **changes)


def _valid() -> Iterator[Vector]:
    yield _good("full", "Every field of the card, shown five seconds ago.", CARD.shown())
    yield _good(
        "kyc", "A bank sees the fields of its policy and no others.", KYC.shown(),
        policy="bank-kyc", claims=KYC_SHOWN,
    )  # fmt: skip
    yield _good(
        "boarding", "An airport sees name, birth date and portrait.",
        CARD.but(profile="boarding").shown(), policy="airport",
        claims={"name": "ZAINAL ROHIM", "birth_date": "1998-01-10"},
    )  # fmt: skip
    yield _good(
        "age", "Over 21 is over 18; nothing else is told.", CARD.but(profile="age").shown(),
        policy="age-check", claims={"age_over": 21},
    )  # fmt: skip
    yield _good(
        "challenge-answer", "The answer to this desk's own challenge.",
        KYC.shown(challenge=CHALLENGE), policy="bank-high-value", claims=KYC_SHOWN,
        possession="challenge", challenge=challenge_text(CHALLENGE),
    )  # fmt: skip
    for kind, issuer in (
        ("tax_number", "issuer-tax"),
        ("vaccination_card", "issuer-health"),
        ("vehicle_ownership", "issuer-vehicles"),
    ):
        card = CARD.but(document_type=kind, signer=issuer)
        yield _good(
            kind.replace("_", "-"), "Another document type needs no code, only the catalogue.",
            card.shown(), claims=DOCUMENTS[kind],
        )  # fmt: skip


def _unreadable() -> Iterator[Vector]:
    good = CARD.shown()
    presentation = from_text(good, prefixes=("ID1:",))[1]
    parts: Any = cbor.decode(presentation)
    yield _nothing_known(
        "text-too-long", "Longer than any QR code can be.", "ID1:" + "0" * 4293, "TEXT_TOO_LONG"
    )
    yield _nothing_known(
        "web-address", "Somebody else's code.", "https://bank.example/qr", "PREFIX_UNKNOWN"
    )
    yield _nothing_known("empty", "Nothing at all.", "", "PREFIX_UNKNOWN")
    yield _nothing_known(
        "challenge-shown", "A challenge is a question, not a card.", challenge_text(CHALLENGE),
        "NOT_A_CREDENTIAL",
    )  # fmt: skip
    yield _nothing_known(
        "lower-case", "Lower case is not base45.", good[:4] + good[4:].lower(), "BASE45_INVALID"
    )
    yield _nothing_known(
        "overflowing-group", "':::' is more than two bytes hold.", "ID1::::" + good[7:],
        "BASE45_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "trailing-byte", "One byte after the end.", to_text("ID1:", presentation + b"\0"),
        "CBOR_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "indefinite-array", "The same parts in an array of indefinite length.",
        to_text("ID1:", b"\x9f" + presentation[1:] + b"\xff"), "CBOR_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "proof-of-two", "A proof has one element or three, nothing between.",
        to_text("ID1:", cbor.encode([parts[0], cbor.encode([NOW, b"x" * 16]), parts[2]])),
        "CBOR_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "life-of-31-days", "No credential lives longer than 30 days.",
        CARD.but(bend=lambda claims: claims.update({4: claims[6] + 31 * DAY})).shown_unchecked(),
        "CBOR_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "presentation-as-print", "A filmed presentation must not live on as a print.",
        to_text("IDS:", parts[0]), "FORM_MISMATCH",
    )  # fmt: skip


def _not_authentic() -> Iterator[Vector]:
    yield _nothing_known(
        "unknown-issuer", "No key of the trust list has this id.",
        CARD.but(signer="stranger").shown(), "ISSUER_UNKNOWN",
    )  # fmt: skip
    yield _nothing_known(
        "algorithm-from-header", "The header says EdDSA; the trust list says ES256.",
        CARD.with_header({1: -8}), "ALGORITHM_MISMATCH",
    )  # fmt: skip
    yield _nothing_known(
        "forged", "Signed by a stranger under the registry's key id.",
        CARD.but(signer="stranger").with_header({}), "SIGNATURE_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "name-changed", "One letter of the name changed after signing.",
        CARD.with_payload(lambda payload: payload.replace(b"ZAINAL", b"ZAINUL")),
        "SIGNATURE_INVALID",
    )  # fmt: skip
    yield _nothing_known(
        "unknown-profile", "Signed by the registry, but newer than this bundle's catalogue.",
        CARD.but(bend=lambda claims: claims[169].update({91: 99})).shown(), "DOCUMENT_UNKNOWN",
    )  # fmt: skip
    yield _nothing_known(
        "tax-office-signs-identity", "A trusted key, but not for identity cards.",
        CARD.but(signer="issuer-tax").shown(), "ISSUER_NOT_ALLOWED",
    )  # fmt: skip
    yield _nothing_known(
        "retired-key", "Signed after the issuer key's time.",
        CARD.but(signer="issuer-retired").shown(), "ISSUER_KEY_EXPIRED",
    )  # fmt: skip

    born = CARD.but(bend=lambda claims: claims[169].update({8: 20261399}))
    yield _nothing_known(
        "thirteenth-month", "Signed by the registry, but no such day exists.", born.shown(),
        "CLAIMS_INVALID", authentic=True,
    )  # fmt: skip


def _times() -> Iterator[Vector]:
    yield _nothing_known(
        "clock-behind-bundle", "This terminal's clock is behind the bundle it holds.", CARD.shown(),
        "CLOCK_SUSPECT", now=NOW - 2 * HOUR,
    )  # fmt: skip
    yield _nothing_known(
        "clock-behind-floor", "Behind a signed time that this terminal saw before.", CARD.shown(),
        "CLOCK_SUSPECT", clock_floor=NOW + 301,
    )  # fmt: skip
    yield _nothing_known(
        "bundle-expired", "Nothing is checked with a bundle past its end.", CARD.shown(),
        "BUNDLE_EXPIRED", bundle="expired",
    )  # fmt: skip
    old = CARD.but(issued_at=NOW - 20 * DAY, expires_at=NOW - 6 * DAY)
    yield _refused(
        "expired", "Past its end; authentic all the same.", old.shown(), "EXPIRED",
        status="unknown",
    )  # fmt: skip
    later = CARD.but(issued_at=NOW + HOUR, expires_at=NOW + DAY)
    yield _refused(
        "not-yet-valid", "Starts in an hour.", later.shown(), "NOT_YET_VALID", status="unknown"
    )


def _status() -> Iterator[Vector]:
    yield _refused(
        "revoked", "Revoked in the bundle.", CARD.but(status=(LIST, REVOKED)).shown(), "REVOKED",
        status="revoked",
    )  # fmt: skip
    yield _refused(
        "suspended", "Suspended in the bundle.", CARD.but(status=(LIST, SUSPENDED)).shown(),
        "SUSPENDED", status="suspended",
    )  # fmt: skip
    yield _refused(
        "status-unknown", "Its status list is not in the bundle: unknown is not good.",
        CARD.but(status=(UNCOVERED_LIST, 5)).shown(), "STATUS_UNKNOWN", status="unknown",
    )  # fmt: skip
    yield _refused(
        "status-too-old", "The status is five days old; the policy allows three.", CARD.shown(),
        "STATUS_TOO_OLD", bundle="stale",
    )  # fmt: skip


def _holder() -> Iterator[Vector]:
    off_curve = CARD.but(bend=lambda claims: claims[8][1].update({-2: b"\xff" * 32}))
    yield _refused(
        "holder-key-off-curve", "The holder key is no point of the curve.", off_curve.shown(),
        "HOLDER_KEY_INVALID",
    )  # fmt: skip
    yield _refused(
        "stolen-credential", "A thief has the credential but not the key.",
        CARD.shown(by="thief"), "PROOF_INVALID",
    )  # fmt: skip
    other = parse_presentation(from_text(KYC.shown(), prefixes=("ID1:",))[1])
    swapped = [CARD.signed(), other.proof_payload, other.signature]
    yield _refused(
        "proof-of-another-credential", "The proof binds one credential, not its holder's others.",
        to_text("ID1:", cbor.encode(swapped)), "PROOF_INVALID",
    )  # fmt: skip
    yield _refused("screenshot", "Two minutes old.", CARD.shown(at=NOW - 120), "NOT_FRESH")
    yield _refused(
        "future-proof", "Signed for later.", CARD.shown(at=NOW + 60), "PROOF_FROM_FUTURE"
    )
    answer, asked = KYC.shown(challenge=CHALLENGE), challenge_text(CHALLENGE)
    yield _refused(
        "answer-unasked", "An answer meant for another verifier.", answer, "CHALLENGE_UNEXPECTED",
        claims=KYC_SHOWN,
    )  # fmt: skip
    yield _refused(
        "answer-missing", "The ordinary code, where a challenge was put.", KYC.shown(),
        "CHALLENGE_MISMATCH", challenge=asked, claims=KYC_SHOWN,
    )  # fmt: skip
    yield _refused(
        "answer-late", "Three minutes after the question; the policy gives two.", answer,
        "CHALLENGE_EXPIRED", challenge=asked, now=NOW + 160, claims=KYC_SHOWN,
    )  # fmt: skip
    yield _refused(
        "seen-before", "The same code was accepted a second ago.", CARD.shown(), "REPLAYED",
        seen=(CARD.shown(),),
    )  # fmt: skip
    yield _refused(
        "malleated-replay", "The same proof under its other valid signature (s and n - s).",
        CARD.malleated(), "REPLAYED", seen=(CARD.shown(),),
    )  # fmt: skip
    yield _refused(
        "memory-full", "A full memory refuses instead of forgetting.", CARD.shown(),
        "REPLAY_MEMORY_FULL", replay_capacity=0,
    )  # fmt: skip


def _policy() -> Iterator[Vector]:
    yield _refused(
        "wrong-document", "The bank asks for an identity card with KYC fields.",
        CARD.but(profile="age").shown(), "DOCUMENT_NOT_ACCEPTED", policy="bank-kyc",
        possession="fresh", claims={},
    )  # fmt: skip
    yield _refused(
        "print-refused", "A print is genuine, but anybody can carry a copy.",
        CARD.but(holder=None).printed(), "HOLDER_NOT_PROVEN",
    )  # fmt: skip
    yield _refused(
        "challenge-required", "A high-value act needs the answer to a challenge.", KYC.shown(),
        "CHALLENGE_REQUIRED", policy="bank-high-value", possession="fresh", claims=KYC_SHOWN,
    )  # fmt: skip
    yield _refused(
        "portrait-missing", "The bank's policy requires a portrait.",
        KYC.but(values=PERSON).shown(), "FIELD_MISSING", policy="bank-kyc", possession="fresh",
        claims=KYC_SHOWN,
    )  # fmt: skip
    yield _refused(
        "seventeen", "Over 17 is not over 18.",
        CARD.but(profile="age", values={"age_over": 17, "portrait": portrait()}).shown(),
        "BELOW_MINIMUM", policy="age-check", possession="fresh", claims={"age_over": 17},
    )  # fmt: skip
    wide = b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xc7\xc0\x27" + bytes(6)  # 200 x 160
    yield _refused(
        "portrait-too-wide", "Its header says 200 pixels; 128 are allowed.",
        CARD.but(bend=lambda claims: claims[169].update({16: wide})).shown(), "PORTRAIT_INVALID",
        possession="fresh",
    )  # fmt: skip


def _edge(name: str, why: str, text: str, **changes: Any) -> Vector:
    return Vector("edge", name, why, text, **{"valid": True, "possession": "fresh", **changes})


def _edges() -> Iterator[Vector]:
    stale: dict[str, Any] = {"valid": False, "possession": "none"}
    early: dict[str, Any] = {**stale, "status": "unknown"}
    yield _edge("proof-45-seconds-old", "The last second.", CARD.shown(at=NOW - 45))
    yield _edge(
        "proof-46-seconds-old", "One too many.", CARD.shown(at=NOW - 46), code="NOT_FRESH", **stale
    )
    yield _edge("proof-30-seconds-ahead", "A phone may be ahead.", CARD.shown(at=NOW + 30))
    yield _edge(
        "proof-31-seconds-ahead", "Not that much.", CARD.shown(at=NOW + 31),
        code="PROOF_FROM_FUTURE", **stale,
    )  # fmt: skip
    yield _edge(
        "last-second", "exp is the first second that is not valid.",
        CARD.but(expires_at=NOW + 1).shown(),
    )  # fmt: skip
    yield _edge(
        "first-second-after", "At exp it has expired.", CARD.but(expires_at=NOW).shown(),
        code="EXPIRED", **early,
    )  # fmt: skip
    yield _edge(
        "issued-five-minutes-ahead", "This terminal may be five minutes behind.",
        CARD.but(issued_at=NOW + 300).shown(),
    )  # fmt: skip
    yield _edge(
        "issued-over-five-minutes-ahead", "But no more.", CARD.but(issued_at=NOW + 301).shown(),
        code="NOT_YET_VALID", **early,
    )  # fmt: skip
    yield _edge(
        "floor-five-minutes-ahead", "So may its clock be behind the floor.", CARD.shown(),
        clock_floor=NOW + 300,
    )  # fmt: skip
    yield _edge(
        "challenge-last-second", "Answered two minutes after the question.",
        KYC.shown(challenge=CHALLENGE), challenge=challenge_text(CHALLENGE),
        now=CHALLENGE.issued_at + 120, possession="challenge", claims=KYC_SHOWN,
    )  # fmt: skip
    yield _edge(
        "malleated-signature", "(r, n - s) is a valid signature too, the first time it is seen.",
        CARD.malleated(),
    )  # fmt: skip
    yield _edge(
        "key-id-shared", "Another trusted key has the same key id: every one is tried.",
        CARD.but(signer="issuer-colliding").with_header({}),
    )  # fmt: skip
    yield _edge(
        "no-portrait", "A card without portrait is a card.", CARD.but(values=PERSON).shown()
    )


def _forms() -> Iterator[Vector]:
    accepted: dict[str, Any] = {"policy": LENIENT, "possession": "none"}
    yield _edge(
        "print-accepted", "Valid where a policy takes prints; the code still says what it is.",
        CARD.but(holder=None).printed(), code="HOLDER_NOT_PROVEN", **accepted,
    )  # fmt: skip
    yield _edge(
        "status-unknown-accepted", "Valid where a policy says so; never called good.",
        CARD.but(status=(UNCOVERED_LIST, 5)).shown(), code="VALID_STATUS_UNKNOWN",
        policy=LENIENT, status="unknown",
    )  # fmt: skip
    foreign: dict[str, Any] = {"claims": FOREIGN, "status": "unknown", "code": "HOLDER_NOT_PROVEN"}
    for name, tag in (("tagged", b"\xd2"), ("cwt-tagged", b"\xd8\x3d\xd2"), ("untagged", b"")):
        yield _edge(
            f"claim169-{name}", "Another issuer's code: readable, holder not proven.",
            claim169(tag=tag), **foreign, **accepted,
        )  # fmt: skip
    yield _edge(
        "claim169-without-key-id", "Then every issuer trusted for this form is tried.",
        claim169(with_kid=False), **foreign, **accepted,
    )  # fmt: skip
    unknown: dict[str, Any] = {"claims": FOREIGN, "status": "unknown"}
    yield _refused(
        "claim169-strict", "It has no status, and unknown is not good.", claim169(),
        "STATUS_UNKNOWN", **unknown,
    )  # fmt: skip
    yield _nothing_known(
        "claim169-by-registry-key", "A key for our cards does not count for another form.",
        claim169(signer="issuer-population"), "ISSUER_NOT_ALLOWED", policy=LENIENT,
    )  # fmt: skip
    yield _nothing_known(
        "claim169-bomb", "Inflates beyond 64 KiB.", claim169_bomb(), "PREFIX_UNKNOWN"
    )
