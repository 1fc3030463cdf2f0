"""A rush at the credential endpoint: residents with wallets, wallets of others with grants.

Grants are put into the database as rows, without the token endpoint. What the wallets send is
signed beforehand: in life other machines do that.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.counter_rush import nik_of
from credentials.jose import sign_with_jwk
from credentials.jwk import b64url_encode, public_jwk, thumbprint
from credentials.signing import PemSigner, generate_pem
from samples.people import build_registry
from tests.wallet_api.handset import with_wallet
from tests.wallet_api.issuing.conftest import BUDI, draw_portrait
from tests.wallet_api.simulators import World
from wallet_api.adapters.registry.sql import SqlRegistry
from wallet_api.ports.registry import RegistryStatus, make_answer
from wallet_api.services import nonces, people
from wallet_api.services.openid import access, grants
from wallet_api.services.openid.clients import Client
from wallet_api.services.openid.grants import Wish

CLIENT = "https://wallet.example/client"


@dataclass(frozen=True, slots=True)
class Granted:
    """A foreign wallet with an access token of one resident; `key` is its DPoP key, or None."""

    token: str
    key: PemSigner | None


def new_signer() -> PemSigner:
    """Return a fresh key."""
    return PemSigner(generate_pem())


def bring_residents(world: World, count: int, folder: Path) -> list[str]:
    """Open wallets of `count` residents who have what Budi of the samples has; return their ids."""
    build_registry(folder / "people.db")
    known = SqlRegistry(f"sqlite:///{folder / 'people.db'}").look_up(BUDI)
    found = []
    for number in range(count):
        nik = nik_of(number)
        person = {**(known.person or {}), "nik": nik}
        world.registry.people[nik] = make_answer(
            RegistryStatus.FOUND, nik, person=person, photo=known.photo, documents=known.documents
        )
        found.append(with_wallet(world, nik, add=False).wallet)
        with world.deps.transaction() as db:
            row = people.find(db, world.deps, nik)
            if row is None:
                message = "a resident is missing"
                raise RuntimeError(message)
            people.store_portrait(world.deps, row, draw_portrait())
    return found


def grant(world: World, wallets: Sequence[str], configuration: str, *, dpop: bool) -> list[Granted]:
    """Give each wallet's resident a foreign wallet with an access token."""
    found = []
    for wallet in wallets:
        key = new_signer() if dpop else None
        jkt = thumbprint(key.public_key) if key else None
        wish = Wish((configuration,), with_details=False)
        with world.deps.transaction() as db:
            row = grants.open_grant(
                db, world.deps, wallet_id=wallet, client=Client(CLIENT), jkt=jkt, wish=wish
            )
            db.flush()
            token = access.make_token(world.deps, row, (configuration,))
        found.append(Granted(token, key))
    return found


def sign_request(world: World, granted: Granted, configuration: str) -> str:
    """Return a whole credential request with one proof by a fresh key."""
    deps, holder = world.deps, new_signer()
    issuer, now = deps.settings.public_url, int(deps.now().timestamp())
    claims = {"aud": issuer, "iat": now, "nonce": nonces.make(deps)}
    proof = sign_with_jwk(
        claims, holder, typ="openid4vci-proof+jwt", jwk=public_jwk(holder.public_key)
    )
    body = json.dumps({"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}})
    headers = {
        "Host": "wallet.test",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **_authorization(world, granted, f"{issuer}/openid/credential"),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /openid/credential HTTP/1.1\r\n{lines}\r\n{body}"


def _authorization(world: World, granted: Granted, url: str) -> dict[str, str]:
    if granted.key is None:
        return {"Authorization": f"Bearer {granted.token}"}
    claims = {
        "jti": secrets.token_urlsafe(16),
        "htm": "POST",
        "htu": url,
        "iat": int(world.deps.now().timestamp()),
        "nonce": nonces.make(world.deps),
        "ath": b64url_encode(hashlib.sha256(granted.token.encode()).digest()),
    }
    jwk = public_jwk(granted.key.public_key)
    proof = sign_with_jwk(claims, granted.key, typ="dpop+jwt", jwk=jwk)
    return {"Authorization": f"DPoP {granted.token}", "DPoP": proof}
