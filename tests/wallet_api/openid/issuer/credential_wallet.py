"""A standard wallet at the credential endpoint: its keys, proofs, requests, and what it checks.

`bent` members replace those of the proof (None leaves one out); `typ`, `jwk` and `signer` bend the
rest of it.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.jose import sign_with_jwk
from credentials.jwe import decrypt_jwe, encrypt_jwe, parse_jwe
from credentials.jwk import b64url_decode, load_jwk, public_jwk
from credentials.mdoc_issuer import IssuedDocument, parse_issuer_signed, verify_issuer_signed
from credentials.sd_jwt_vc import SdJwtVc, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.signing import PemSigner, generate_pem
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, check_issuer, verify_chain
from tests.wallet_api.openid.foreign_wallet import ForeignWallet, read_offer
from wallet_api.services.openid import offers

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.wallet_api.simulators import World

PROOF = "openid4vci-proof+jwt"


def new_signer() -> PemSigner:
    return PemSigner(generate_pem())


class CredentialWallet(ForeignWallet):
    """A foreign wallet that goes on to the issuer."""

    def offered(self, nik: str, *types: str, form: str = "dc+sd-jwt") -> Self:
        """Take an offer of these types."""
        uri = offers.make_offer(self.world.deps, nik, list(types), form)
        answer = self.take(read_offer(uri))
        assert answer.status_code == 200, answer.text
        return self

    def nonce(self) -> str:
        answer = self.http.post("/openid/nonce")
        assert answer.headers["Cache-Control"] == "no-store"
        return str(answer.get_json()["c_nonce"])

    def proof(self, key: PemSigner, **bent: Any) -> str:
        """A proof by `key`, with a fresh nonce unless one is given."""
        signer = bent.pop("signer", key)
        header = {"typ": PROOF, "jwk": public_jwk(key.public_key)} | bent.pop("header", {})
        claims = {"aud": self.world.deps.settings.public_url, "iat": self.unix()}
        if "nonce" not in bent:
            claims["nonce"] = self.nonce()
        claims = {name: value for name, value in (claims | bent).items() if value is not None}
        return sign_with_header(claims, signer, header)

    def proofs(self, *keys: PemSigner, **bent: Any) -> dict[str, list[str]]:
        """Proofs by each key that share one nonce."""
        bent.setdefault("nonce", self.nonce())
        return {"jwt": [self.proof(key, **bent) for key in keys]}

    def send(self, name: str, body: object, **options: Any) -> TestResponse:
        """POST JSON (or what is given as bytes) with the access token to an endpoint."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": options.pop("media", "application/json"), "Accept": "*/*"}
        return self.http.post(
            f"/openid/{name}", data=content, headers=headers | self.authorization(name), **options
        )

    def authorization(self, name: str) -> dict[str, str]:
        if self.key is None:
            return {"Authorization": f"Bearer {self.token}"}
        proof = self.dpop("POST", self.url(name), token=self.token)
        return {"Authorization": f"DPoP {self.token}", "DPoP": proof}

    def fetch(
        self, configuration: str = "id_card_sd_jwt", keys: int = 1, **members: Any
    ) -> TestResponse:
        """Ask for credentials; `members` replace those of the request, None leaves one out."""
        made = [new_signer() for _ in range(keys)]
        body: dict[str, Any] = {"credential_configuration_id": configuration}
        if "proofs" not in members:
            body["proofs"] = self.proofs(*made)
        body = {name: held for name, held in (body | members).items() if held is not None}
        return self.send("credential", body)

    def fetch_texts(self, configuration: str = "id_card_sd_jwt", **options: Any) -> list[str]:
        """The credentials of a request that is granted."""
        answer = self.fetch(configuration, **options)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == "application/json"
        return [one["credential"] for one in answer.get_json()["credentials"]]

    # ------------------------------------------------------------------ encryption

    def encrypt(self, body: object, **options: Any) -> bytes:
        """Encrypt a request to the key that the metadata publishes."""
        metadata = self.http.get("/.well-known/openid-credential-issuer").get_json()
        published = metadata["credential_request_encryption"]["jwks"]["keys"][0]
        named = {"enc": "A256GCM", "kid": published["kid"], "random": secrets.token_bytes} | options
        recipient = load_jwk({name: published[name] for name in ("kty", "crv", "x", "y")})
        return encrypt_jwe(json.dumps(body).encode(), recipient, **named).encode()


def sign_with_header(claims: dict[str, Any], signer: PemSigner, header: dict[str, Any]) -> str:
    """A compact JWS with any header; without surprises, one as `sign_with_jwk` makes it."""
    if set(header) == {"typ", "jwk"} and header["jwk"] is not None:
        return sign_with_jwk(claims, signer, typ=header["typ"], jwk=header["jwk"])
    from credentials.jwk import b64url_encode

    held = {name: value for name, value in ({"alg": "ES256"} | header).items() if value is not None}
    parts = [b64url_encode(json.dumps(part).encode()) for part in (held, claims)]
    signed = ".".join(parts)
    return f"{signed}.{b64url_encode(signer.sign(signed.encode()))}"


def response_key(enc: str = "A128GCM") -> tuple[ec.EllipticCurvePrivateKey, dict[str, Any]]:
    """A key to encrypt answers to, and the request parameter that names it."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = {**public_jwk(key.public_key()), "kid": "for-answers", "alg": "ECDH-ES", "use": "enc"}
    return key, {"jwk": jwk, "enc": enc}


def decrypt(answer: TestResponse, key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Open an encrypted answer; it names our key."""
    assert answer.mimetype == "application/jwt"
    unopened = parse_jwe(answer.text)
    assert unopened.kid == "for-answers"
    found: dict[str, Any] = json.loads(decrypt_jwe(unopened, key))
    return found


def anchors(world: World) -> Anchors:
    return Anchors((world.deps.keys.issuer_root.public_bytes(Encoding.DER),))


def verify_sd_jwt(world: World, text: str) -> SdJwtVc:
    """Verify as a relying party that trusts our root and knows our name."""
    now = int(world.clock.now().timestamp())
    unverified = parse_sd_jwt_vc(text)
    leaf = verify_chain(unverified.jws.chain, anchors(world), now=now)
    credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=now)
    assert credential.issuer is not None
    check_issuer(leaf, credential.issuer)
    return credential


def verify_mdoc(world: World, text: str) -> IssuedDocument:
    """Verify as a relying party that trusts our root."""
    assert "=" not in text
    now = int(world.clock.now().timestamp())
    signed = parse_issuer_signed(b64url_decode(text))
    leaf = verify_chain(signed.chain, anchors(world), now=now, usage=DOCUMENT_SIGNER)
    return verify_issuer_signed(signed, leaf, now=now)
