"""The wallet after activation: sessions, receiving, renewing, blocking.

A session is an access token of ten minutes, bound to the device key (DPoP). With the PIN its
scope is "full"; without, "renew": enough to renew credentials at night while nobody looks, and
nothing else.

Receiving and renewing are one exchange: a holder key, a proof of it over a server nonce, the
credentials, and `delivered` once they are safely stored. Until then the older ones stay valid, so a
phone that dies in the middle still holds cards that work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from credentials.errors import CredentialError
from credentials.jwk import b64url_decode, public_jwk, thumbprint
from credentials.qr_credential import parse_credential
from credentials.signing import PemSigner, compress
from samples.phone.errors import PhoneError, Problem
from samples.phone.handset import Phone
from samples.phone.keys import new_key
from samples.phone.proofs import holder_proof, prove_session, prove_step
from samples.phone.store import StoredCredential
from samples.phone.transport import NONCE_CODES, Prove

FULL = "full"
RENEW = "renew"


@dataclass(frozen=True, slots=True)
class Session:
    """An access token and what it may do. Kept in memory only."""

    token: str
    scope: str
    expires_in: int


def open_session(phone: Phone, pin: str | None = None) -> Session:
    """Open a session; with the PIN its scope is full, without it only renewing.

    Raises:
        Problem: PIN_WRONG with `attempts_left`, PIN_WAIT with `retry_after`, WALLET_BLOCKED,
            WALLET_CLOSED (another phone was activated, or the owner closed it).
    """
    if not phone.state.wallet:
        raise PhoneError("NO_WALLET")
    scope = FULL if pin is not None else RENEW
    key = phone.derive_pin_key(pin) if pin is not None else None
    prove = prove_step(
        "session", phone.state.wallet, clock=phone.clock, device=phone.device, pin=key
    )
    body = {"wallet": phone.state.wallet, "scope": scope}
    answer = phone.api.post("/v1/sessions", body, prove).json()
    phone.save()
    return Session(answer["access_token"], answer["scope"], int(answer["expires_in"]))


def get_wallet(phone: Phone, session: Session) -> dict[str, Any]:
    """Return the wallet: state, and the documents by group."""
    return phone.api.get("/v1/wallet", _prove(phone, session)).json()


def list_issued(phone: Phone, session: Session) -> list[dict[str, Any]]:
    """Return what the server has issued to this wallet, with state and times."""
    answer = phone.api.get("/v1/wallet/credentials", _prove(phone, session)).json()
    listed: list[dict[str, Any]] = answer["credentials"]
    return listed


def receive(
    phone: Phone, session: Session, types: list[str] | None = None
) -> list[StoredCredential]:
    """Fetch all documents (or those of `types`) in every profile; return what was stored."""
    extra = {"types": types} if types else {}
    return _exchange(phone, session, "/v1/wallet/credentials", extra)


def renew(phone: Phone, session: Session) -> list[StoredCredential]:
    """Fetch what is past half its life or changed in the registry; often nothing."""
    return _exchange(phone, session, "/v1/wallet/renewals", {})


def block(phone: Phone, session: Session, reason: str) -> dict[str, Any]:
    """Block the wallet: nothing is issued any more, what was issued is suspended or revoked."""
    body = {"reason": reason}
    return phone.api.post("/v1/wallet/block", body, _prove(phone, session), once="block").json()


def close(phone: Phone, session: Session) -> dict[str, Any]:
    """Close the wallet for good."""
    return phone.api.post("/v1/wallet/close", {}, _prove(phone, session), once="close").json()


def _exchange(
    phone: Phone, session: Session, path: str, extra: dict[str, Any]
) -> list[StoredCredential]:
    """Prove a new holder key, fetch, check, store, report delivery, drop what was retired."""
    pem = new_key()
    holder = PemSigner(pem)
    phone.home.save_holder_key(thumbprint(holder.public_key), pem)  # before anything binds to it
    try:
        answer = _post_with_holder(phone, session, path, holder, extra)
    except Problem as problem:
        if problem.code not in NONCE_CODES:  # the nonce of the holder proof was too old
            raise
        answer = _post_with_holder(phone, session, path, holder, extra)
    received = [StoredCredential(**item) for item in answer["credentials"]]
    for item in received:
        check_received(item, holder)
        phone.home.add_credential(item)
    if received:
        _report_delivery(phone, session, received)
    phone.home.drop_unused_holder_keys()
    return received


def _post_with_holder(
    phone: Phone, session: Session, path: str, holder: PemSigner, extra: dict[str, Any]
) -> dict[str, Any]:
    proof = holder_proof(
        wallet=phone.state.wallet,
        nonce=phone.api.fresh_nonce(),
        device_thumbprint=thumbprint(phone.device.public_key),
        issued_at=phone.clock.unix(),
        holder=holder,
    )
    body = {"holder_keys": [{"jwk": public_jwk(holder.public_key), "proof": proof}], **extra}
    return phone.api.post(path, body, _prove(phone, session), once=path).json()


def _report_delivery(phone: Phone, session: Session, received: list[StoredCredential]) -> None:
    body = {"ids": [item.id for item in received]}
    answer = phone.api.post(
        "/v1/wallet/credentials/delivered", body, _prove(phone, session), once="delivered"
    ).json()
    for retired in answer["retired"]:
        phone.home.remove_credential(retired)


def check_received(item: StoredCredential, holder: PemSigner) -> None:
    """Refuse to store a credential that this phone could never present."""
    try:
        credential = parse_credential(b64url_decode(item.credential))
    except CredentialError as error:
        raise PhoneError("CREDENTIAL_WRONG", reason=error.code) from error
    if credential.holder_key != compress(holder.public_key):
        raise PhoneError("CREDENTIAL_WRONG", reason="holder key")
    if credential.profile != item.profile_number:
        raise PhoneError("CREDENTIAL_WRONG", reason="profile")


def _prove(phone: Phone, session: Session) -> Prove:
    return prove_session(session.token, clock=phone.clock, device=phone.device)
