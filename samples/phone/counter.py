"""At the counter: scan the kiosk's rotating frame, claim, check the office, PIN, show the number.

1. The scanned text is an `IDK:` frame. Its certificate is fetched by key id and checked against the
   kiosk CA that the phone pinned when the enrolment began. A frame of anybody else ends here.
2. `claim` posts the frame at once: the server accepts it for 20 s, on first arrival, once.
3. The phone shows the office's name *as the server tells it* and the warning; declining is the
   default. Only then the PIN. **A scan alone never activates.**
4. `confirm` with both keys within 120 s; the answer holds the three digits the officer types.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from credentials.errors import CredentialError
from credentials.jwk import b64url_encode
from credentials.kiosk_frame import Frame, parse_frame, verify_frame
from credentials.qr_text import PREFIX_FRAME
from credentials.signing import key_id
from samples.phone.errors import PhoneError, Problem
from samples.phone.handset import Phone

if TYPE_CHECKING:
    from PIL import Image


def read_image(file: Path) -> str:
    """Return the text of the counter's QR in a picture; PhoneError NO_QR_IN_IMAGE."""
    from PIL import Image

    if not file.is_file():
        raise PhoneError("FILE_MISSING", file=file)
    try:
        with Image.open(file) as image:
            return _read_frame(image.convert("L"), str(file))
    except OSError as error:
        raise PhoneError("NO_QR_IN_IMAGE", source=file) from error


def read_display(url: str) -> str:
    """Return the text of the QR that a kiosk's display shows now."""
    from samples.phone.display import draw_svg, fetch_frame

    return _read_frame(draw_svg(fetch_frame(url)["svg"]), url)


def _read_frame(image: Image.Image, source: str) -> str:
    import zxingcpp

    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    texts = [code.text for code in found if code.text.startswith(PREFIX_FRAME)]
    if not texts:
        raise PhoneError("NO_QR_IN_IMAGE", source=source)
    return texts[0]


def check_kiosk(phone: Phone, text: str) -> Frame:
    """Fetch the frame's certificate and return the frame when an official kiosk signed it."""
    try:
        kid = b64url_encode(parse_frame(text).kid)
        answer = phone.api.get(f"/v1/kiosks/certificates/{kid}").json()
    except CredentialError as error:
        raise PhoneError("KIOSK_UNTRUSTED", reason=error.code) from error
    except Problem as problem:
        if problem.status == requests.codes.not_found:
            raise PhoneError("KIOSK_UNTRUSTED", reason=problem.code) from problem
        raise
    return check_frame(
        text,
        certificate_pem=answer["certificate"],
        ca_pem=phone.state.kiosk_ca,
        now=phone.clock.now(),
    )


def check_frame(text: str, *, certificate_pem: str, ca_pem: str, now: datetime) -> Frame:
    """Return the frame when the certificate, the pinned CA and the frame fit together.

    The frame's own 20 s are the server's business: its clock decides, not the phone's.

    Raises:
        PhoneError: KIOSK_UNTRUSTED with a `reason`: a format code, "certificate", "issuer",
            "validity", "key", "kid", "SIGNATURE_INVALID", "kiosk".
    """
    try:
        unverified = parse_frame(text)
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        key = check_certificate(certificate, ca_pem, now=now)
        if key_id(key) != unverified.kid:
            raise PhoneError("KIOSK_UNTRUSTED", reason="kid")
        frame = verify_frame(unverified, key)
    except CredentialError as error:
        raise PhoneError("KIOSK_UNTRUSTED", reason=error.code) from error
    except ValueError as error:
        raise PhoneError("KIOSK_UNTRUSTED", reason="certificate") from error
    named = {attribute.oid: attribute.value for attribute in certificate.subject}
    if (named.get(NameOID.COMMON_NAME), named.get(NameOID.ORGANIZATION_NAME)) != (
        frame.kiosk,
        frame.office,
    ):
        raise PhoneError("KIOSK_UNTRUSTED", reason="kiosk")
    return frame


def check_certificate(
    certificate: x509.Certificate, ca_pem: str, *, now: datetime
) -> ec.EllipticCurvePublicKey:
    """Return the certificate's P-256 key when the pinned CA signed it and it is in force."""
    authority = x509.load_pem_x509_certificate(ca_pem.encode())
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise PhoneError("KIOSK_UNTRUSTED", reason="issuer") from error
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        raise PhoneError("KIOSK_UNTRUSTED", reason="validity")
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise PhoneError("KIOSK_UNTRUSTED", reason="key")
    return key


def claim(phone: Phone, text: str) -> dict[str, Any]:
    """Step 6, first half: post the frame. The answer names the office and carries the warning."""
    return phone.step("claim", "claim", {"frame": text})


def confirm(phone: Phone, pin: str) -> dict[str, Any]:
    """Step 6, second half: both keys. The answer's `activation.number` is shown to the officer."""
    return phone.step("confirm", "confirm", {}, pin=phone.derive_pin_key(pin))
