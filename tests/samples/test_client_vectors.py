"""The vectors for phone makers: the reference phone agrees, and so does code not its own."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from credentials.jwk import b64url_decode, load_jwk
from credentials.presentation import parse_presentation, verify_proof
from credentials.qr_text import from_text
from samples.client_vectors import FOLDER, build
from samples.phone.challenge import check_prompt
from samples.phone.counter import check_frame
from samples.phone.errors import PhoneError
from samples.phone.keys import P256_ORDER, pin_key
from samples.phone.pin_rules import check_pin
from samples.phone.requesters import read_question
from samples.phone.store import Home

FILES = sorted(FOLDER.glob("*.json"))


def of_kind(*kinds: str) -> list[Any]:
    read = [(file.stem, json.loads(file.read_text("utf-8"))) for file in FILES]
    return [pytest.param(vector, id=name) for name, vector in read if vector["kind"] in kinds]


def test_they_are_remade_byte_for_byte(tmp_path: Path) -> None:
    build(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in FILES}


def test_each_has_name_why_input_and_expected() -> None:
    for file in FILES:
        vector = json.loads(file.read_text("utf-8"))
        assert set(vector) == {"kind", "name", "why", "input", "expected"}, file
        assert file.stem == f"{vector['kind']}-{vector['name']}"


@pytest.mark.parametrize("vector", of_kind("pin-key"))
def test_pin_keys_follow_the_written_formula(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    salt = b64url_decode(given["salt"])
    material = HKDF(hashes.SHA256(), 48, salt, given["info"].encode()).derive(given["pin"].encode())
    d = int.from_bytes(material, "big") % (P256_ORDER - 1) + 1
    numbers = ec.derive_private_key(d, ec.SECP256R1()).public_key().public_numbers()
    assert material.hex() == expected["material_hex"]
    assert f"{d:064x}" == expected["d_hex"]
    assert load_jwk(expected["jwk"]).public_numbers() == numbers
    assert pin_key(given["pin"], salt).public_key.public_numbers() == numbers


@pytest.mark.parametrize("vector", of_kind("pin-rules"))
def test_pin_rules_give_the_expected_code(vector: dict[str, Any]) -> None:
    given = vector["input"]
    code = None
    try:
        check_pin(given["pin"], nik=given["nik"], policy=given["policy"])
    except PhoneError as error:
        code = error.code
    assert code == vector["expected"]["code"]


def check_jws(text: str, key: dict[str, str], typ: str) -> dict[str, Any]:
    """Verify with PyJWT, which our code does not use."""
    public = jwt.PyJWK({name: key[name] for name in ("kty", "crv", "x", "y")}, algorithm="ES256")
    unchecked = {"verify_iat": False, "verify_exp": False, "verify_sub": False}
    payload: dict[str, Any] = jwt.decode(text, public, algorithms=["ES256"], options=unchecked)
    assert jwt.get_unverified_header(text)["typ"] == typ
    return payload


@pytest.mark.parametrize("vector", of_kind("statement", "claim", "face-digests"))
def test_statements_verify_and_bind_the_body(vector: dict[str, Any]) -> None:
    given, headers = vector["input"], vector["expected"]["headers"]
    payload = check_jws(headers["Wallet-Statement"], given["device_key"], "ikd-statement+jwt")
    body_hash = hashlib.sha256(given["body"].encode()).digest()
    assert b64url_decode(payload["bsh"]) == body_hash
    assert payload["purpose"] == given["purpose"]
    assert payload["sub"] == given["subject"]
    assert payload["jkt"] == given["device_key"]["thumbprint"]
    header = jwt.get_unverified_header(headers["Wallet-Statement"])
    assert ("jwk" in header) == (given["purpose"] == "start")
    assert ("Wallet-Pin-Proof" in headers) == ("pin" in given)


@pytest.mark.parametrize("vector", of_kind("statement"))
def test_pin_proofs_say_the_same_under_the_pin_key(vector: dict[str, Any]) -> None:
    given, headers = vector["input"], vector["expected"]["headers"]
    statement = jwt.decode(headers["Wallet-Statement"], options={"verify_signature": False})
    assert ("pkt" in statement) == ("pin" in given)
    if "pin" in given:
        key = pin_key(given["pin"], b64url_decode(given["salt"])).public_key
        unchecked = {"verify_iat": False, "verify_sub": False}
        proof = jwt.decode(
            headers["Wallet-Pin-Proof"], key, algorithms=["ES256"], options=unchecked
        )
        assert proof == statement


@pytest.mark.parametrize("vector", of_kind("dpop"))
def test_dpop_proofs_follow_rfc_9449(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    payload = check_jws(expected["dpop"], given["device_key"], "dpop+jwt")
    token_hash = hashlib.sha256(given["token"].encode()).digest()
    assert b64url_decode(payload["ath"]) == token_hash
    assert payload["htm"] == given["method"]
    assert payload["htu"] == given["url"].split("?")[0]
    assert payload.get("nonce", "") == given["nonce"]


@pytest.mark.parametrize("vector", of_kind("holder-proof"))
def test_holder_proofs_name_wallet_nonce_and_device(vector: dict[str, Any]) -> None:
    given = vector["input"]
    payload = check_jws(vector["expected"]["proof"], given["holder_key"], "ikd-holder+jwt")
    assert payload == {
        "sub": given["wallet"],
        "nonce": given["nonce"],
        "jkt": given["device_thumbprint"],
        "iat": given["issued_at"],
    }


@pytest.mark.parametrize("vector", of_kind("frame"))
def test_frames_are_trusted_or_not_for_the_stated_reason(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    reason = None
    try:
        frame = check_frame(
            given["text"],
            certificate_pem=given["certificate"],
            ca_pem=given["kiosk_ca"],
            now=datetime.fromtimestamp(given["now"], UTC),
        )
        assert (frame.kiosk, frame.seq) == (expected["frame"]["kiosk"], expected["frame"]["seq"])
    except PhoneError as error:
        reason = error.values["reason"]
    assert reason == expected["reason"]
    assert expected["accepted"] == (reason is None)


@pytest.mark.parametrize("vector", of_kind("challenge"))
def test_questions_are_put_to_the_person_or_refused_for_the_stated_reason(
    vector: dict[str, Any], tmp_path: Path
) -> None:
    given, expected = vector["input"], vector["expected"]
    home = Home(tmp_path)
    home.save_policy({"bundle_root": given["root"]})
    home.save_requesters(b64url_decode(given["list"]))
    now = datetime.fromtimestamp(given["now"], UTC)
    if not expected["accepted"]:
        with pytest.raises(PhoneError) as caught:
            read_question(home, given["text"], now=now)
        cause = caught.value.__cause__
        assert expected["reason"] == getattr(cause, "code", "REVOKED")
        return
    question = read_question(home, given["text"], now=now)
    assert (question.signed is not None) == expected["signed"]
    if question.signed is not None:
        certificate = question.signed.certificate
        told = (certificate.name, certificate.serial, question.signed.purpose)
        assert told == (expected["name"], expected["serial"], expected["purpose"])
        assert question.challenge.aud.hex() == expected["aud_hex"]
        digest = hashlib.sha256(b"IKD-RP-AUD" + bytes.fromhex(expected["certificate_payload_hex"]))
        assert digest.digest()[:8].hex() == expected["aud_hex"]


@pytest.mark.parametrize("vector", of_kind("face-prompt"))
def test_prompts_are_followed_or_not_for_the_stated_reason(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    reason = None
    try:
        prompt = check_prompt(**given)
        assert (prompt.number, list(prompt.shots)) == (expected["number"], expected["take"])
        asked = check_jws(prompt.token, given["challenge_key"], "ikd-face-prompt+jwt")
        assert asked["turn"] == prompt.turn
    except PhoneError as error:
        reason = error.values["reason"]
    assert reason == expected["reason"]
    assert expected["followed"] == (reason is None)


@pytest.mark.parametrize("vector", of_kind("face-digests"))
def test_digests_are_those_of_the_frames(vector: dict[str, Any]) -> None:
    frames = [b64url_decode(frame) for frame in vector["input"]["frames"]]
    body = json.loads(vector["input"]["body"])
    assert [b64url_decode(one) for one in body["digests"]] == [
        hashlib.sha256(frame).digest() for frame in frames
    ]
    check_jws(body["prompt"], vector["input"]["challenge_key"], "ikd-face-prompt+jwt")


@pytest.mark.parametrize("vector", of_kind("presentation"))
def test_presentations_verify_and_the_signed_bytes_are_as_written(vector: dict[str, Any]) -> None:
    given, expected = vector["input"], vector["expected"]
    holder = load_jwk({name: given["holder_key"][name] for name in ("kty", "crv", "x", "y")})
    _, data = from_text(expected["text"], prefixes=("ID1:",))
    proof = verify_proof(parse_presentation(data), holder)
    assert proof.issued_at == given["iat"]
    raw = bytes.fromhex(expected["signature_hex"])
    der = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    signed = bytes.fromhex(expected["sig_structure_hex"])
    holder.verify(der, signed, ec.ECDSA(hashes.SHA256()))
    context = hashlib.sha256(b"IKD-ID1-POP" + b64url_decode(given["credential"])).digest()
    assert context.hex() == expected["external_aad_hex"]
    assert context in signed
