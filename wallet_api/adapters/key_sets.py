"""The key set verifiers follow: made from the keys in the folder, signed by the bundle root.

    bundle-root.pem          signs key sets, nothing else; may lie in a safe
    bundle-root-public.pem   what verifiers pin; as long as it is there no other root is made
    publisher.pem            signs bundles and deltas every minute
    publishers.json          its public half, and those before it until they end
    relying-parties.pem      signs the certificates of desks that ask
    relying-parties.json     its public half, and those before it until their certificates end
    key-sets.cbor            the chain of signed sets (`credentials.key_set`)

A set is signed again when keys came or went or its end is near. That needs the root: where it is
away and something must be signed, ``RootAwayError`` says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor
from credentials.errors import CredentialError
from credentials.key_set import (
    MAX_SIZE,
    PUBLISHER,
    RELYING_PARTIES,
    ROOT,
    KeyChain,
    KeySet,
    RoleKey,
    sign_key_set,
    verify_key_sets,
)
from credentials.signing import (
    ES256,
    PemSigner,
    Signer,
    compress,
    generate_pem,
    key_id,
    load_compressed,
)
from credentials.trust import TrustedKey, TrustList, encode_trust_list
from wallet_api.adapters.issuer_certificates import RootAwayError
from wallet_api.ports.keys import ISSUER_NAME, IssuerKey

ROOT_PEM: Final = "bundle-root.pem"
ROOT_PUBLIC: Final = "bundle-root-public.pem"
PUBLISHER_PEM: Final = "publisher.pem"
RELYING_PARTIES_PEM: Final = "relying-parties.pem"
SETS: Final = "key-sets.cbor"
_PUBLISHERS: Final = "publishers.json"
_RELYING_PARTIES: Final = "relying-parties.json"
SET_LIFE: Final = timedelta(days=400)
RENEWED: Final = timedelta(days=120)  # before its end
PUBLISHER_LIFE: Final = timedelta(days=800)
OVERLAP: Final = timedelta(days=31)  # how long the publisher before is still believed
RELYING_PARTIES_LIFE: Final = timedelta(days=1600)
CERTIFIED_LIFE: Final = timedelta(days=402)  # no certificate of a relying party outlives it
BACKDATED: Final = timedelta(days=1)

Write = Callable[[Path, bytes], bool]


def make_root(folder: Path, write_new: Write) -> list[str]:
    """Make the root where there is none, and its public half where that is missing."""
    if (folder / ROOT_PUBLIC).exists():
        return []
    made = write_new(folder / ROOT_PEM, generate_pem())
    _write_public(folder, PemSigner((folder / ROOT_PEM).read_bytes()).public_key)
    return ["bundle-root"] if made else []


def load_root_public(folder: Path) -> ec.EllipticCurvePublicKey:
    """Return the key verifiers pin; raises ``OSError`` or ``ValueError``."""
    if (folder / ROOT_PEM).exists():
        return PemSigner((folder / ROOT_PEM).read_bytes()).public_key
    key = serialization.load_pem_public_key((folder / ROOT_PUBLIC).read_bytes())
    return cast("ec.EllipticCurvePublicKey", key)


def load_sets(folder: Path) -> tuple[bytes, ...]:
    """Return the chain of signed sets; raises ``OSError`` or ``CredentialError``."""
    chain = cbor.decode((folder / SETS).read_bytes(), max_size=16 * MAX_SIZE)
    return tuple(cast("list[bytes]", chain))


def renew_key_set(folder: Path, issuers: Iterable[IssuerKey], *, now: datetime) -> list[str]:
    """Sign the set again where it must be; return what was made. ``RootAwayError``."""
    trust = _trust_list(issuers)
    roles = _roles(folder, now)
    held = _held(folder)
    if held is not None and _is_good(held.keys, trust, roles, now):
        return []
    if not (folder / ROOT_PEM).exists():
        raise RootAwayError(f"the key set must be signed anew: put {ROOT_PEM} into the folder")
    root = PemSigner((folder / ROOT_PEM).read_bytes())
    before = load_sets(folder)[:-1] if held is not None else ()
    fresh = _signed(root, held, trust, roles, now)
    _replace(folder / SETS, cbor.encode([*before, fresh]))
    return ["key set"]


def replace_root(folder: Path, issuers: Iterable[IssuerKey], *, now: datetime) -> None:
    """Let the root introduce a new one, which signs from now on; ``RootAwayError``.

    Verifiers that pinned the old one follow. Its private key is left as `bundle-root-before.pem`,
    to be destroyed; the new one is where it was.
    """
    if not (folder / ROOT_PEM).exists():
        raise RootAwayError(f"the root introduces the next one: put {ROOT_PEM} into the folder")
    old, pem = PemSigner((folder / ROOT_PEM).read_bytes()), generate_pem()
    trust = _trust_list(issuers)
    new, roles, held = PemSigner(pem), _roles(folder, now), _held(folder)
    named = _role(ROOT, new.public_key, now - BACKDATED, now + SET_LIFE)
    before = load_sets(folder)[:-1] if held is not None else ()
    introducing = _signed(old, held, trust, (*roles, named), now)
    middle = verify_key_sets([introducing], old.public_key)
    chain = [*before, introducing, _signed(new, middle, trust, roles, now)]
    _replace(folder / "bundle-root-before.pem", (folder / ROOT_PEM).read_bytes())
    _replace(folder / ROOT_PEM, pem)
    _write_public(folder, new.public_key)
    _replace(folder / SETS, cbor.encode(chain))


def _trust_list(issuers: Iterable[IssuerKey]) -> TrustList:
    """Return issuer keys as verifiers shall trust them."""
    return TrustList(
        tuple(
            TrustedKey(
                kid=key.kid,
                public_key=key.public_key,
                alg=ES256,
                not_before=int(key.not_before.timestamp()),
                not_after=int(key.not_after.timestamp()),
                issuer_name=ISSUER_NAME,
                document_types=frozenset(key.document_types),
            )
            for key in issuers
        )
    )


def _signed(
    root: Signer,
    before: KeyChain | None,
    trust: TrustList,
    roles: tuple[RoleKey, ...],
    now: datetime,
) -> bytes:
    last = before.keys.version if before is not None else 0
    start = int(now.timestamp())
    end = int((now + SET_LIFE).timestamp())
    return sign_key_set(KeySet(max(last + 1, start), start, end, trust, roles), root)


def _held(folder: Path) -> KeyChain | None:
    """Return the chain in force; None where there is none, or it is of another root."""
    try:
        return verify_key_sets(load_sets(folder), load_root_public(folder))
    except (OSError, CredentialError):
        return None


def _is_good(keys: KeySet, trust: TrustList, roles: tuple[RoleKey, ...], now: datetime) -> bool:
    same = encode_trust_list(keys.trust) == encode_trust_list(trust)
    return (
        same
        and _plain(keys.roles) == _plain(roles)
        and keys.expires_at - now.timestamp() > RENEWED.total_seconds()
    )


def _plain(roles: tuple[RoleKey, ...]) -> list[tuple[str, bytes, int, int]]:
    return [(one.role, compress(one.public_key), one.not_before, one.not_after) for one in roles]


def _roles(folder: Path, now: datetime) -> tuple[RoleKey, ...]:
    """Return the keys that publish and those that certify relying parties."""
    return (
        *_Role(PUBLISHER, PUBLISHER_PEM, _PUBLISHERS, PUBLISHER_LIFE, OVERLAP).keys(folder, now),
        *_Role(
            RELYING_PARTIES,
            RELYING_PARTIES_PEM,
            _RELYING_PARTIES,
            RELYING_PARTIES_LIFE,
            CERTIFIED_LIFE,
        ).keys(folder, now),
    )


@dataclass(frozen=True, slots=True)
class _Role:
    """A role's files. A key that is new lives for `life` and ends those before after `overlap`."""

    role: str
    pem: str
    manifest: str
    life: timedelta
    overlap: timedelta

    def keys(self, folder: Path, now: datetime) -> tuple[RoleKey, ...]:
        """Return the keys that count, after taking the one in the folder into the manifest."""
        path = folder / self.manifest
        entries: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
        public = PemSigner((folder / self.pem).read_bytes()).public_key
        if compress(public).hex() not in {entry["public"] for entry in entries}:
            for entry in entries:
                entry["not_after"] = min(entry["not_after"], int((now + self.overlap).timestamp()))
            start, end = now - BACKDATED, now + self.life
            times = {"not_before": int(start.timestamp()), "not_after": int(end.timestamp())}
            entries.append({"public": compress(public).hex()} | times)
        entries = [entry for entry in entries if entry["not_after"] > now.timestamp()]
        _replace(path, json.dumps(entries, indent=1).encode() + b"\n")
        return tuple(
            RoleKey(self.role, key_id(key), key, entry["not_before"], entry["not_after"])
            for entry in entries
            for key in (load_compressed(bytes.fromhex(entry["public"])),)
        )


def _role(role: str, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime) -> RoleKey:
    return RoleKey(role, key_id(key), key, int(start.timestamp()), int(end.timestamp()))


def _write_public(folder: Path, key: ec.EllipticCurvePublicKey) -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    _replace(folder / ROOT_PUBLIC, key.public_bytes(serialization.Encoding.PEM, form))


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with fresh.open("xb") as file:
        fresh.chmod(0o600)
        file.write(content)
    fresh.replace(path)
