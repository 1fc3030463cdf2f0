"""Checks 1 to 3: from a scanned text to something that can be verified, whatever its form.

Three forms come out as one shape, so that the procedure has one path: the presentation (ID1:),
the print (IDS:), and the claim 169 codes of other issuers, which have no prefix of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from credentials.catalogue import Catalogue
from credentials.claim169 import UnverifiedClaim169, parse_claim169, verify_claim169
from credentials.errors import FormatError
from credentials.presentation import UnverifiedPresentation, parse_presentation, parse_print
from credentials.qr_credential import UnverifiedCredential, verify_credential
from credentials.qr_text import (
    MAX_TEXT,
    PREFIX_CHALLENGE,
    PREFIX_FRAME,
    PREFIX_PRESENTATION,
    PREFIX_PRINT,
    from_text,
)
from credentials.trust import TrustedKey
from verifier.codes import Code

_WEBP = 3  # claim 169's photo format
_OURS = (PREFIX_PRESENTATION, PREFIX_PRINT)
# The name a trust list entry must allow before its key counts for other issuers' codes.
FOREIGN = "claim169"
_NOT_CREDENTIALS = (PREFIX_CHALLENGE, PREFIX_FRAME)


class Unreadable(ValueError):
    """The text failed check 1, 2 or 3; `code` is the verdict, `detail` the decoder's own code."""

    def __init__(self, code: Code, detail: str = "") -> None:
        """Take the verdict and where it came from."""
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class Scanned(Protocol):
    """What a form must offer to the checks. Nothing in it is trusted. Times are unix seconds."""

    @property
    def kid(self) -> bytes | None:
        """Key id named by the message; None when the form may leave it out."""

    @property
    def alg(self) -> int | None:
        """Algorithm named by the message, to be held against the trust list's."""

    @property
    def issued_at(self) -> int | None: ...  # noqa: D102

    @property
    def not_before(self) -> int | None: ...  # noqa: D102

    @property
    def expires_at(self) -> int | None: ...  # noqa: D102

    @property
    def status(self) -> tuple[int, int] | None:
        """(list, index), or None when the form has no status."""

    @property
    def presentation(self) -> UnverifiedPresentation | None:
        """The holder's proof, or None where there is none."""

    def check_signature(self, key: TrustedKey) -> None:
        """Return when this key signed it, by the trust list's algorithm; else SignatureError."""

    def document(self, catalogue: Catalogue) -> tuple[str, str]:
        """Return (document type, profile) names; FormatError when the catalogue has them not."""

    def claims(self, catalogue: Catalogue) -> Mapping[str, object]:
        """Return the fields by name; FormatError."""


class ScannedCredential:
    """A presentation, or a print when `presentation` is None. Plain attributes: this is the path
    whose cost is counted in microseconds.
    """

    __slots__ = (
        "alg", "credential", "expires_at", "issued_at", "kid", "not_before", "presentation",
        "status",
    )  # fmt: skip

    def __init__(
        self, credential: UnverifiedCredential, presentation: UnverifiedPresentation | None
    ) -> None:
        """Take what was read."""
        claims = credential.claims
        self.credential = credential
        self.presentation = presentation
        self.kid: bytes | None = credential.kid
        self.alg: int | None = credential.sign1.alg
        self.issued_at: int | None = claims.issued_at
        self.not_before: int | None = None
        self.expires_at: int | None = claims.expires_at
        self.status: tuple[int, int] | None = (claims.status_list, claims.status_index)

    def check_signature(self, key: TrustedKey) -> None:
        """Verify the issuer's COSE signature in the credential's context."""
        verify_credential(self.credential, key.public_key, alg=key.alg)

    def document(self, catalogue: Catalogue) -> tuple[str, str]:
        """Look up the profile number: it names both."""
        document_type, profile = catalogue.profile(self.credential.claims.profile)
        return document_type.name, profile.name

    def claims(self, catalogue: Catalogue) -> Mapping[str, object]:
        """Decode the identity map. A bad portrait is no reason yet: it is check 14's."""
        claims = self.credential.claims
        if claims.values is not None:
            return claims.values
        return catalogue.decode(claims.identity, portrait_later=True)


class ScannedForeign:
    """A claim 169 code: no holder's proof, no status, one document type of its own."""

    __slots__ = (
        "_code", "alg", "expires_at", "issued_at", "kid", "not_before", "presentation", "status",
    )  # fmt: skip

    def __init__(self, code: UnverifiedClaim169) -> None:
        """Take what was read."""
        self._code = code
        self.kid = code.kid
        self.alg = code.alg
        self.issued_at = code.claim.issued_at
        self.not_before = code.claim.not_before
        self.expires_at = code.claim.expires_at
        self.presentation: UnverifiedPresentation | None = None
        self.status: tuple[int, int] | None = None

    def check_signature(self, key: TrustedKey) -> None:
        """Verify the plain COSE signature: claim 169 has no context."""
        verify_claim169(self._code, key.public_key, alg=key.alg)

    def document(self, catalogue: Catalogue) -> tuple[str, str]:  # noqa: ARG002
        """Return claim 169's own names: a catalogue has no say in it."""
        return FOREIGN, FOREIGN

    def claims(self, catalogue: Catalogue) -> Mapping[str, object]:  # noqa: ARG002
        """Return the named claims. A photo is a portrait where it is WebP, else left out."""
        claims = dict(self._code.claim.values)
        photo, kind = claims.pop("photo", None), claims.pop("photo_format", _WEBP)
        if isinstance(photo, bytes) and kind == _WEBP:
            claims["portrait"] = photo
        return claims


def read(text: str, catalogue: Catalogue) -> Scanned:
    """Read a scanned text of at most 4,296 characters; raises Unreadable.

    The catalogue makes it quick, and refuses nothing here.
    """
    # 1. length and prefix
    if len(text) > MAX_TEXT:
        raise Unreadable(Code.TEXT_TOO_LONG)
    prefix = text[:4]
    if prefix in _NOT_CREDENTIALS:
        raise Unreadable(Code.NOT_A_CREDENTIAL)
    if prefix not in _OURS:
        return _read_foreign(text)
    try:
        # 2. base45
        prefix, data = from_text(text, prefixes=_OURS)
        # 3. strict CBOR, and what the form demands
        if prefix == PREFIX_PRINT:
            return ScannedCredential(parse_print(data), None)
        presentation = parse_presentation(data, profiles=catalogue.quick)
    except FormatError as error:
        raise Unreadable(_verdict(error.code), error.code) from None
    return ScannedCredential(presentation.credential, presentation)


def _read_foreign(text: str) -> Scanned:
    try:
        return ScannedForeign(parse_claim169(text))
    except FormatError as error:  # a web address, a payment code, a ticket
        raise Unreadable(Code.PREFIX_UNKNOWN, error.code) from None


def _verdict(inner: str) -> Code:
    if inner.startswith("BASE45"):
        return Code.BASE45_INVALID
    if inner in ("PRINT_HAS_HOLDER_KEY", "PRESENTATION_WITHOUT_HOLDER_KEY"):
        return Code.FORM_MISMATCH
    return Code.CBOR_INVALID
