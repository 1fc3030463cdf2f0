"""The density budget: what still scans, and how to cut a document that does not.

A presentation adds the proof to the credential; base45 turns two bytes into three characters; the
screen shows at most QR version 25-L (offline-qr "Budget").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from credentials import cbor
from credentials.document_types import DocumentType, Profile
from credentials.errors import LintError
from credentials.qr_text import qr_version, text_length
from credentials.quick_identity import KEY_STATUS
from credentials.status_list import LIST_SIZE

MAX_VERSION = 25
# array head 1, credential head 3, proof payload [iat, nonce, aud] 33 with its head 2, signature 66
PROOF_SIZE = 105
# claims around the identity 60, COSE head 15, signature 66
ENVELOPE_SIZE = 141
_WIDEST_STATUS = [(1 << 32) - 1, LIST_SIZE - 1]

Size = Callable[[Profile, Mapping[str, object]], int]
Piece = tuple[Profile, dict[str, object]]


def credential_size(
    document_type: DocumentType, profile: Profile, values: Mapping[str, object]
) -> int:
    """Return the bytes of the credential these values would make, bound to a holder key.

    LintError for values that cannot be issued.
    """
    return foreseen_size(document_type.encode(profile, values))


def foreseen_size(identity: Mapping[int, object]) -> int:
    """Return the bytes of the credential with this wire map.

    Nothing is signed; the status reference is counted at its widest, so the real one may be up to
    four bytes smaller.
    """
    return ENVELOPE_SIZE + len(cbor.encode_ordered({**identity, KEY_STATUS: _WIDEST_STATUS}))


def presentation_version(credential_size: int) -> int:
    """Return the QR version (level L) of a presentation of so many credential bytes.

    Counts the longer proof, the answer to a challenge. LintError("QR_TOO_LARGE") over 40-L.
    """
    return qr_version(text_length(credential_size + PROOF_SIZE), "L")


def fits(credential_size: int) -> bool:
    """Tell whether a credential of so many bytes stays within version 25-L when presented."""
    try:
        return presentation_version(credential_size) <= MAX_VERSION
    except LintError:
        return False


def check_budget(credential_size: int) -> int:
    """Return the QR version; LintError("QR_BUDGET") when it is over 25-L.

    The caller may then come back with a smaller portrait, or split.
    """
    if not fits(credential_size):
        raise LintError("QR_BUDGET")
    return presentation_version(credential_size)


def split_document(
    document_type: DocumentType,
    profile: Profile,
    values: Mapping[str, object],
    size: Size | None = None,
) -> list[Piece]:
    """Return the pieces to issue for `profile`: itself, or a header and parts.

    `size(profile, values)` gives the bytes of the credential those values would make, by default
    `credential_size`. Only the profile the catalogue's split rule calls the whole is ever cut;
    parts take as many records, in order, as fit. LintError("QR_BUDGET") when one record is too
    large.
    """
    if size is None:
        size = partial(credential_size, document_type)
    whole = dict(values)
    split = document_type.split
    bytes_whole = size(profile, whole)
    if split is None or profile.name != split.whole or fits(bytes_whole):
        check_budget(bytes_whole)
        return [(profile, whole)]
    records = values.get(split.records)
    if not isinstance(records, list | tuple):
        raise LintError("FIELD_MISSING", split.records)
    part = document_type.profile(split.part)
    shared = {key: value for key, value in values.items() if key != split.records}

    def candidate(chunk: list[object], number: int, total: int) -> dict[str, object]:
        place = {split.part_number: number, split.parts: total}
        return {**shared, **place, split.records: chunk}

    def fitting(chunk: list[object]) -> bool:
        # counted with the largest part numbers, so that the total cannot make it grow
        return fits(size(part, candidate(chunk, len(records), len(records))))

    chunks = _pack(records, fitting, split.records)
    header_values = {**shared, split.count: len(records), split.parts: len(chunks)}
    header = document_type.profile(split.header)
    check_budget(size(header, header_values))
    parts: list[Piece] = [
        (part, candidate(chunk, number, len(chunks))) for number, chunk in enumerate(chunks, 1)
    ]
    return [(header, header_values), *parts]


def _pack(
    records: Sequence[object], fitting: Callable[[list[object]], bool], name: str
) -> list[list[object]]:
    """Return the records in order, in as few chunks as fit."""
    chunks: list[list[object]] = []
    for record in records:
        if chunks and fitting([*chunks[-1], record]):
            chunks[-1].append(record)
        elif fitting([record]):
            chunks.append([record])
        else:
            raise LintError("QR_BUDGET", name)
    return chunks
