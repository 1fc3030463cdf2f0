"""Certificates of issuers, signed by whatever can sign: a root, and leaves for one purpose each.

`cryptography` signs only with keys it holds. A registry's keys lie in an HSM, so the certificate
is built and signed with a key that everybody knows, and the signature is then replaced by that of
the real `Signer` over the same bytes (RFC 5280 section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from credentials.errors import LintError
from credentials.signing import Signer

_EVERYBODYS_KEY = ec.derive_private_key(1, ec.SECP256R1())
_ES256 = bytes.fromhex("300a06082a8648ce3d040302")  # ecdsa-with-SHA256, RFC 5758 section 3.2
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for. `country` is ISO 3166-1 alpha-2, as ISO 18013-5 Annex B demands."""

    name: str
    country: str = "ID"
    organisation: str = ""

    def encode(self) -> x509.Name:
        """Return the X.501 name."""
        parts = [
            (NameOID.COUNTRY_NAME, self.country),
            (NameOID.ORGANIZATION_NAME, self.organisation),
        ]
        parts.append((NameOID.COMMON_NAME, self.name))
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts if text])


def make_root(
    signer: Signer, subject: Subject, *, serial: int, not_before: int, not_after: int, website: str
) -> bytes:
    """Return the DER of a self-signed root (an IACA, ISO 18013-5 B.1.2); times unix seconds.

    `website` says where its authority can be reached (issuer alternative name). `serial` is
    positive, at most 20 bytes, and random.
    """
    usage = _key_usage(authority=True)
    builder = _builder(subject.encode(), subject.encode(), signer.public_key, serial)
    builder = _valid(builder, not_before, not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = _identify(builder, signer.public_key, signer.public_key, website)
    return _sign(builder, signer)


def make_leaf(
    root: bytes,
    root_signer: Signer,
    subject: Subject,
    public_key: ec.EllipticCurvePublicKey,
    *,
    serial: int,
    not_before: int,
    not_after: int,
    website: str,
    usage: str | None = None,
    uris: tuple[str, ...] = (),
    dns_names: tuple[str, ...] = (),
) -> bytes:
    """Return the DER of a leaf under `root`, for signing only; times unix seconds.

    `usage` is the extended key usage, critical (ISO 18013-5 B.1.4 for a document signer); `uris`
    and `dns_names` are what it may call itself. Its validity begins at the start of the UTC day,
    so that credentials with times rounded down to the day lie inside it.
    LintError("CERTIFICATE_VALIDITY") when it would outlive the root.
    """
    authority = x509.load_der_x509_certificate(root)
    if not_after > authority.not_valid_after_utc.timestamp():
        raise LintError("CERTIFICATE_VALIDITY")
    builder = _builder(subject.encode(), authority.subject, public_key, serial)
    builder = _valid(builder, not_before - not_before % _DAY, not_after)
    builder = builder.add_extension(_key_usage(authority=False), critical=True)
    if usage is not None:
        purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage)])
        builder = builder.add_extension(purposes, critical=True)
    names = [*map(x509.UniformResourceIdentifier, uris), *map(x509.DNSName, dns_names)]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = _identify(builder, public_key, root_signer.public_key, website)
    return _sign(builder, root_signer)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, serial: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer)
    return builder.public_key(public_key).serial_number(serial)


def _valid(
    builder: x509.CertificateBuilder, not_before: int, not_after: int
) -> x509.CertificateBuilder:
    begin, end = (datetime.fromtimestamp(moment, UTC) for moment in (not_before, not_after))
    return builder.not_valid_before(begin).not_valid_after(end)


def _identify(
    builder: x509.CertificateBuilder,
    own: ec.EllipticCurvePublicKey,
    issuer: ec.EllipticCurvePublicKey,
    website: str,
) -> x509.CertificateBuilder:
    for extension in (
        x509.SubjectKeyIdentifier.from_public_key(own),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer),
        x509.IssuerAlternativeName([x509.UniformResourceIdentifier(website)]),
    ):
        builder = builder.add_extension(extension, critical=False)
    return builder


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, signer: Signer) -> bytes:
    """Return the certificate with the real signature instead of everybody's."""
    signed = builder.sign(_EVERYBODYS_KEY, hashes.SHA256()).tbs_certificate_bytes
    raw = signer.sign(signed)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    signature = b"\x00" + encode_dss_signature(r, s)
    body = signed + _ES256 + _der(0x03, signature)
    certificate = x509.load_der_x509_certificate(_der(0x30, body))
    return certificate.public_bytes(serialization.Encoding.DER)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
