"""The civil registry as the wallet sees it: one question, one answer, and what changed.

Why a port: a city asks the national registry over HTTP, a desk asks an embedded file, and both
must give the same answer to the byte, because every credential records the hash of the answer it
was made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from wallet_api.errors import PersonNotEligible, RegistryDown

ID_CARD: Final = "id_card"


class RegistryStatus(StrEnum):
    """What the registry says of a NIK. Only FOUND may hold a wallet."""

    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"
    DECEASED = "DECEASED"
    DUPLICATE = "DUPLICATE"
    INACTIVE = "INACTIVE"
    NOT_RECORDED = "NOT_RECORDED"  # the person exists, their biometric enrolment does not


class Unavailable(StrEnum):
    """Why there is no answer. For logs, metrics and alarms; the outside sees REGISTRY_DOWN."""

    DOWN = "REGISTRY_UNREACHABLE"
    SLOW = "REGISTRY_TIMEOUT"
    QUOTA = "REGISTRY_QUOTA"
    LOGIN_FAILED = "REGISTRY_LOGIN_FAILED"
    ADDRESS = "REGISTRY_ADDRESS_NOT_REGISTERED"
    USER_INACTIVE = "REGISTRY_USER_INACTIVE"
    INSTITUTION_INACTIVE = "REGISTRY_INSTITUTION_INACTIVE"
    MALFORMED = "REGISTRY_ANSWER_MALFORMED"
    TOO_LARGE = "REGISTRY_ANSWER_TOO_LARGE"


class RegistryUnavailable(RegistryDown):
    """There is no answer now; ask again after `retry_after` seconds. `reason` says why."""

    def __init__(self, reason: Unavailable, *, retry_after: int = 30) -> None:
        super().__init__(retry_after=retry_after)
        self.reason = reason


class RegistryRefused(PersonNotEligible):
    """This NIK may not be asked for in this environment (see the guard). Never ask again."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)  # whoever prints it, prints no data
class Document:
    """One document of the person.

    `type` is the catalogue's name, `key` tells two of one type apart (a vehicle's plate; the NIK
    for the identity card), `values` are named as in the catalogue, `version` is a SHA-256 in hex
    that changes whenever a credential made of the document would be out of date.
    """

    type: str
    key: str
    values: Mapping[str, object]
    version: str


@dataclass(frozen=True, slots=True, repr=False)  # whoever prints it, prints no data
class Contacts:
    """Where the person could be reached before: told of every activation. Not proven to us."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)  # whoever prints it, prints no data
class RegistryAnswer:
    """The registry's answer about one NIK.

    `person` holds the identity card's values and `photo` a JPEG; both are None unless `status`
    is FOUND (a FOUND person may have no photo). `answer_hash` is SHA-256 in hex over the
    canonical answer: what a credential was made from, provable later without keeping it.
    """

    status: RegistryStatus
    nik: str
    person: Mapping[str, object] | None
    photo: bytes | None
    documents: tuple[Document, ...]
    contacts: Contacts
    answer_hash: str


class PopulationRegistry(Protocol):
    """Both real registries, the guard around them, and nothing else."""

    def look_up(self, nik: str) -> RegistryAnswer:
        """Ask for a well-formed NIK. Raises `RegistryUnavailable` or `RegistryRefused`."""
        ...

    def changes_since(self, cursor: str) -> tuple[list[str], str]:
        """Return the NIKs whose record changed after `cursor`, and the next cursor.

        "" starts at the registry's beginning. At most 1,000 at once, oldest first, each once; an
        empty list means that nothing is left. Raises `RegistryUnavailable`.
        """
        ...


def make_document(
    document_type: str, key: str, values: Mapping[str, object], *, photo: bytes | None = None
) -> Document:
    """Return a document with its version. An identity card's photo is part of its version."""
    version = _sha256([document_type, key, values, _photo_hash(photo)])
    return Document(document_type, key, values, version)


def make_answer(
    status: RegistryStatus,
    nik: str,
    *,
    person: Mapping[str, object] | None = None,
    photo: bytes | None = None,
    documents: Sequence[Document] = (),
    contacts: Contacts | None = None,
) -> RegistryAnswer:
    """Return an answer with its hash; documents come in a stable order, the identity card first.

    Whoever cannot hold a wallet gets the status alone: the rest is none of our business.
    """
    if status is not RegistryStatus.FOUND or person is None:
        return RegistryAnswer(status, nik, None, None, (), Contacts(), _sha256([status, nik]))
    card = make_document(ID_CARD, nik, person, photo=photo)
    others = tuple(sorted(documents, key=lambda document: (document.type, document.key)))
    known = contacts or Contacts()
    canonical = [
        status, nik, person, _photo_hash(photo),
        [[document.type, document.key, document.version] for document in others],
        [list(known.emails), list(known.phones)],
    ]  # fmt: skip
    return RegistryAnswer(status, nik, person, photo, (card, *others), known, _sha256(canonical))


def _photo_hash(photo: bytes | None) -> str | None:
    return None if photo is None else hashlib.sha256(photo).hexdigest()


def _sha256(value: object) -> str:
    """Hash a JSON value: sorted keys, no blanks, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
