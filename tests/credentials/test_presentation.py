"""The QR credential, the holder's proof and the challenge, and what must not pass for them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, cose, presentation, qr_credential
from credentials.errors import CredentialError, FormatError, LintError, SignatureError
from credentials.presentation import Challenge
from credentials.qr_text import ALPHABET, from_text, qr_version
from credentials.signing import (
    PemSigner,
    compress,
    generate_pem,
    load_compressed,
    verify_es256,
)
from tests.credentials import made
from tests.credentials.made import DAY, HOLDER, ISSUER, NOW, STRANGER

CHALLENGE = Challenge(b"n" * 16, b"a" * 8, 2, NOW)
TEXT = made.presentation()
CLAIMS: dict[int, object] = {
    4: NOW + DAY,
    6: NOW,
    8: {1: {1: 2, -1: 1, -2: b"x" * 32, -3: True}},
    169: {91: 1, 95: [1, 2]},
}


def _check(text: str) -> presentation.Proof:
    """The cryptographic half of what a verifier does."""
    _, data = from_text(text, prefixes=("ID1:",))
    unverified = presentation.parse_presentation(data)
    credential = qr_credential.verify_credential(unverified.credential, ISSUER.public_key)
    assert credential.holder_key is not None
    return presentation.verify_proof(unverified, load_compressed(credential.holder_key))


def _signed(claims: dict[int, object]) -> bytes:
    """Sign claims our own issuer would not make."""
    return cose.sign1(cbor.encode(claims), ISSUER, external_aad=qr_credential.CONTEXT)


def test_a_presentation_says_what_was_issued() -> None:
    assert _check(TEXT) == presentation.Proof(NOW + 60, None, None)
    _, data = from_text(TEXT, prefixes=("ID1:",))
    unverified = presentation.parse_presentation(data)
    credential = qr_credential.verify_credential(unverified.credential, ISSUER.public_key)
    assert credential.kid == ISSUER.kid
    assert (credential.profile, credential.status_list, credential.status_index) == (
        1,
        123,
        1_000_000,
    )
    assert (credential.issued_at, credential.expires_at) == (NOW, NOW + 14 * DAY)
    assert credential.holder_key == compress(HOLDER.public_key)
    values = made.CATALOGUE.decode(credential.identity)
    assert values == {**made.PERSON, "portrait": made.webp(), "nationality": "ID"}


def test_a_full_card_with_portrait_stays_within_version_22() -> None:
    assert len(from_text(TEXT, prefixes=("ID1:",))[1]) <= 970
    assert qr_version(len(TEXT)) <= 22


def test_an_answer_to_a_challenge_carries_it_and_costs_26_bytes_or_so() -> None:
    credential = made.credential()
    bare = presentation.sign_presentation(credential, HOLDER, issued_at=NOW)
    data = presentation.sign_presentation(credential, HOLDER, issued_at=NOW, challenge=CHALLENGE)
    proof = _check(presentation.presentation_text(data))
    assert proof == presentation.Proof(NOW, CHALLENGE.nonce, CHALLENGE.aud)
    assert len(data) - len(bare) in range(26, 29)


def test_every_changed_character_is_noticed() -> None:
    for position in range(len(TEXT)):
        other = ALPHABET[(ALPHABET.index(TEXT[position]) + 1 + position) % len(ALPHABET)]
        if other != TEXT[position]:
            with pytest.raises((FormatError, SignatureError)):
                _check(TEXT[:position] + other + TEXT[position + 1 :])


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_any_changed_character_gives_our_error(position: int, character: str) -> None:
    changed = TEXT[:position] + character + TEXT[position + 1 :]
    if changed != TEXT:
        with pytest.raises(CredentialError):
            _check(changed)


@given(st.binary(max_size=400))
def test_any_bytes_give_a_presentation_or_our_error(data: bytes) -> None:
    for parse in (
        presentation.parse_presentation,
        presentation.parse_print,
        qr_credential.parse_credential,
    ):
        with pytest.raises(FormatError):
            parse(data)  # no 400 random bytes are one


def test_a_proof_belongs_to_one_credential_one_holder_and_one_use() -> None:
    one, two = made.credential(), made.credential(name="SITI AMINAH")
    data = presentation.sign_presentation(one, HOLDER, issued_at=NOW)
    unverified = presentation.parse_presentation(data)
    moved = unverified._replace(credential=qr_credential.parse_credential(two))
    with pytest.raises(SignatureError):
        presentation.verify_proof(moved, HOLDER.public_key)
    with pytest.raises(SignatureError):
        presentation.verify_proof(unverified, STRANGER.public_key)
    with pytest.raises(SignatureError):
        presentation.verify_proof(
            unverified._replace(proof_payload=cbor.encode([NOW + 1])), HOLDER.public_key
        )
    context = hashlib.sha256(b"IKD-ID2-POP" + one).digest()
    signed = cose.sig_structure(b"\xa1\x01\x26", context, unverified.proof_payload)
    other_use = unverified._replace(signature=HOLDER.sign(signed))
    with pytest.raises(SignatureError):
        presentation.verify_proof(other_use, HOLDER.public_key)


def test_the_proof_signs_what_the_specification_says() -> None:
    credential = made.credential()
    unverified = presentation.parse_presentation(
        presentation.sign_presentation(credential, HOLDER, issued_at=NOW)
    )
    aad = hashlib.sha256(b"IKD-ID1-POP" + credential).digest()
    structure = cbor.encode(["Signature1", bytes.fromhex("a10126"), aad, cbor.encode([NOW])])
    verify_es256(HOLDER.public_key, structure, unverified.signature)


def test_a_second_valid_signature_is_the_same_replay() -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    unverified = presentation.parse_presentation(
        presentation.sign_presentation(made.credential(), HOLDER, issued_at=NOW)
    )
    s = order - int.from_bytes(unverified.signature[32:], "big")
    twin = unverified._replace(signature=unverified.signature[:32] + s.to_bytes(32, "big"))
    presentation.verify_proof(twin, HOLDER.public_key)
    assert twin.signature != unverified.signature
    assert twin.replay_key == unverified.replay_key


def test_an_issuer_signature_counts_for_credentials_only() -> None:
    claims = cbor.encode(CLAIMS)
    for context in (b"", b"IKD-IDK-FRAME", b"IKD-BUNDLE"):
        unverified = qr_credential.parse_credential(
            cose.sign1(claims, ISSUER, external_aad=context)
        )
        with pytest.raises(SignatureError):
            qr_credential.verify_credential(unverified, ISSUER.public_key)


def test_the_algorithm_is_the_trust_lists() -> None:
    unverified = qr_credential.parse_credential(made.credential())
    with pytest.raises(SignatureError, match="ALG_MISMATCH"):
        qr_credential.verify_credential(unverified, ISSUER.public_key, alg=-8)
    with pytest.raises(SignatureError):
        qr_credential.verify_credential(unverified, STRANGER.public_key)


def test_a_filmed_presentation_does_not_live_on_as_a_print() -> None:
    with pytest.raises(FormatError, match="PRINT_HAS_HOLDER_KEY"):
        presentation.parse_print(made.credential())
    with pytest.raises(LintError, match="PRINT_HAS_HOLDER_KEY"):
        presentation.print_text(made.credential())
    unbound = made.credential(bound=False)
    assert presentation.parse_print(unbound).holder_key is None
    data = presentation.sign_presentation(unbound, HOLDER, issued_at=NOW)
    with pytest.raises(FormatError, match="PRESENTATION_WITHOUT_HOLDER_KEY"):
        presentation.parse_presentation(data)


WRONG_CLAIMS: dict[str, dict[int, object]] = {
    "no expiry": {k: v for k, v in CLAIMS.items() if k != 4},
    "an issuer": {**CLAIMS, 1: "x"},
    "a text claim": {**CLAIMS, 5: NOW},
    "life over 30 days": {**CLAIMS, 4: NOW + 30 * DAY + 1},
    "no life": {**CLAIMS, 4: NOW},
    "time as text": {**CLAIMS, 6: "now"},
    "time as boolean": {**CLAIMS, 6: True},
    "negative time": {**CLAIMS, 6: -1},
    "far future": {**CLAIMS, 6: 2**41, 4: 2**41 + 1},
    "cnf empty": {**CLAIMS, 8: {}},
    "cnf by thumbprint": {**CLAIMS, 8: {3: b"x"}},
    "P-384": {**CLAIMS, 8: {1: {1: 2, -1: 2, -2: b"x" * 32, -3: True}}},
    "short x": {**CLAIMS, 8: {1: {1: 2, -1: 1, -2: b"x" * 31, -3: True}}},
    "whole y": {**CLAIMS, 8: {1: {1: 2, -1: 1, -2: b"x" * 32, -3: b"y" * 32}}},
    "private key": {**CLAIMS, 8: {1: {1: 2, -1: 1, -2: b"x" * 32, -3: True, -4: b"d" * 32}}},
    "boolean kty": {**CLAIMS, 8: {1: {1: 2, -1: True, -2: b"x" * 32, -3: True}}},
    "identity is a list": {**CLAIMS, 169: []},
    "empty identity": {**CLAIMS, 169: {}},
    "no profile": {**CLAIMS, 169: {95: [1, 2]}},
    "no status": {**CLAIMS, 169: {91: 1}},
    "text key": {**CLAIMS, 169: {91: 1, 95: [1, 2], "x": 1}},
    "negative key": {**CLAIMS, 169: {91: 1, 95: [1, 2], -1: 1}},
    "status index outside": {**CLAIMS, 169: {91: 1, 95: [1, 2**20]}},
    "status of three": {**CLAIMS, 169: {91: 1, 95: [1, 2, 3]}},
    "status as text": {**CLAIMS, 169: {91: 1, 95: [1, "2"]}},
    "profile as boolean": {**CLAIMS, 169: {91: True, 95: [1, 2]}},
}


@pytest.mark.parametrize("case", WRONG_CLAIMS)
def test_claims_outside_the_specification_are_refused(case: str) -> None:
    with pytest.raises(FormatError):
        qr_credential.parse_credential(_signed(WRONG_CLAIMS[case]))


def test_the_shortest_and_longest_life_are_accepted() -> None:
    for life in (1, 30 * DAY):
        parsed = qr_credential.parse_credential(_signed({**CLAIMS, 4: NOW + life}))
        assert parsed.claims.expires_at - parsed.claims.issued_at == life


@pytest.mark.parametrize(
    "proof",
    [[], [NOW, b"n" * 16], [NOW, b"n" * 15, b"a" * 8], [NOW, b"n" * 16, b"a" * 9], [NOW, "n", "a"],
     [-1], ["x"], [True], [2**41], {1: NOW}, NOW, [NOW, b"n" * 16, b"a" * 8, 1]],
    ids=repr,
)  # fmt: skip
def test_a_proof_has_one_element_or_three(proof: object) -> None:
    data = cbor.encode([made.credential(), cbor.encode(proof), bytes(64)])
    with pytest.raises(FormatError, match="PROOF_FORMAT"):
        presentation.parse_presentation(data)


def test_envelopes_of_another_shape_are_refused() -> None:
    credential, proof = made.credential(), cbor.encode([NOW])
    for parts in (
        [credential, proof],
        [credential, proof, bytes(63)],
        [credential, proof, "s" * 64],
        [credential, proof, bytes(64), 1],
        {1: credential},
        [proof, credential, bytes(64)],
    ):
        with pytest.raises(FormatError):
            presentation.parse_presentation(cbor.encode(parts))
    protected, _, claims, signature = cbor.decode(credential)  # type: ignore[misc]
    for parts in (
        [protected, {1: 1}, claims, signature],
        [cbor.encode({1: -7}), {}, claims, signature],
        [cbor.encode({1: -7, 4: b"12345"}), {}, claims, signature],
        [cbor.encode({1: -7, 3: 1, 4: b"1234"}), {}, claims, signature],
        [cbor.encode({4: b"1234"}), {}, claims, signature],
        [cbor.encode({1: -7, 2: [1], 4: b"1234"}), {}, claims, signature],
        [b"", {}, claims, signature],
        [protected, {}, claims, signature[:63]],
        [protected, {}, None, signature],
    ):
        with pytest.raises(FormatError):
            qr_credential.parse_credential(cbor.encode(parts))


def test_small_times_are_read_the_general_way() -> None:
    claims = {**CLAIMS, 4: 200, 6: 100}
    credential = _signed(claims)
    assert qr_credential.parse_credential(credential).claims.issued_at == 100
    holder = PemSigner(generate_pem())
    data = presentation.sign_presentation(credential, holder, issued_at=100)
    assert presentation.parse_presentation(data).issued_at == 100


def test_what_our_parser_would_refuse_is_not_issued() -> None:
    good = {"issued_at": NOW, "expires_at": NOW + DAY, "status": (1, 2)}
    for identity, change in [
        ({91: 1}, {"expires_at": NOW + 31 * DAY}),
        ({91: 1}, {"expires_at": NOW}),
        ({91: 1}, {"status": (1, 2**20)}),
        ({}, {}),
        ({91: 1, 95: [1, 2]}, {}),
        ({91: 1, 4: 1.5}, {}),
    ]:
        with pytest.raises(LintError):
            qr_credential.build_claims(identity, holder_key=None, **{**good, **change})  # type: ignore[arg-type]
    long_kid = PemSigner(generate_pem(), kid=b"12345")
    claims = qr_credential.build_claims({91: 1}, holder_key=None, **good)  # type: ignore[arg-type]
    with pytest.raises(LintError, match="KID_SIZE"):
        qr_credential.sign_credential(claims, long_kid)
