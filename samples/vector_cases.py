"""The verifier vectors one by one: what is shown, and what must come out, written down by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from credentials.presentation import challenge_text
from samples.vector_form import FOREIGN, KYC_SHOWN, LENIENT, Vector, nothing_known, refused
from samples.vector_refusals import refusals
from samples.vectors_world import (
    CARD,
    CHALLENGE,
    DOCUMENTS,
    KYC,
    NOW,
    PERSON,
    UNCOVERED_LIST,
    claim169,
    claim169_bomb,
)


def all_vectors() -> list[Vector]:
    """Return every vector, in order."""
    return [*_valid(), *refusals(), *_edges(), *_forms()]


def _good(name: str, why: str, text: str, **changes: Any) -> Vector:
    return Vector("valid", name, why, text, **{"valid": True, "possession": "fresh", **changes})


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
    yield refused(
        "claim169-strict", "It has no status, and unknown is not good.", claim169(),
        "STATUS_UNKNOWN", **unknown,
    )  # fmt: skip
    yield nothing_known(
        "claim169-by-registry-key", "A key for our cards does not count for another form.",
        claim169(signer="issuer-population"), "ISSUER_NOT_ALLOWED", policy=LENIENT,
    )  # fmt: skip
    yield nothing_known(
        "claim169-bomb", "Inflates beyond 64 KiB.", claim169_bomb(), "PREFIX_UNKNOWN"
    )
