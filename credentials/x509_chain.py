"""Certificate chains of issuers: from the leaf that signed to an anchor the caller trusts.

RFC 5280 section 6, cut down to what issuers of credentials need, with the profile of ISO 18013-5
Annex B where a document signer is asked for. Trust is decided on the key that signed: no name in
a message, and no address in a certificate, is ever followed. Revocation of document signers is
the caller's anchors' business: take the anchor away, or its leaf's validity is short.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, NameOID

from credentials.errors import FormatError, SignatureError

T = TypeVar("T", bound=x509.ExtensionType)

DOCUMENT_SIGNER: Final = "1.0.18013.5.1.2"  # ISO 18013-5 Annex B.1.4, extended key usage
MAX_CERTIFICATE = 8192
MAX_CERTIFICATES = 4

_DER = serialization.Encoding.DER
_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_KNOWN_CRITICAL = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)
# A warning is among them for programs that make errors of warnings: cryptography only warns of a
# serial number below one and of a country of three letters.
_BROKEN = (
    *(ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension),
    *(x509.InvalidVersion, x509.UnsupportedGeneralNameType, Warning),
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The certificate that signed, after its chain held. Times are unix seconds, inclusive.

    `dns_names` and `uris` come from the subject alternative name; `country` from the subject.
    """

    der: bytes
    public_key: ec.EllipticCurvePublicKey
    not_before: int
    not_after: int
    dns_names: frozenset[str]
    uris: frozenset[str]
    country: str | None


@dataclass(frozen=True, slots=True)
class Anchors:
    """The roots somebody trusts for one purpose, in DER."""

    certificates: tuple[bytes, ...]
    _loaded: tuple[x509.Certificate, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Load them; FormatError("CERTIFICATE_INVALID") when one is broken."""
        object.__setattr__(self, "_loaded", tuple(map(load_certificate, self.certificates)))

    def issuers_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """Return the anchors whose name stands as the issuer in `certificate`."""
        return tuple(one for one in self._loaded if one.subject == certificate.issuer)


def load_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate with a P-256, P-384 or P-521 key; FormatError("CERTIFICATE_…").

    Everything that is parsed late is touched here, so that nothing fails afterwards.
    """
    if len(der) > MAX_CERTIFICATE:
        raise FormatError("CERTIFICATE_TOO_LARGE")
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = tuple(certificate.extensions)
        key = certificate.public_key()
        names = (certificate.subject, certificate.issuer)
        algorithm = certificate.signature_hash_algorithm
    except _BROKEN:
        raise FormatError("CERTIFICATE_INVALID") from None
    if certificate.version is not x509.Version.v3 or not all(names):
        raise FormatError("CERTIFICATE_INVALID")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(algorithm, _HASHES):
        raise FormatError("CERTIFICATE_ALGORITHM")
    if any(one.critical and one.oid not in _KNOWN_CRITICAL for one in extensions):
        raise FormatError("CERTIFICATE_CRITICAL")
    return certificate


def verify_chain(
    chain: tuple[bytes, ...], anchors: Anchors, *, now: int, usage: str | None = None
) -> Leaf:
    """Return the leaf of `chain` (DER, leaf first, without the anchor) when it leads to an anchor.

    `usage` is an extended key usage that the leaf must have, `DOCUMENT_SIGNER` for mdoc; then
    subject and anchor must name the same country (ISO 18013-5 B.1.4). The leaf's key is P-256.

    SignatureError: CHAIN_MISSING, CHAIN_UNTRUSTED, CHAIN_SIGNATURE, CHAIN_EXPIRED,
    CHAIN_NOT_YET_VALID, CHAIN_NOT_CA, CHAIN_PATH_LENGTH, CHAIN_HOLDS_ANCHOR, LEAF_SELF_SIGNED,
    LEAF_IS_CA, LEAF_KEY, LEAF_KEY_USAGE, LEAF_USAGE, LEAF_COUNTRY. FormatError("CERTIFICATE_…").
    """
    if not 0 < len(chain) <= MAX_CERTIFICATES:
        raise SignatureError("CHAIN_MISSING")
    leaf, not_before, not_after = _path(chain, anchors, usage)
    if now < not_before:
        raise SignatureError("CHAIN_NOT_YET_VALID")
    if now > not_after:
        raise SignatureError("CHAIN_EXPIRED")
    return leaf


def check_issuer(leaf: Leaf, issuer: str) -> None:
    """Raise SignatureError("ISSUER_MISMATCH") unless the leaf may speak as `issuer`.

    It may when its alternative names hold the URI itself, or the host of an https URI.
    """
    scheme, _, rest = issuer.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].partition(":")[0]
    if issuer in leaf.uris or (scheme == "https" and host in leaf.dns_names):
        return
    raise SignatureError("ISSUER_MISMATCH")


@lru_cache(maxsize=256)
def _path(chain: tuple[bytes, ...], anchors: Anchors, usage: str | None) -> tuple[Leaf, int, int]:
    """Return (leaf, begin, end of the time in which all are valid).

    Cached: a verifier meets the same few issuers all day. Refusals are not.
    """
    certificates = tuple(map(load_certificate, chain))
    if not set(chain).isdisjoint(anchors.certificates):
        raise SignatureError("CHAIN_HOLDS_ANCHOR")
    anchor = _anchor(certificates[-1], anchors)
    path = (*certificates, anchor)
    for depth, (lower, upper) in enumerate(pairwise(path)):
        _check_link(lower, upper)
        _check_authority(upper, depth)
    leaf = _read_leaf(certificates[0], usage)
    if usage == DOCUMENT_SIGNER and (not leaf.country or leaf.country != _country(anchor)):
        raise SignatureError("LEAF_COUNTRY")
    begin = max(int(one.not_valid_before_utc.timestamp()) for one in path)
    end = min(int(one.not_valid_after_utc.timestamp()) for one in path)
    return leaf, begin, end


def _anchor(last: x509.Certificate, anchors: Anchors) -> x509.Certificate:
    """Return the anchor that signed `last`; several may have the same name during a key change."""
    if last.issuer == last.subject:
        raise SignatureError("LEAF_SELF_SIGNED")
    candidates = anchors.issuers_of(last)
    if not candidates:
        raise SignatureError("CHAIN_UNTRUSTED")
    for candidate in candidates:
        try:
            last.verify_directly_issued_by(candidate)
        except (InvalidSignature, *_BROKEN):
            continue
        return candidate
    raise SignatureError("CHAIN_SIGNATURE")


def _check_link(lower: x509.Certificate, upper: x509.Certificate) -> None:
    if lower.issuer != upper.subject:
        raise SignatureError("CHAIN_UNTRUSTED")
    try:
        lower.verify_directly_issued_by(upper)
    except (InvalidSignature, *_BROKEN):
        raise SignatureError("CHAIN_SIGNATURE") from None


def _check_authority(certificate: x509.Certificate, below: int) -> None:
    """Check that it may issue, with `below` further authorities between it and the leaf."""
    constraints = _find(certificate, x509.BasicConstraints)
    usage = _find(certificate, x509.KeyUsage)
    if constraints is None or not constraints.ca or usage is None or not usage.key_cert_sign:
        raise SignatureError("CHAIN_NOT_CA")
    if constraints.path_length is not None and constraints.path_length < below:
        raise SignatureError("CHAIN_PATH_LENGTH")


def _read_leaf(certificate: x509.Certificate, usage: str | None) -> Leaf:
    constraints = _find(certificate, x509.BasicConstraints)
    key_usage = _find(certificate, x509.KeyUsage)
    extended = _find(certificate, x509.ExtendedKeyUsage)
    key = certificate.public_key()
    if constraints is not None and constraints.ca:
        raise SignatureError("LEAF_IS_CA")
    if key_usage is None or not key_usage.digital_signature or key_usage.key_cert_sign:
        raise SignatureError("LEAF_KEY_USAGE")
    if usage is not None and (extended is None or x509.ObjectIdentifier(usage) not in extended):
        raise SignatureError("LEAF_USAGE")
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise SignatureError("LEAF_KEY")
    names = _find(certificate, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    return Leaf(
        certificate.public_bytes(_DER),
        key,
        int(certificate.not_valid_before_utc.timestamp()),
        int(certificate.not_valid_after_utc.timestamp()),
        frozenset(names.get_values_for_type(x509.DNSName)),
        frozenset(names.get_values_for_type(x509.UniformResourceIdentifier)),
        _country(certificate),
    )


def _country(certificate: x509.Certificate) -> str | None:
    values = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(values[0].value) if len(values) == 1 else None


def _find(certificate: x509.Certificate, kind: type[T]) -> T | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
