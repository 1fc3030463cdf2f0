"""What can be asked for: every document type of the catalogue, in each of the world's formats.

A configuration's id is its scope as well. The `vct` of a type is the address of its metadata below
our own public address, so that whoever meets the credential finds what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from credentials.catalogue import Catalogue
from credentials.document_types import DocumentType, Profile
from credentials.type_metadata import integrity, type_metadata
from wallet_api.services.deps import Deps

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
FORMATS: Final = {SD_JWT: "sd_jwt", MDOC: "mdoc"}
"""The formats, and how each ends a configuration's id."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One type in one format; ``vct`` belongs to SD-JWT VC, ``doctype`` to mdoc."""

    id: str
    type: str
    format: str
    vct: str | None
    doctype: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class OfferedType:
    """A type as others see it: our address as its `vct`, the metadata served there."""

    type: DocumentType
    profile: Profile  # what is issued; the holder chooses what to show
    metadata: bytes
    integrity: str


@dataclass(frozen=True, slots=True)
class _Offered:
    catalogue: Catalogue  # held, so that its identity stays taken
    configurations: Mapping[str, Configuration]
    types: Mapping[str, OfferedType]


# By identity: to compare catalogues by value would take longer than to sign.
_known: dict[tuple[int, str], _Offered] = {}


def configurations(deps: Deps) -> Mapping[str, Configuration]:
    """Return every configuration by its id, in the catalogue's order."""
    return _offered(deps).configurations


def offered_types(deps: Deps) -> Mapping[str, OfferedType]:
    """Return every type by its name."""
    return _offered(deps).types


def _offered(deps: Deps) -> _Offered:
    key = (id(deps.catalogue), deps.settings.public_url)
    if key not in _known:
        types = [_offer(held, deps.settings.public_url) for held in deps.catalogue.types]
        made = [_configuration(one.type, form) for one in types for form in FORMATS]
        _known[key] = _Offered(
            deps.catalogue,
            MappingProxyType({one.id: one for one in made}),
            MappingProxyType({one.type.name: one for one in types}),
        )
    return _known[key]


def _offer(held: DocumentType, public_url: str) -> OfferedType:
    profile = _whole(held)
    vct = f"{public_url}/openid/types/{held.name}"
    named = replace(held, vct=vct, profiles=(profile,), split=None)
    metadata = type_metadata(named)
    return OfferedType(named, profile, metadata, integrity(metadata))


def _whole(held: DocumentType) -> Profile:
    """Return the first ordinary profile with everything the issuer derives from it.

    One QR holds either a birth date or what ages were reached; here each may be shown alone.
    """
    first = next(one for one in held.profiles if not one.part and not one.on_request)
    derived = tuple(name for name, _ in held.derivations if name not in first.names)
    return replace(first, optional=first.optional + derived)


def _configuration(held: DocumentType, form: str) -> Configuration:
    name = f"{held.name}_{FORMATS[form]}"
    return Configuration(
        id=name,
        type=held.name,
        format=form,
        vct=held.vct if form == SD_JWT else None,
        doctype=held.doctype if form == MDOC else None,
        scope=name,
    )
