"""The states of an enrolment and of a wallet, and the only edges between them.

A row moves with ``UPDATE … WHERE state = :old`` (services/transitions.py), so
that of two racing moves one wins and the other sees it.
"""

from __future__ import annotations

from typing import Final

STARTED: Final = "STARTED"
CONTACT_VERIFIED: Final = "CONTACT_VERIFIED"
FACE_VERIFIED: Final = "FACE_VERIFIED"
FACE_AT_COUNTER: Final = "FACE_AT_COUNTER"
PIN_SET: Final = "PIN_SET"
CLAIMED: Final = "CLAIMED"
AT_COUNTER: Final = "AT_COUNTER"
SECOND_OFFICER: Final = "SECOND_OFFICER"
ACTIVATED: Final = "ACTIVATED"
EXPIRED: Final = "EXPIRED"
CANCELLED: Final = "CANCELLED"
REFUSED: Final = "REFUSED"

ENDED: Final = frozenset({EXPIRED, CANCELLED, REFUSED})
OPEN: Final = (
    STARTED,
    CONTACT_VERIFIED,
    FACE_VERIFIED,
    FACE_AT_COUNTER,
    PIN_SET,
    CLAIMED,
    AT_COUNTER,
    SECOND_OFFICER,
)

_FORWARD: Final[dict[str, frozenset[str]]] = {
    STARTED: frozenset({CONTACT_VERIFIED}),
    CONTACT_VERIFIED: frozenset({FACE_VERIFIED, FACE_AT_COUNTER}),
    FACE_VERIFIED: frozenset({PIN_SET}),
    FACE_AT_COUNTER: frozenset({PIN_SET}),
    PIN_SET: frozenset({CLAIMED}),
    CLAIMED: frozenset({AT_COUNTER, PIN_SET}),
    AT_COUNTER: frozenset({SECOND_OFFICER, ACTIVATED, PIN_SET}),
    SECOND_OFFICER: frozenset({ACTIVATED, PIN_SET}),
}

ENROLMENT_EDGES: Final[dict[str, frozenset[str]]] = {
    state: _FORWARD[state] | ENDED for state in OPEN
} | dict.fromkeys((ACTIVATED, *ENDED), frozenset())

FALLS_BACK: Final = (CLAIMED, AT_COUNTER, SECOND_OFFICER)  # to PIN_SET when the deadline is over

ACTIVE: Final = "ACTIVE"
BLOCKED: Final = "BLOCKED"
CLOSED: Final = "CLOSED"

WALLET_EDGES: Final[dict[str, frozenset[str]]] = {
    ACTIVE: frozenset({BLOCKED, CLOSED}),
    BLOCKED: frozenset({ACTIVE, CLOSED}),
    CLOSED: frozenset(),
}

NEXT_STEP: Final[dict[str, str]] = {
    STARTED: "contact",
    CONTACT_VERIFIED: "face",
    FACE_VERIFIED: "pin",
    FACE_AT_COUNTER: "pin",
    PIN_SET: "scan",
    CLAIMED: "confirm",
    AT_COUNTER: "show_number",
    SECOND_OFFICER: "show_number",
    ACTIVATED: "open_session",
} | dict.fromkeys(ENDED, "none")
