"""The density budget: what still scans, and how to cut a document that does not.

A presentation adds the proof to the credential; base45 turns two bytes into three characters; the
screen shows at most QR version 25-L (offline-qr "Budget").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from credentials.document_types import DocumentType, Profile
from credentials.errors import LintError
from credentials.qr_text import qr_version, text_length

MAX_VERSION = 25
# array head 1, credential head 3, proof payload [iat, nonce, aud] 33 with its head 2, signature 66
PROOF_SIZE = 105

Size = Callable[[Profile, Mapping[str, object]], int]
Piece = tuple[Profile, dict[str, object]]


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
    document_type: DocumentType, profile: Profile, values: Mapping[str, object], size: Size
) -> list[Piece]:
    """Return the pieces to issue for `profile`: itself, or a header and parts.

    `size(profile, values)` gives the bytes of the credential those values would make. Only the
    profile the catalogue's split rule calls the whole is ever cut; parts take as many records, in
    order, as fit. LintError("QR_BUDGET") when a single record is too large.
    """
    whole = dict(values)
    split = document_type.split
    if split is None or profile.name != split.whole or fits(size(profile, whole)):
        check_budget(size(profile, whole))
        return [(profile, whole)]
    records = values.get(split.records)
    if not isinstance(records, list | tuple):
        raise LintError("FIELD_MISSING", split.records)
    part = document_type.profile(split.part)
    shared = {key: value for key, value in values.items() if key != split.records}

    def candidate(chunk: list[object], number: int, total: int) -> dict[str, object]:
        place = {split.part_number: number, split.parts: total}
        return {**shared, **place, split.records: chunk}

    chunks: list[list[object]] = [[]]
    for record in records:
        # counted with the largest part numbers, so that the total cannot make it grow
        if fits(size(part, candidate([*chunks[-1], record], len(records), len(records)))):
            chunks[-1].append(record)
        elif chunks[-1]:
            chunks.append([record])
        if not chunks[-1] or not fits(
            size(part, candidate(chunks[-1], len(records), len(records)))
        ):
            raise LintError("QR_BUDGET", split.records)
    header_values = {**shared, split.count: len(records), split.parts: len(chunks)}
    header = document_type.profile(split.header)
    check_budget(size(header, header_values))
    return [
        (header, header_values),
        *(
            (part, candidate(chunk, number, len(chunks)))
            for number, chunk in enumerate(chunks, start=1)
        ),
    ]
