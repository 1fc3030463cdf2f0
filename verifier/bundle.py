"""Turns bundle bytes into something `verify` may believe: a trust decision without any I/O.

Rules, in order; a bundle that breaks one changes nothing:

1. It is well-formed within its limits, else BUNDLE_FORMAT.
2. The pinned root key signed its key set, and a publisher of that set the bundle, else
   BUNDLE_SIGNATURE. No key that the root did not name can vouch for anything.
3. Its version is not below the highest one accepted before, else BUNDLE_ROLLED_BACK: an old
   bundle with a good signature is how a revoked credential would come back to life. Nor is its
   key set, and its roots lead through the one accepted before, else KEYS_ROLLED_BACK: an old set
   is how a stolen key would.
4. At the given time it is not expired, else BUNDLE_EXPIRED. An expired one can still be loaded,
   to be shown and to name itself; `verify` refuses to check anything with it.

After python-tuf's trusted metadata set. Fetching, storing and remembering are `state`'s.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from credentials.bundle import MAX_SIZE as MAX_BUNDLE_BYTES
from credentials.bundle import Bundle, parse_bundle, verify_bundle
from credentials.catalogue import Catalogue
from credentials.errors import CredentialError, SignatureError
from credentials.jwk import thumbprint
from credentials.key_set import KeyChain
from credentials.regions import Regions
from credentials.revocation import RevocationSet
from credentials.trust import TrustList
from verifier.errors import BundleError
from verifier.roots import Root
from verifier.version import is_older_than


@dataclass(frozen=True, slots=True)
class TrustedBundle:
    """A bundle the pinned root stands behind. Times are unix seconds.

    `development` is true under a root whose private key is public: nothing it says is worth
    anything outside a test, and every output must say so. `too_new` is true when the registry
    lets this version of the verifier check no more.
    """

    version: int
    issued_at: int
    expires_at: int
    status_as_of: int
    trust: TrustList
    revocation: RevocationSet
    catalogue: Catalogue
    regions: Regions
    minimum_app_version: str
    too_new: bool
    policies: bytes
    chain: KeyChain
    root_fingerprint: str
    development: bool

    @property
    def newest_signed_at(self) -> datetime:
        """The newest registry-signed time in it: what the clock floor may rise to."""
        return datetime.fromtimestamp(max(self.issued_at, self.status_as_of), UTC)

    @property
    def root_in_force(self) -> str:
        """Thumbprint of the root that signed its key set: the pinned one, or its successor."""
        return thumbprint(self.chain.root)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was accepted before and must not be undone: versions of bundle and key set, the root."""

    bundle_version: int = 0
    key_set_version: int = 0
    root_in_force: str | None = None


NOTHING_ACCEPTED = Accepted()


def trust_bundle(
    data: bytes | memoryview, *, root: Root, accepted: Accepted = NOTHING_ACCEPTED
) -> TrustedBundle:
    """Apply rules 1 to 3 and return the bundle; BundleError names the rule that broke."""
    # 1.
    if len(data) > MAX_BUNDLE_BYTES:
        raise BundleError("BUNDLE_FORMAT", "larger than 64 MiB")
    try:
        unverified = parse_bundle(data)
        # 2.
        content = verify_bundle(unverified, root.public_key)
    except SignatureError as error:
        raise BundleError("BUNDLE_SIGNATURE", error.code) from None
    except CredentialError as error:
        raise BundleError("BUNDLE_FORMAT", error.code) from None
    # 3.
    bundle = _trusted(content, root)
    _require_not_rolled_back(bundle, accepted)
    return bundle


def require_current(bundle: TrustedBundle, now: datetime) -> TrustedBundle:
    """Rule 4: return the bundle when it has not expired at `now`, else raise BundleError."""
    if now.timestamp() >= bundle.expires_at:
        raise BundleError("BUNDLE_EXPIRED")
    return bundle


def read_bundle(
    path: str | Path, *, root: Root, accepted: Accepted = NOTHING_ACCEPTED
) -> TrustedBundle:
    """Read a bundle file and trust it by the rules above; also BUNDLE_NOT_FOUND."""
    return trust_bundle(read_bundle_bytes(path), root=root, accepted=accepted)


def read_bundle_bytes(path: str | Path) -> bytes:
    """Return a bundle file's bytes; BundleError when it cannot be read or is too large."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BUNDLE_BYTES + 1)
    except (OSError, ValueError):
        raise BundleError("BUNDLE_NOT_FOUND", "cannot read the bundle file") from None


def map_bundle(path: Path) -> memoryview:
    """Return a bundle file of the terminal's own folder without reading it into memory.

    Nothing of it is held once it is trusted. For files that nobody cuts short while they are
    looked at: ours are only ever replaced. BundleError when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):
        raise BundleError("BUNDLE_NOT_FOUND", "cannot read the bundle file") from None


def _require_not_rolled_back(bundle: TrustedBundle, accepted: Accepted) -> None:
    if bundle.version < accepted.bundle_version:
        detail = f"version {bundle.version}, seen before {accepted.bundle_version}"
        raise BundleError("BUNDLE_ROLLED_BACK", detail)
    keys = bundle.chain.keys.version
    if keys < accepted.key_set_version:
        detail = f"key set {keys}, seen before {accepted.key_set_version}"
        raise BundleError("KEYS_ROLLED_BACK", detail)
    known = accepted.root_in_force
    if known is not None and known not in map(thumbprint, bundle.chain.roots):
        raise BundleError("KEYS_ROLLED_BACK", "not by the root accepted before")


def _trusted(content: Bundle, root: Root) -> TrustedBundle:
    assert content.chain is not None  # noqa: S101  a verified bundle has one
    return TrustedBundle(
        version=content.version,
        issued_at=content.issued_at,
        expires_at=content.expires_at,
        status_as_of=content.status_as_of,
        trust=content.trust,
        revocation=content.revocation,
        catalogue=content.catalogue,
        regions=content.regions,
        minimum_app_version=content.minimum_app_version,
        too_new=is_older_than(content.minimum_app_version),
        policies=content.policies,
        chain=content.chain,
        root_fingerprint=root.fingerprint,
        development=root.development,
    )
