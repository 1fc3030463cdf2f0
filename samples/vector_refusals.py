"""The verifier vectors that must be refused, in the order of the checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from credentials import cbor
from credentials.presentation import challenge_text, parse_presentation
from credentials.qr_text import from_text, to_text
from samples.vector_form import KYC_SHOWN, Vector, nothing_known, refused
from samples.vectors_world import (
    CARD,
    CHALLENGE,
    DAY,
    HOUR,
    KYC,
    LIST,
    NOW,
    PERSON,
    REVOKED,
    SUSPENDED,
    UNCOVERED_LIST,
    portrait,
)


def refusals() -> list[Vector]:
    """Return every vector that a check refuses."""
    return [
        *_unreadable(), *_not_authentic(), *_times(), *_status(), *_holder(), *_policy(),
    ]  # fmt: skip


def _unreadable() -> Iterator[Vector]:
    good = CARD.shown()
    presentation = from_text(good, prefixes=("ID1:",))[1]
    parts: Any = cbor.decode(presentation)
    yield nothing_known(
        "text-too-long", "Longer than any QR code can be.", "ID1:" + "0" * 4293, "TEXT_TOO_LONG"
    )
    yield nothing_known(
        "web-address", "Somebody else's code.", "https://bank.example/qr", "PREFIX_UNKNOWN"
    )
    yield nothing_known("empty", "Nothing at all.", "", "PREFIX_UNKNOWN")
    yield nothing_known(
        "challenge-shown", "A challenge is a question, not a card.", challenge_text(CHALLENGE),
        "NOT_A_CREDENTIAL",
    )  # fmt: skip
    yield nothing_known(
        "lower-case", "Lower case is not base45.", good[:4] + good[4:].lower(), "BASE45_INVALID"
    )
    yield nothing_known(
        "overflowing-group", "':::' is more than two bytes hold.", "ID1::::" + good[7:],
        "BASE45_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "trailing-byte", "One byte after the end.", to_text("ID1:", presentation + b"\0"),
        "CBOR_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "indefinite-array", "The same parts in an array of indefinite length.",
        to_text("ID1:", b"\x9f" + presentation[1:] + b"\xff"), "CBOR_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "proof-of-two", "A proof has one element or three, nothing between.",
        to_text("ID1:", cbor.encode([parts[0], cbor.encode([NOW, b"x" * 16]), parts[2]])),
        "CBOR_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "life-of-31-days", "No credential lives longer than 30 days.",
        CARD.but(bend=lambda claims: claims.update({4: claims[6] + 31 * DAY})).shown_unchecked(),
        "CBOR_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "presentation-as-print", "A filmed presentation must not live on as a print.",
        to_text("IDS:", parts[0]), "FORM_MISMATCH",
    )  # fmt: skip


def _not_authentic() -> Iterator[Vector]:
    yield nothing_known(
        "unknown-issuer", "No key of the trust list has this id.",
        CARD.but(signer="stranger").shown(), "ISSUER_UNKNOWN",
    )  # fmt: skip
    yield nothing_known(
        "algorithm-from-header", "The header says EdDSA; the trust list says ES256.",
        CARD.with_header({1: -8}), "ALGORITHM_MISMATCH",
    )  # fmt: skip
    yield nothing_known(
        "forged", "Signed by a stranger under the registry's key id.",
        CARD.but(signer="stranger").with_header({}), "SIGNATURE_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "name-changed", "One letter of the name changed after signing.",
        CARD.with_payload(lambda payload: payload.replace(b"ZAINAL", b"ZAINUL")),
        "SIGNATURE_INVALID",
    )  # fmt: skip
    yield nothing_known(
        "unknown-profile", "Signed by the registry, but newer than this bundle's catalogue.",
        CARD.but(bend=lambda claims: claims[169].update({91: 99})).shown(), "DOCUMENT_UNKNOWN",
    )  # fmt: skip
    yield nothing_known(
        "tax-office-signs-identity", "A trusted key, but not for identity cards.",
        CARD.but(signer="issuer-tax").shown(), "ISSUER_NOT_ALLOWED",
    )  # fmt: skip
    yield nothing_known(
        "retired-key", "Signed after the issuer key's time.",
        CARD.but(signer="issuer-retired").shown(), "ISSUER_KEY_EXPIRED",
    )  # fmt: skip

    born = CARD.but(bend=lambda claims: claims[169].update({8: 20261399}))
    yield nothing_known(
        "thirteenth-month", "Signed by the registry, but no such day exists.", born.shown(),
        "CLAIMS_INVALID", authentic=True,
    )  # fmt: skip


def _times() -> Iterator[Vector]:
    yield nothing_known(
        "clock-behind-bundle", "This terminal's clock is behind the bundle it holds.", CARD.shown(),
        "CLOCK_SUSPECT", now=NOW - 2 * HOUR,
    )  # fmt: skip
    yield nothing_known(
        "clock-behind-floor", "Behind a signed time that this terminal saw before.", CARD.shown(),
        "CLOCK_SUSPECT", clock_floor=NOW + 301,
    )  # fmt: skip
    yield nothing_known(
        "bundle-expired", "Nothing is checked with a bundle past its end.", CARD.shown(),
        "BUNDLE_EXPIRED", bundle="expired",
    )  # fmt: skip
    yield nothing_known(
        "verifier-too-old", "The bundle says that only newer verifiers may check.", CARD.shown(),
        "VERIFIER_TOO_OLD", bundle="newer",
    )  # fmt: skip
    yield nothing_known(
        "clock-a-year-ahead", "To a clock far ahead every bundle has expired.",
        CARD.shown(), "BUNDLE_EXPIRED", now=NOW + 365 * DAY,
    )  # fmt: skip
    yield nothing_known(
        "clock-a-year-behind", "A clock far behind cannot revive what has expired.",
        CARD.shown(at=NOW - 365 * DAY), "CLOCK_SUSPECT", now=NOW - 365 * DAY,
    )  # fmt: skip
    old = CARD.but(issued_at=NOW - 20 * DAY, expires_at=NOW - 6 * DAY)
    yield refused(
        "expired", "Past its end; authentic all the same.", old.shown(), "EXPIRED",
        status="unknown",
    )  # fmt: skip
    later = CARD.but(issued_at=NOW + HOUR, expires_at=NOW + DAY)
    yield refused(
        "not-yet-valid", "Starts in an hour.", later.shown(), "NOT_YET_VALID", status="unknown"
    )


def _status() -> Iterator[Vector]:
    yield refused(
        "revoked", "Revoked in the bundle.", CARD.but(status=(LIST, REVOKED)).shown(), "REVOKED",
        status="revoked",
    )  # fmt: skip
    yield refused(
        "suspended", "Suspended in the bundle.", CARD.but(status=(LIST, SUSPENDED)).shown(),
        "SUSPENDED", status="suspended",
    )  # fmt: skip
    yield refused(
        "status-unknown", "Its status list is not in the bundle: unknown is not good.",
        CARD.but(status=(UNCOVERED_LIST, 5)).shown(), "STATUS_UNKNOWN", status="unknown",
    )  # fmt: skip
    yield refused(
        "status-too-old", "The status is five days old; the policy allows three.", CARD.shown(),
        "STATUS_TOO_OLD", bundle="stale",
    )  # fmt: skip


def _holder() -> Iterator[Vector]:
    off_curve = CARD.but(bend=lambda claims: claims[8][1].update({-2: b"\xff" * 32}))
    yield refused(
        "holder-key-off-curve", "The holder key is no point of the curve.", off_curve.shown(),
        "HOLDER_KEY_INVALID",
    )  # fmt: skip
    yield refused(
        "stolen-credential", "A thief has the credential but not the key.",
        CARD.shown(by="thief"), "PROOF_INVALID",
    )  # fmt: skip
    other = parse_presentation(from_text(KYC.shown(), prefixes=("ID1:",))[1])
    swapped = [CARD.signed(), other.proof_payload, other.signature]
    yield refused(
        "proof-of-another-credential", "The proof binds one credential, not its holder's others.",
        to_text("ID1:", cbor.encode(swapped)), "PROOF_INVALID",
    )  # fmt: skip
    yield refused("screenshot", "Two minutes old.", CARD.shown(at=NOW - 120), "NOT_FRESH")
    yield refused("future-proof", "Signed for later.", CARD.shown(at=NOW + 60), "PROOF_FROM_FUTURE")
    answer, asked = KYC.shown(challenge=CHALLENGE), challenge_text(CHALLENGE)
    yield refused(
        "answer-unasked", "An answer meant for another verifier.", answer, "CHALLENGE_UNEXPECTED",
        claims=KYC_SHOWN,
    )  # fmt: skip
    yield refused(
        "answer-missing", "The ordinary code, where a challenge was put.", KYC.shown(),
        "CHALLENGE_MISMATCH", challenge=asked, claims=KYC_SHOWN,
    )  # fmt: skip
    yield refused(
        "answer-late", "Three minutes after the question; the policy gives two.", answer,
        "CHALLENGE_EXPIRED", challenge=asked, now=NOW + 160, claims=KYC_SHOWN,
    )  # fmt: skip
    yield refused(
        "seen-before", "The same code was accepted a second ago.", CARD.shown(), "REPLAYED",
        seen=(CARD.shown(),),
    )  # fmt: skip
    yield refused(
        "malleated-replay", "The same proof under its other valid signature (s and n - s).",
        CARD.malleated(), "REPLAYED", seen=(CARD.shown(),),
    )  # fmt: skip
    yield refused(
        "memory-full", "A full memory refuses instead of forgetting.", CARD.shown(),
        "REPLAY_MEMORY_FULL", replay_capacity=0,
    )  # fmt: skip


def _policy() -> Iterator[Vector]:
    yield refused(
        "wrong-document", "The bank asks for an identity card with KYC fields.",
        CARD.but(profile="age").shown(), "DOCUMENT_NOT_ACCEPTED", policy="bank-kyc",
        possession="fresh", claims={},
    )  # fmt: skip
    yield refused(
        "print-refused", "A print is genuine, but anybody can carry a copy.",
        CARD.but(holder=None).printed(), "HOLDER_NOT_PROVEN",
    )  # fmt: skip
    yield refused(
        "challenge-required", "A high-value act needs the answer to a challenge.", KYC.shown(),
        "CHALLENGE_REQUIRED", policy="bank-high-value", possession="fresh", claims=KYC_SHOWN,
    )  # fmt: skip
    yield refused(
        "portrait-missing", "The bank's policy requires a portrait.",
        KYC.but(values=PERSON).shown(), "FIELD_MISSING", policy="bank-kyc", possession="fresh",
        claims=KYC_SHOWN,
    )  # fmt: skip
    yield refused(
        "seventeen", "Over 17 is not over 18.",
        CARD.but(profile="age", values={"age_over": 17, "portrait": portrait()}).shown(),
        "BELOW_MINIMUM", policy="age-check", possession="fresh", claims={"age_over": 17},
    )  # fmt: skip
    wide = b"RIFF\x16\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xc7\xc0\x27" + bytes(6)  # 200 x 160
    yield refused(
        "portrait-too-wide", "Its header says 200 pixels; 128 are allowed.",
        CARD.but(bend=lambda claims: claims[169].update({16: wide})).shown(), "PORTRAIT_INVALID",
        possession="fresh",
    )  # fmt: skip
