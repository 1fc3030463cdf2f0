"""The tables: columns, constraints, relationships; no queries, no rules.

Invariants that must hold under any race stand here as unique constraints:
one active device a person, one use of a kiosk frame, one holder of a status
index, one answer to an idempotency key.
"""

from __future__ import annotations

from wallet_api.models.audit import AuditEvent
from wallet_api.models.capture import FaceCapture, FaceFrame
from wallet_api.models.credential import Credential, StatusList, StatusRemnant
from wallet_api.models.enrolment import ContactCode, Enrolment, Person
from wallet_api.models.office import (
    CounterTally,
    Kiosk,
    KioskCertificate,
    KioskFrame,
    Office,
    Operator,
    OperatorPasskey,
    Shift,
)
from wallet_api.models.openid_grants import OpenIdGrant, OpenIdOffer, OpenIdRequest
from wallet_api.models.openid_issuing import ForeignKeyHeld, OpenIdDeferred
from wallet_api.models.operation import JobRun
from wallet_api.models.parameter import Parameter
from wallet_api.models.publication import Publication
from wallet_api.models.relying_party import (
    RelyingParty,
    RelyingPartyCertificate,
    RelyingPartyOffer,
)
from wallet_api.models.tables import Base, new_id, table_of
from wallet_api.models.traffic import IdempotencyKey, OutboxMessage, RateCounter, UsedNonce
from wallet_api.models.wallet import Device, NoticeLink, Wallet

__all__ = [
    "AuditEvent",
    "Base",
    "ContactCode",
    "CounterTally",
    "Credential",
    "Device",
    "Enrolment",
    "FaceCapture",
    "FaceFrame",
    "ForeignKeyHeld",
    "IdempotencyKey",
    "JobRun",
    "Kiosk",
    "KioskCertificate",
    "KioskFrame",
    "NoticeLink",
    "Office",
    "OpenIdDeferred",
    "OpenIdGrant",
    "OpenIdOffer",
    "OpenIdRequest",
    "Operator",
    "OperatorPasskey",
    "OutboxMessage",
    "Parameter",
    "Person",
    "Publication",
    "RateCounter",
    "RelyingParty",
    "RelyingPartyCertificate",
    "RelyingPartyOffer",
    "Shift",
    "StatusList",
    "StatusRemnant",
    "UsedNonce",
    "Wallet",
    "new_id",
    "table_of",
]
