"""The steps that the modules for issuers share, and what every success response is checked for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from tests.conformance.mdoc_checks import Mdoc, check_mdoc
from tests.conformance.sd_jwt_checks import SdJwt, check_sd_jwt
from tests.conformance.trust import CWT, JWT, check_status
from tests.wallet_api.issuing.conftest import BUDI
from tests.wallet_api.openid.foreign_wallet import CLIENT, ForeignWallet, approved, read_offer
from tests.wallet_api.openid.issuer.credential_wallet import (
    CredentialWallet,
    decrypt,
    new_signer,
    response_key,
)
from tests.wallet_api.openid.test_attestation import AttestedWallet
from wallet_api.services.openid import offers

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec
    from werkzeug.test import TestResponse

    from credentials.signing import PemSigner
    from tests.conformance.conftest import Place, Places

SD_JWT, MDOC = "dc+sd-jwt", "mso_mdoc"
PRE_AUTHORIZED, CODE, CODE_OF_OFFER = "pre-authorized", "code", "code of an offer"
METADATA = "/.well-known/openid-credential-issuer"


@dataclass(frozen=True)
class Variant:
    """How the plan is run: format, encrypted or plain, and how the wallet gets its access."""

    format: str
    grant: str = PRE_AUTHORIZED
    encrypted: bool = False

    @property
    def configuration(self) -> str:
        return "id_card_sd_jwt" if self.format == SD_JWT else "id_card_mdoc"

    def place(self, places: Places) -> Place:
        """The code flow is run under HAIP, as that plan does."""
        return places.plain if self.grant == PRE_AUTHORIZED else places.haip

    def __str__(self) -> str:
        how = "encrypted" if self.encrypted else "plain"
        return f"{self.format}, {self.grant}, {how}"


FORMATS = [Variant(SD_JWT), Variant(MDOC)]
GRANTS = [Variant(form, grant) for form in (SD_JWT, MDOC) for grant in (PRE_AUTHORIZED, CODE)]
VARIANTS = [replace(one, encrypted=how) for one in GRANTS for how in (False, True)]


class ConformanceWallet(CredentialWallet, AttestedWallet):
    """The suite's wallet; under HAIP its maker vouches for it. ``extra``: headers it sends on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.extra: dict[str, str] = {}

    def authorization(self, name: str) -> dict[str, str]:
        return super().authorization(name) | self.extra

    def headers(self, url: str, **bent: Any) -> dict[str, str]:
        if self.attester is None:
            return ForeignWallet.headers(self, url, **bent)
        return super().headers(url, **bent)


@dataclass(frozen=True)
class FalseSigner:
    """Signs in another's name: one bit of each signature is wrong."""

    real: PemSigner

    @property
    def kid(self) -> bytes:
        return self.real.kid

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.real.public_key

    def sign(self, data: bytes) -> bytes:
        signature = bytearray(self.real.sign(data))
        signature[40] ^= 1
        return bytes(signature)


def make_wallet(place: Place, client_id: str = CLIENT, **options: Any) -> ConformanceWallet:
    """A wallet that reaches the issuer over its socket."""
    attester = (
        place.attester if place.world.deps.settings.openid_require_wallet_attestation else None
    )
    wallet = ConformanceWallet(
        place.world,
        app=place.served,  # type: ignore[arg-type] - stands where the application would
        client_id=client_id,
        attester=options.pop("attester", attester),
        **options,
    )
    if client_id != CLIENT:
        wallet.bent_attestation["sub"] = client_id
        wallet.bent_proof["iss"] = client_id
    return wallet


def sprinkled() -> dict[str, str]:
    """Fields that nobody knows: section 4.1 and others want them ignored."""
    return {f"x_{secrets.token_hex(4)}": secrets.token_urlsafe(6) for _ in range(2)}


def gain_access(place: Place, wallet: ConformanceWallet, variant: Variant, **form: Any) -> None:
    """Get an access token for the variant's configuration, and check what came with it."""
    if variant.grant == PRE_AUTHORIZED:
        uri = offers.make_offer(place.world.deps, BUDI, ["id_card"], variant.format)
        answer = wallet.take(read_offer(uri), **sprinkled(), **form)
    else:
        pushed = {"scope": variant.configuration, **sprinkled(), **form}
        if variant.grant == CODE_OF_OFFER:
            uri = offers.make_offer(
                place.world.deps, BUDI, ["id_card"], variant.format, grant="authorization-code"
            )
            grants = read_offer(uri)["grants"]
            pushed["issuer_state"] = grants["authorization_code"]["issuer_state"]
        answer = wallet.redeem(approved(place.world, place.phone, wallet, **pushed), **sprinkled())
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body["token_type"] == ("Bearer" if wallet.key is None else "DPoP")
    assert type(body["expires_in"]) is int
    assert ("authorization_details" in body) is ("authorization_details" in form)


def with_access(
    places: Places, variant: Variant, **options: Any
) -> tuple[Place, ConformanceWallet]:
    """A wallet that may fetch the variant's configuration."""
    place = variant.place(places)
    wallet = make_wallet(place, **options)
    gain_access(place, wallet, variant)
    return place, wallet


def request(
    wallet: ConformanceWallet, variant: Variant, *keys: PemSigner, **members: Any
) -> tuple[TestResponse, dict[str, Any]]:
    """Ask for credentials, encrypted if so; return the answer and what it says when opened."""
    body: dict[str, Any] = {"credential_configuration_id": variant.configuration}
    if "proofs" not in members:
        body["proofs"] = wallet.proofs(*keys)
    body = {name: held for name, held in (body | members).items() if held is not None}
    return send(wallet, variant, "credential", body)


def send(
    wallet: ConformanceWallet, variant: Variant, name: str, body: dict[str, Any]
) -> tuple[TestResponse, dict[str, Any]]:
    """POST as the variant says; return the answer and what it says when opened."""
    if not variant.encrypted:
        answer = wallet.send(name, body)
        return answer, answer.get_json()
    private, parameter = response_key()
    sealed = wallet.encrypt({"credential_response_encryption": parameter} | body)
    answer = wallet.send(name, sealed, media="application/jwt")
    if answer.status_code < 300:
        return answer, decrypt(answer, private)
    return answer, answer.get_json()


def check_success(
    place: Place,
    variant: Variant,
    got: tuple[TestResponse, dict[str, Any]],
    *keys: PemSigner,
) -> list[SdJwt | Mdoc]:
    """Everything that each success response is checked for; return its credentials taken apart."""
    answer, body = got
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == ("application/jwt" if variant.encrypted else "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
    assert {"credentials"} <= set(body) <= {"credentials", "notification_id"}
    assert all(set(one) == {"credential"} for one in body["credentials"])
    texts = [one["credential"] for one in body["credentials"]]
    metadata = place.served.test_client().get(METADATA).get_json()
    supported = metadata["credential_configurations_supported"][variant.configuration]
    found: list[SdJwt | Mdoc] = []
    for text, key in zip(texts, keys, strict=True):
        held: SdJwt | Mdoc
        if variant.format == SD_JWT:
            held = check_sd_jwt(place, text, key, supported)
        else:
            held = check_mdoc(place, text, key, supported)
            check_status(place, held.status, CWT)
        check_status(place, held.status, JWT)
        found.append(held)
    return found


def fetch(
    place: Place, wallet: ConformanceWallet, variant: Variant, count: int = 1, **members: Any
) -> tuple[list[SdJwt | Mdoc], str]:
    """Ask with fresh keys and check the answer; return credentials and notification id."""
    keys = [new_signer() for _ in range(count)]
    got = request(wallet, variant, *keys, **members)
    found = check_success(place, variant, got, *keys)
    return found, str(got[1]["notification_id"])


def check_later(variant: Variant, got: tuple[TestResponse, dict[str, Any]]) -> str:
    """What a response is checked for that promises credentials; return the transaction."""
    answer, body = got
    assert answer.status_code == 202, answer.text
    assert answer.mimetype == ("application/jwt" if variant.encrypted else "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert parsedate_to_datetime(answer.headers["Date"]).tzinfo is not None
    assert set(body) == {"transaction_id", "interval"}
    assert type(body["interval"]) is int
    assert body["interval"] > 0
    return str(body["transaction_id"])


def check_nonce(place: Place) -> None:
    """The nonce endpoint: 200, JSON, not stored (section 7.2)."""
    answer = place.served.test_client().post("/openid/nonce")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.get_json()) == {"c_nonce"}


def notify(wallet: ConformanceWallet, named: str) -> None:
    """Tell that the credential has arrived; any 2xx will do, ours is 204 (section 11.1)."""
    body = {"notification_id": named, "event": "credential_accepted", **sprinkled()}
    answer = wallet.send("notification", body)
    assert (answer.status_code, answer.data) == (204, b"")


def check_linkage(credentials: list[SdJwt | Mdoc]) -> None:
    """Nothing in the times tells copies apart: they are rounded (RFC 9901, section 10.1)."""
    assert len({one.times for one in credentials}) == 1
    for one in credentials:
        if isinstance(one, SdJwt):
            assert all(moment % 86_400 == 0 for moment in one.times)
        else:
            assert all((at.hour, at.minute, at.second) == (0, 0, 0) for at in one.times)
