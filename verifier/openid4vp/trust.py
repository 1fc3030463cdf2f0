"""Whom this relying party believes: a JSON file that its operator edits.

    {"catalogue": ["catalogue"],                      files, folders, or a signed bundle (.cose)
     "issuers": [{"name": "Dukcapil",
                  "anchors": ["issuer-root.pem"],     PEM, one or more certificates each
                  "status_prefix": "https://wallet.example/v1/lists/status/",
                  "types": {"id_card": {"vct": "https://…", "doctype": "…"}}}]}

Paths are relative to the file. A type without `vct` or `doctype` has the catalogue's. An issuer is
believed for the types named here and no others; status lists are fetched below its prefix only
(T32), so that no credential can make this server call an address of its choice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.catalogue import Catalogue
from credentials.errors import CredentialError, SignatureError
from credentials.x509_chain import Anchors, Leaf, verify_chain
from verifier.bundle import read_bundle
from verifier.errors import VerifierError
from verifier.openid4vp.errors import SetupError
from verifier.openid4vp.queries import SD_JWT, CredentialFormat
from verifier.roots import load_root

_MEMBERS = {"catalogue", "issuers", "bundle_root"}
_ISSUER_MEMBERS = {"name", "anchors", "status_prefix", "types"}


@dataclass(frozen=True, slots=True)
class TypeNames:
    """What one issuer calls a document type."""

    vct: str
    doctype: str

    def of(self, format_name: CredentialFormat) -> str:
        """Return the name in a format, "" where there is none."""
        return self.vct if format_name == SD_JWT else self.doctype


@dataclass(frozen=True, slots=True)
class Issuer:
    """One believed issuer. `status_prefix` is "" where its status lists are not looked up."""

    name: str
    anchors: Anchors
    status_prefix: str
    types: Mapping[str, TypeNames]


@dataclass(frozen=True, slots=True)
class Trust:
    """The catalogue and the issuers."""

    catalogue: Catalogue
    issuers: tuple[Issuer, ...]

    def names(self, document_type: str, format_name: CredentialFormat) -> tuple[str, ...]:
        """Return every vct or doctype under which issuers issue this type."""
        found = (one.types[document_type] for one in self.issuers if document_type in one.types)
        return tuple(dict.fromkeys(name for names in found if (name := names.of(format_name))))

    def verify_chain(
        self, chain: tuple[bytes, ...], *, now: int, usage: str | None = None
    ) -> tuple[Issuer, Leaf]:
        """Return the issuer whose anchor the chain leads to, and the leaf that signed.

        Of several refusals the most telling is raised: CHAIN_UNTRUSTED only when no issuer knew it.
        """
        refused: CredentialError = SignatureError("CHAIN_UNTRUSTED")
        for issuer in self.issuers:
            try:
                return issuer, verify_chain(chain, issuer.anchors, now=now, usage=usage)
            except CredentialError as error:
                if error.code != "CHAIN_UNTRUSTED":
                    refused = error
        raise refused


def load_trust(path: Path) -> Trust:
    """Read a trust file; SetupError("TRUST_…", place)."""
    root = _load_json(path)
    if not root.keys() <= _MEMBERS:
        raise SetupError("TRUST_INVALID", ", ".join(sorted(root.keys() - _MEMBERS)))
    catalogue = _load_catalogue(path.parent, root)
    entries = root.get("issuers")
    if not isinstance(entries, list) or not entries:
        raise SetupError("TRUST_INVALID", "issuers")
    return Trust(
        catalogue,
        tuple(_issuer(path.parent, catalogue, n, entry) for n, entry in enumerate(entries)),
    )


def _issuer(folder: Path, catalogue: Catalogue, number: int, entry: object) -> Issuer:
    place = f"issuers[{number}]"
    if not isinstance(entry, dict) or not entry.keys() <= _ISSUER_MEMBERS:
        raise SetupError("TRUST_INVALID", place)
    name, anchors = entry.get("name"), entry.get("anchors")
    if not isinstance(name, str) or not name:
        raise SetupError("TRUST_INVALID", f"{place}.name")
    if not isinstance(anchors, list) or not anchors:
        raise SetupError("TRUST_INVALID", f"{place}.anchors")
    return Issuer(
        name,
        Anchors(tuple(der for one in anchors for der in _certificates(folder / str(one)))),
        _prefix(entry.get("status_prefix", ""), f"{place}.status_prefix"),
        _types(catalogue, entry.get("types"), f"{place}.types"),
    )


def _types(catalogue: Catalogue, value: object, place: str) -> dict[str, TypeNames]:
    given = {str(name): {} for name in value} if isinstance(value, list) else value
    if not isinstance(given, dict) or not given:
        raise SetupError("TRUST_INVALID", place)
    types: dict[str, TypeNames] = {}
    for name, names in given.items():
        try:
            known = catalogue.document_type(str(name))
        except KeyError:
            raise SetupError("TRUST_INVALID", f"{place}.{name}: not in the catalogue") from None
        if not isinstance(names, dict) or not names.keys() <= {"vct", "doctype"}:
            raise SetupError("TRUST_INVALID", f"{place}.{name}")
        texts = {"vct": known.vct, "doctype": known.doctype, **names}
        if not all(isinstance(text, str) for text in texts.values()):
            raise SetupError("TRUST_INVALID", f"{place}.{name}")
        types[known.name] = TypeNames(**texts)
    return types


def _prefix(value: object, place: str) -> str:
    if value == "":
        return ""
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
        raise SetupError("TRUST_INVALID", f"{place}: must be an http(s) address")
    if not parts.path.endswith("/") or parts.query or parts.fragment or parts.username:
        raise SetupError("TRUST_INVALID", f'{place}: must end with "/"')
    return parts.geturl()


def _certificates(path: Path) -> tuple[bytes, ...]:
    try:
        loaded = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        raise SetupError("TRUST_UNREADABLE", path.name) from None
    return tuple(one.public_bytes(Encoding.DER) for one in loaded)


def _load_catalogue(folder: Path, root: Mapping[str, Any]) -> Catalogue:
    names = root.get("catalogue")
    if not isinstance(names, list) or not names:
        raise SetupError("TRUST_INVALID", "catalogue")
    entries: list[object] = []
    for name in names:
        path = folder / str(name)
        if path.suffix == ".cose":
            entries += _bundled(path, folder, root.get("bundle_root"))
            continue
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        for file in files:
            value = _load_any(file)
            entries += value if isinstance(value, list) else [value]
    try:
        return Catalogue.parse(entries)
    except CredentialError as error:
        raise SetupError("TRUST_CATALOGUE", str(error)) from None


def _bundled(path: Path, folder: Path, root: object) -> list[object]:
    """Return the catalogue of an offline bundle, once its root signature holds."""
    try:
        pinned = load_root(str(folder / str(root))) if root else load_root()
        bundle = read_bundle(path, root=pinned)
    except VerifierError as error:
        raise SetupError("TRUST_CATALOGUE", str(error)) from None
    return cast("list[object]", json.loads(bundle.catalogue.source))


def _load_json(path: Path) -> dict[str, Any]:
    value = _load_any(path)
    if not isinstance(value, dict):
        raise SetupError("TRUST_INVALID", "must be a JSON object")
    return value


def _load_any(path: Path) -> object:
    try:
        value: object = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise SetupError("TRUST_UNREADABLE", path.name) from None
    return value
