"""Certificates of issuers: made with any signer, and chains that lead to an anchor or do not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials.certificates import Subject, make_leaf, make_root
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.signing import PemSigner, generate_pem
from credentials.x509_chain import (
    DOCUMENT_SIGNER,
    Anchors,
    check_issuer,
    load_certificate,
    verify_chain,
)
from tests.credentials.made import DAY, NOW
from tests.credentials.sd_jwt.issuing import (
    ANCHORS,
    DS,
    DS_KEY,
    ISSUER_URI,
    LEAF,
    LEAF_KEY,
    ROOT,
    ROOT_KEY,
    leaf,
)

END = NOW + 400 * DAY


def _root(key: PemSigner, **changes: Any) -> bytes:
    members: dict[str, Any] = {
        "serial": 1,
        "not_before": NOW - 30 * DAY,
        "not_after": NOW + 3000 * DAY,
        "website": "https://ikd.example",
        "subject": Subject("IKD Root", "ID", "Dukcapil"),
        **changes,
    }
    return make_root(key, members.pop("subject"), **members)


def _custom(
    key: Any,
    *extensions: tuple[x509.ExtensionType, bool],
    signer: Any = None,
    subject: str = "Custom",
    issuer: x509.Name | None = None,
    algorithm: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Make a certificate of any kind, signed by ROOT's key unless told otherwise."""
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, subject),
        ]
    )
    builder = x509.CertificateBuilder(
        subject_name=name,
        issuer_name=x509.load_der_x509_certificate(ROOT).subject if issuer is None else issuer,
        public_key=key,
        serial_number=7,
        not_valid_before=datetime.fromtimestamp(NOW - DAY, UTC),
        not_valid_after=datetime.fromtimestamp(NOW + DAY, UTC),
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    signed = builder.sign(signer or ROOT_KEY._key, algorithm or hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def _usage(**changes: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{**dict.fromkeys(names, False), **changes})


SIGNING = (_usage(digital_signature=True), True)
AUTHORITY = (_usage(key_cert_sign=True), True)
CA = (x509.BasicConstraints(ca=True, path_length=None), True)


def test_a_root_is_an_iaca_and_signs_itself() -> None:
    certificate = x509.load_der_x509_certificate(ROOT)
    certificate.verify_directly_issued_by(certificate)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (
        True,
        True,
        0,
    )
    assert certificate.subject.rfc4514_string() == "CN=IKD Root,O=Dukcapil,C=ID"
    assert certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName)


def test_a_document_signer_has_the_usage_and_the_country_of_the_standard() -> None:
    certificate = x509.load_der_x509_certificate(DS)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert [one.dotted_string for one in usage.value] == [DOCUMENT_SIGNER]
    found = verify_chain((DS,), ANCHORS, now=NOW, usage=DOCUMENT_SIGNER)
    assert found.country == "ID"
    assert found.public_key.public_numbers() == DS_KEY.public_key.public_numbers()
    assert found.not_before % DAY == 0


def test_a_leaf_may_call_itself_what_its_certificate_says() -> None:
    found = verify_chain((LEAF,), ANCHORS, now=NOW)
    for issuer in (ISSUER_URI, "https://ikd.example", "https://ikd.example:8443/x?y#z"):
        check_issuer(found, issuer)
    for issuer in (
        "http://ikd.example",
        "https://ikd.example.evil",
        "https://evil/ikd.example",
        "https://evil?ikd.example",
        "https://ikd.example@evil",
        "ikd.example",
        "",
    ):
        with pytest.raises(SignatureError, match="ISSUER_MISMATCH"):
            check_issuer(found, issuer)


def test_a_leaf_does_not_outlive_its_root() -> None:
    with pytest.raises(LintError, match="CERTIFICATE_VALIDITY"):
        leaf(LEAF_KEY, not_after=NOW + 3001 * DAY)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (NOW - 21 * DAY, "CHAIN_NOT_YET_VALID"),
        (END, None),
        (END + 1, "CHAIN_EXPIRED"),
    ],
)
def test_a_chain_holds_while_all_of_it_is_valid(now: int, code: str | None) -> None:
    if code is None:
        assert verify_chain((LEAF,), ANCHORS, now=now).not_after == END
    else:
        with pytest.raises(SignatureError, match=code):
            verify_chain((LEAF,), ANCHORS, now=now)


def test_a_root_that_has_expired_takes_its_leaves_with_it() -> None:
    root = _root(ROOT_KEY, not_after=NOW - DAY, not_before=NOW - 90 * DAY)
    with pytest.raises(SignatureError, match="CHAIN_EXPIRED"):
        verify_chain((LEAF,), Anchors((root,)), now=NOW)


def test_two_roots_may_have_one_name_while_the_key_changes() -> None:
    other = _root(PemSigner(generate_pem()))
    assert verify_chain((LEAF,), Anchors((other, ROOT)), now=NOW).der == LEAF
    with pytest.raises(SignatureError, match="CHAIN_SIGNATURE"):
        verify_chain((LEAF,), Anchors((other,)), now=NOW)


def test_an_intermediate_authority_is_taken_where_the_root_allows_one() -> None:
    root_key, middle_key = PemSigner(generate_pem()), PemSigner(generate_pem())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Long Root")])
    wide = _custom(
        root_key.public_key, CA, AUTHORITY, signer=root_key._key, subject="Long Root", issuer=name
    )
    name = x509.load_der_x509_certificate(wide).subject
    wide = _custom(
        root_key.public_key, CA, AUTHORITY, signer=root_key._key, subject="Long Root", issuer=name
    )
    narrow = _custom(
        root_key.public_key,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        AUTHORITY,
        signer=root_key._key,
        subject="Long Root",
        issuer=name,
    )
    middle = _custom(
        middle_key.public_key, CA, AUTHORITY, signer=root_key._key, subject="Middle", issuer=name
    )
    lowest = _custom(
        LEAF_KEY.public_key,
        SIGNING,
        signer=middle_key._key,
        issuer=x509.load_der_x509_certificate(middle).subject,
    )
    assert verify_chain((lowest, middle), Anchors((wide,)), now=NOW).der == lowest
    with pytest.raises(SignatureError, match="CHAIN_PATH_LENGTH"):
        verify_chain((lowest, middle), Anchors((narrow,)), now=NOW)
    with pytest.raises(SignatureError, match="CHAIN_UNTRUSTED"):
        verify_chain((lowest,), Anchors((wide,)), now=NOW)
    with pytest.raises(SignatureError, match="CHAIN_UNTRUSTED"):
        verify_chain((LEAF, middle), Anchors((wide,)), now=NOW)
    pretender = _custom(
        LEAF_KEY.public_key,
        SIGNING,
        signer=LEAF_KEY._key,
        issuer=x509.load_der_x509_certificate(middle).subject,
    )
    with pytest.raises(SignatureError, match="CHAIN_SIGNATURE"):
        verify_chain((pretender, middle), Anchors((wide,)), now=NOW)


def test_a_leaf_does_not_issue() -> None:
    """The oldest mistake in checking chains: any certificate under the root made an authority."""
    below = _custom(
        PemSigner(generate_pem()).public_key,
        SIGNING,
        signer=LEAF_KEY._key,
        issuer=x509.load_der_x509_certificate(LEAF).subject,
    )
    with pytest.raises(SignatureError, match="CHAIN_NOT_CA"):
        verify_chain((below, LEAF), ANCHORS, now=NOW)


@pytest.mark.parametrize(
    ("extensions", "code"),
    [
        ((), "LEAF_KEY_USAGE"),
        ((AUTHORITY,), "LEAF_KEY_USAGE"),
        (((_usage(digital_signature=True, key_cert_sign=True), True),), "LEAF_KEY_USAGE"),
        ((SIGNING, CA), "LEAF_IS_CA"),
        (
            (SIGNING, (x509.NameConstraints([x509.DNSName("x")], None), True)),
            "CERTIFICATE_CRITICAL",
        ),
    ],
)
def test_a_leaf_of_another_kind_is_refused(extensions: tuple[Any, ...], code: str) -> None:
    with pytest.raises(CredentialError) as caught:
        verify_chain((_custom(LEAF_KEY.public_key, *extensions),), ANCHORS, now=NOW)
    assert caught.value.code == code


def test_keys_and_hashes_that_are_not_ours_are_refused() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1()).public_key()
    with pytest.raises(SignatureError, match="LEAF_KEY"):
        verify_chain((_custom(p384, SIGNING),), ANCHORS, now=NOW)
    public = rsa.generate_private_key(65537, 2048).public_key()
    with pytest.raises(FormatError, match="CERTIFICATE_ALGORITHM"):
        load_certificate(_custom(public, SIGNING))
    weak = _custom(LEAF_KEY.public_key, SIGNING, algorithm=hashes.SHA224())
    with pytest.raises(FormatError, match="CERTIFICATE_ALGORITHM"):
        load_certificate(weak)


def test_a_document_signer_is_asked_for_its_usage_and_its_country() -> None:
    with pytest.raises(SignatureError, match="LEAF_USAGE"):
        verify_chain((LEAF,), ANCHORS, now=NOW, usage=DOCUMENT_SIGNER)
    foreign = leaf(DS_KEY, usage=DOCUMENT_SIGNER, subject=Subject("DS", "NL"))
    with pytest.raises(SignatureError, match="LEAF_COUNTRY"):
        verify_chain((foreign,), ANCHORS, now=NOW, usage=DOCUMENT_SIGNER)


def test_a_chain_is_neither_empty_nor_endless_nor_its_own_anchor() -> None:
    for chain in ((), (LEAF,) * 5):
        with pytest.raises(SignatureError, match="CHAIN_MISSING"):
            verify_chain(chain, ANCHORS, now=NOW)
    with pytest.raises(SignatureError, match="CHAIN_HOLDS_ANCHOR"):
        verify_chain((LEAF, ROOT), ANCHORS, now=NOW)
    own = PemSigner(generate_pem())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "ID"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "Custom"),
        ]
    )
    alone = _custom(own.public_key, SIGNING, signer=own._key, issuer=name)
    with pytest.raises(SignatureError, match="LEAF_SELF_SIGNED"):
        verify_chain((alone,), ANCHORS, now=NOW)


def test_only_the_signer_of_the_root_makes_leaves_of_it() -> None:
    forged = make_leaf(
        ROOT,
        LEAF_KEY,
        Subject("Forged"),
        LEAF_KEY.public_key,
        serial=9,
        not_before=NOW,
        not_after=END,
        website="https://ikd.example",
    )
    with pytest.raises(SignatureError, match="CHAIN_SIGNATURE"):
        verify_chain((forged,), ANCHORS, now=NOW)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=100) | st.tuples(st.integers(0, len(LEAF) - 1), st.binary(max_size=2)))
def test_any_bytes_are_a_certificate_or_an_error_of_ours(data: bytes | tuple[int, bytes]) -> None:
    if isinstance(data, tuple):
        data = LEAF[: data[0]] + data[1] + LEAF[data[0] + 1 :]
    if data == LEAF:
        return
    with pytest.raises(CredentialError):
        verify_chain((data,), ANCHORS, now=NOW)


def test_a_certificate_too_large_is_not_read() -> None:
    with pytest.raises(FormatError, match="CERTIFICATE_TOO_LARGE"):
        load_certificate(LEAF + bytes(9000))
