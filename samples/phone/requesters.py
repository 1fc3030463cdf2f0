"""Who asks, before anything is told: the certificate behind an `IDC:` challenge.

The phone pins the registry's root when it enrols. Whenever it is online it fetches the signed list
of `GET /v1/lists/relying-parties`: the key sets that lead from the root to the key that certifies
desks, and the certificates that were revoked. It keeps the newest and never goes back. Answering
itself needs no network; how old the list is, the person is told.

A challenge that nobody signed is answered only after a warning. One that claims a certificate and
does not stand the test is refused: somebody is pretending.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from credentials.errors import ClaimError, CredentialError, SignatureError
from credentials.jwk import b64url_decode, load_jwk
from credentials.presentation import Challenge
from credentials.qr_credential import parse_credential
from credentials.relying_party import verify_certificate
from credentials.relying_party_list import RelyingPartyList, parse_list, verify_list
from credentials.signed_challenge import (
    SignedChallenge,
    UnverifiedSignedChallenge,
    read_challenge,
    verify_signed_challenge,
)
from credentials.signing import compress
from samples.phone.errors import PhoneError
from samples.phone.handset import Phone
from samples.phone.store import Home, StoredCredential

PATH = "/v1/lists/relying-parties"
OLD = timedelta(days=7)  # from then on the person is told to go online

_REFUSALS = {
    "CERTIFICATE_UNKNOWN": "REQUESTER_UNKNOWN",
    "KEYS_EXPIRED": "REQUESTERS_MISSING",
    "SIGNATURE_INVALID": "REQUESTER_FORGED",
    "CERTIFICATE_EXPIRED": "REQUESTER_EXPIRED",
    "CERTIFICATE_NOT_YET_VALID": "REQUESTER_EXPIRED",
    "CHALLENGE_PROFILE": "REQUESTER_PROFILE",
    "CHALLENGE_OLD": "CHALLENGE_OLD",
    "CHALLENGE_FROM_FUTURE": "CHALLENGE_OLD",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a desk asks. `signed` and `as_of`, the moment of the list, only where it is signed."""

    challenge: Challenge
    signed: SignedChallenge | None = None
    as_of: datetime | None = None


def fetch(phone: Phone) -> RelyingPartyList:
    """Fetch the list and keep it; PhoneError REQUESTERS_UNTRUSTED where it is not the registry's.

    An older one than is held, from a cache perhaps, changes nothing.
    """
    data = phone.api.get(PATH).body
    try:
        fresh = _verified(phone.home, data)
    except CredentialError as error:
        raise PhoneError("REQUESTERS_UNTRUSTED", reason=error.code) from error
    held = find(phone.home)
    if held is not None and _goes_back(fresh, held):
        return held
    phone.home.save_requesters(data)
    return fresh


def find(home: Home) -> RelyingPartyList | None:
    """Return the list that is held, None where there is none that the pinned root stands behind."""
    data = home.requesters()
    try:
        return None if data is None else _verified(home, data)
    except CredentialError:
        return None


def read_question(home: Home, text: str, *, now: datetime) -> Question:
    """Read a verifier's `IDC:` challenge and find out who asks.

    Raises PhoneError CHALLENGE_INVALID; where it claims to be signed REQUESTERS_MISSING,
    REQUESTER_UNKNOWN, REQUESTER_FORGED, REQUESTER_EXPIRED, REQUESTER_REVOKED, REQUESTER_PROFILE
    or CHALLENGE_OLD.
    """
    try:
        asked = read_challenge(text)
    except CredentialError as error:
        raise PhoneError("CHALLENGE_INVALID", reason=error.code) from error
    if not isinstance(asked, UnverifiedSignedChallenge):
        return Question(asked)
    known = find(home)
    if known is None:
        raise PhoneError("REQUESTERS_MISSING")
    signed = judge(asked, known, moment=int(now.timestamp()))
    return Question(signed.challenge, signed, datetime.fromtimestamp(known.issued_at, UTC))


def judge(
    asked: UnverifiedSignedChallenge, known: RelyingPartyList, *, moment: int
) -> SignedChallenge:
    """Return the question when a certificate in force stands behind it; PhoneError otherwise."""
    try:
        certificate = verify_certificate(asked.certificate, known.chain.keys, moment=moment)
        if certificate.serial in known.revoked:
            raise PhoneError("REQUESTER_REVOKED", name=certificate.name)
        return verify_signed_challenge(asked, certificate, moment=moment)
    except (SignatureError, ClaimError) as error:
        code = _REFUSALS.get(error.code, "REQUESTER_FORGED")
        raise PhoneError(code, name=asked.certificate.claimed.name) from error


def told_fields(held: StoredCredential, load: Callable[[], Any], language: str) -> list[str]:
    """Return the labels of what an answer with this card tells, by the app's catalogue."""
    claims = parse_credential(b64url_decode(held.credential)).claims
    catalogue = load()
    kind, _ = catalogue.profile(claims.profile)
    values = catalogue.decode(claims.identity)
    return [
        str(field.labels.text(language))
        for field in kind.fields
        if any(name in values for name in field.value_names)
    ]


def _verified(home: Home, data: bytes) -> RelyingPartyList:
    return verify_list(parse_list(data), load_jwk(home.policy()["bundle_root"]))


def _goes_back(fresh: RelyingPartyList, held: RelyingPartyList) -> bool:
    """Tell whether what was fetched is older, of an older key set, or of a root left behind.

    A newer key set counts more than a version: whoever had stolen a publisher's key cannot block
    the lists that come after it was taken out, however high the version he signed.
    """
    roots = {compress(root) for root in fresh.chain.roots}
    return _order(fresh) < _order(held) or compress(held.chain.root) not in roots


def _order(known: RelyingPartyList) -> tuple[int, int]:
    return known.chain.keys.version, known.version
