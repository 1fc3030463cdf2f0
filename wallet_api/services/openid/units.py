"""Which document a credential identifier or a configuration means, of those a person has.

A configuration means the person's first document of its type. Where a wallet asked for credential
identifiers, each names one document (one of two vehicles) in one format; it tells nobody which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from credentials.jwk import b64url_encode
from wallet_api.services.deps import Deps
from wallet_api.services.openid.configurations import Configuration, configurations

PURPOSE: Final = "credential identifier"
SHOWN: Final = 12  # bytes of the keyed hash

Document = Mapping[str, Any]  # of the registry's kept answer: type, key, version, values


def identifiers(
    deps: Deps, wallet_id: str, answer: Mapping[str, Any], wanted: Collection[str]
) -> dict[str, str]:
    """Return {credential identifier: configuration id} of every document of these configurations.

    ``answer`` is what ``people.answer_of`` opened. None for what the person does not have.
    """
    known = configurations(deps)
    return {
        identifier_of(deps, wallet_id, known[name], document): name
        for name in wanted
        for document in documents_of(answer, known[name].type)
    }


def identifier_of(
    deps: Deps, wallet_id: str, configuration: Configuration, document: Document
) -> str:
    """Return the identifier of one document in one format."""
    text = "|".join((wallet_id, configuration.id, str(document["key"])))
    return b64url_encode(deps.vault.mac(PURPOSE, text.encode())[:SHOWN])


def documents_of(answer: Mapping[str, Any], document_type: str) -> Iterator[Document]:
    """List a person's documents of a type, in the registry's order."""
    return (held for held in answer["documents"] if held["type"] == document_type)


def find_document(
    deps: Deps,
    wallet_id: str,
    answer: Mapping[str, Any],
    configuration: Configuration,
    identifier: str | None,
) -> Document | None:
    """Return the document asked for, None when the person does not have it (any more)."""
    for document in documents_of(answer, configuration.type):
        if identifier in (None, identifier_of(deps, wallet_id, configuration, document)):
            return document
    return None
