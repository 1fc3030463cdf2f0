"""Which keys count, for what and when: the one thing the root key signs.

    key set = COSE_Sign1, untagged, external_aad "IKD-KEYS"
    payload = { 1: format (1), 2: version, 3: issued at, 4: expires at, 5: trust list,
                6: [ *[role, kid, key (compressed P-256), not before, not after] ] }

The root stays offline; it signs a set when a key is added, replaced or removed. Rotation is a set
with both keys, emergency removal a set without one: whoever has seen a set believes no lower one.
A bundle carries a chain of sets: the last is in force, and every one before it names, with the
role "root", the key that signs the next. So a new root is introduced by the one before it, and a
verifier that pinned the first follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials import cbor, cose
from credentials.errors import FormatError, LintError, SignatureError
from credentials.signing import Signer, compress, load_compressed
from credentials.trust import TrustList, encode_trust_list, parse_trust_list

CONTEXT = b"IKD-KEYS"
FORMAT = 1
MAX_SIZE = 1 << 20
MAX_CHAIN = 16
PUBLISHER: Final = "publisher"  # signs bundles and deltas
RELYING_PARTIES: Final = "relying-parties"  # signs the certificates of desks that ask
ROOT: Final = "root"  # signs the next key set
ROLES: Final = frozenset({PUBLISHER, RELYING_PARTIES, ROOT})

_KEYS = frozenset(range(1, 7))
_MAX_TIME = 1 << 40
_ROLE_MEMBERS = 5


@dataclass(frozen=True, slots=True)
class RoleKey:
    """A key with one role. Times are unix seconds, both inclusive."""

    role: str
    kid: bytes
    public_key: ec.EllipticCurvePublicKey
    not_before: int
    not_after: int


@dataclass(frozen=True, slots=True)
class KeySet:
    """A set whose root signature held. `version` only grows; times are unix seconds."""

    version: int
    issued_at: int
    expires_at: int
    trust: TrustList
    roles: tuple[RoleKey, ...] = ()

    def find(self, role: str, kid: bytes, moment: int) -> tuple[RoleKey, ...]:
        """Return the keys of that role and id that may be used at that unix time."""
        return tuple(
            key
            for key in self.roles
            if key.role == role and key.kid == kid and key.not_before <= moment <= key.not_after
        )


@dataclass(frozen=True, slots=True)
class KeyChain:
    """What a chain of sets comes to: the set in force, and the roots from the pinned one on."""

    keys: KeySet
    roots: tuple[ec.EllipticCurvePublicKey, ...]

    @property
    def root(self) -> ec.EllipticCurvePublicKey:
        """The root that signed the set in force."""
        return self.roots[-1]


def sign_key_set(keys: KeySet, root: Signer) -> bytes:
    """Return the signed set; LintError when our own parser would refuse it."""
    payload = cbor.encode(
        {
            1: FORMAT,
            2: keys.version,
            3: keys.issued_at,
            4: keys.expires_at,
            5: encode_trust_list(keys.trust),
            6: [
                [key.role, key.kid, compress(key.public_key), key.not_before, key.not_after]
                for key in keys.roles
            ],
        }
    )
    try:
        _read(payload)
    except FormatError as error:
        raise LintError(error.code, error.detail) from None
    return cose.sign1(payload, root, external_aad=CONTEXT)


def verify_key_sets(
    chain: Sequence[bytes | memoryview], pinned: ec.EllipticCurvePublicKey
) -> KeyChain:
    """Follow a chain of sets from the pinned root; nothing of a set is read before it holds.

    Sets before the first one the pinned root signed are those of earlier roots and passed over.
    SignatureError when a signature does not hold; FormatError when a set is none, versions do
    not rise, or a set before the last names no root or several.
    """
    if not 1 <= len(chain) <= MAX_CHAIN:
        raise FormatError("KEYS_CHAIN")
    start, keys = _first(chain, pinned)
    roots = [pinned]
    for signed in chain[start + 1 :]:
        roots.append(_next_root(keys))
        found = _verify(bytes(signed), roots[-1])
        if found.version <= keys.version:
            raise FormatError("KEYS_CHAIN")
        keys = found
    return KeyChain(keys, tuple(roots))


def _first(
    chain: Sequence[bytes | memoryview], pinned: ec.EllipticCurvePublicKey
) -> tuple[int, KeySet]:
    """Return the first set that the pinned root signed, and its place; SignatureError."""
    for place, signed in enumerate(chain):
        try:
            return place, _verify(bytes(signed), pinned)
        except SignatureError:
            continue
    raise SignatureError("SIGNATURE_INVALID")


def _verify(signed: bytes, root: ec.EllipticCurvePublicKey) -> KeySet:
    message = cose.parse_sign1(signed, max_size=MAX_SIZE)
    if message.unprotected or message.kid is None or message.alg is None:
        raise FormatError("KEYS_FORMAT")
    return _read(cose.verify_sign1(message, root, external_aad=CONTEXT))


def _next_root(keys: KeySet) -> ec.EllipticCurvePublicKey:
    named = [key.public_key for key in keys.roles if key.role == ROOT]
    if len(named) != 1:
        raise FormatError("KEYS_CHAIN")
    return named[0]


def _read(payload: bytes) -> KeySet:
    value = cbor.decode(payload, max_size=MAX_SIZE)
    if not isinstance(value, dict) or value.keys() != _KEYS or value[1] != FORMAT:
        raise FormatError("KEYS_FORMAT")
    version, issued_at, expires_at = (_uint(value[key]) for key in (2, 3, 4))
    if issued_at >= expires_at:
        raise FormatError("KEYS_TIMES")
    if not isinstance(value[6], list):
        raise FormatError("KEYS_FORMAT")
    roles = tuple(map(_role_key, value[6]))
    return KeySet(version, issued_at, expires_at, parse_trust_list(value[5]), roles)


def _role_key(item: object) -> RoleKey:
    if not isinstance(item, list) or len(item) != _ROLE_MEMBERS:
        raise FormatError("KEYS_ROLE")
    role, kid, key, not_before, not_after = item
    if type(role) is not str or role not in ROLES or type(kid) is not bytes or not kid:
        raise FormatError("KEYS_ROLE")
    if type(key) is not bytes or _uint(not_before) > _uint(not_after):
        raise FormatError("KEYS_ROLE")
    return RoleKey(role, kid, load_compressed(key), not_before, not_after)


def _uint(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX_TIME:
        raise FormatError("KEYS_FORMAT")
    return value


def publisher_keys(
    chain: KeyChain, kid: bytes, moment: int
) -> tuple[ec.EllipticCurvePublicKey, ...]:
    """Return the keys that may have signed a bundle or delta issued at `moment`, perhaps none.

    Publishers of the set in force, and its root itself. SignatureError("KEYS_EXPIRED") for a
    moment after the set's end: a set that nobody renews ends what its keys may do.
    """
    if moment > chain.keys.expires_at:
        raise SignatureError("KEYS_EXPIRED")
    found = tuple(key.public_key for key in chain.keys.find(PUBLISHER, kid, moment))
    return (*found, chain.root)
