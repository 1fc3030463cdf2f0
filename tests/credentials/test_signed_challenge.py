"""A challenge that says who asks and why, held against its certificate (T10, T22, T29)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials import cbor, cose, signed_challenge
from credentials.errors import ClaimError, CredentialError, FormatError, LintError, SignatureError
from credentials.key_set import RELYING_PARTIES, KeySet, RoleKey
from credentials.qr_text import ALPHABET, from_text, qr_version, to_text
from credentials.relying_party import (
    DAY,
    MAX_NAME,
    MAX_PROFILES,
    MAX_SERIAL,
    RelyingPartyCertificate,
    certificate_payload,
    parse_certificate,
    sign_certificate,
    verify_certificate,
)
from credentials.signed_challenge import (
    ALWAYS_FITS,
    MAX_PURPOSE,
    MAX_TEXT,
    SignedChallenge,
    parse_signed_challenge,
    read_challenge,
    room_for_purpose,
    sign_challenge,
    verify_signed_challenge,
)
from credentials.trust import TrustList
from samples.keys import SampleSigner
from tests.credentials.made import NOW

REGISTRY, DESK, THIEF = (SampleSigner(name) for name in ("relying-parties", "desk", "thief"))
TODAY = NOW // DAY
BANK = RelyingPartyCertificate(4711, "Bank Nusantara", DESK.public_key, TODAY, TODAY + 365, (1, 2))
NONCE = bytes(range(16))
PURPOSE = "Pembukaan rekening"


def key_set(*signers: SampleSigner, role: str = RELYING_PARTIES) -> KeySet:
    roles = tuple(
        RoleKey(role, one.kid, one.public_key, NOW - DAY, NOW + 800 * DAY) for one in signers
    )
    return KeySet(1, NOW, NOW + 400 * DAY, TrustList(()), roles)


KEYS = key_set(REGISTRY)


def issue(certificate: RelyingPartyCertificate = BANK, by: SampleSigner = REGISTRY) -> bytes:
    return sign_certificate(certificate_payload(certificate), by)


def shown(certificate: bytes | None = None, *, by: SampleSigner = DESK, at: int = NOW) -> str:
    return sign_challenge(
        certificate=certificate or issue(),
        requester=by,
        nonce=NONCE,
        profile=2,
        at=at,
        purpose=PURPOSE,
    )


SHOWN = shown()


def believed(text: str, keys: KeySet = KEYS, moment: int = NOW) -> SignedChallenge:
    """What a phone does, but for the revoked serials."""
    asked = parse_signed_challenge(text)
    return verify_signed_challenge(
        asked, verify_certificate(asked.certificate, keys, moment=moment), moment=moment
    )


def resigned(text: str, change: Callable[[list[object]], object], by: SampleSigner) -> str:
    """The same question with another payload or certificate, signed anew."""
    certificate, message = open_text(text)
    payload = cbor.decode(message[2])  # type: ignore[arg-type]
    change(payload)  # type: ignore[arg-type]
    return bound(certificate, cbor.encode(payload), by)


def bound(certificate: object, payload: bytes, by: SampleSigner) -> str:
    signed = signed_challenge.sig_structure(cbor.encode(certificate), payload)
    protected = cbor.encode({1: -7})
    return to_text("IDC:", cbor.encode([certificate, [protected, {}, payload, by.sign(signed)]]))


def open_text(text: str) -> list[list[object]]:
    _, data = from_text(text, prefixes=("IDC:",))
    return cbor.decode(data)  # type: ignore[return-value]


def test_who_asks_and_why_comes_back() -> None:
    told = believed(shown())
    assert (told.certificate.name, told.purpose) == ("Bank Nusantara", PURPOSE)
    assert told.challenge.nonce == NONCE
    assert (told.challenge.profile, told.challenge.issued_at) == (2, NOW)
    assert told.challenge == read_challenge(shown()).challenge  # type: ignore[union-attr]


def test_the_largest_certificate_leaves_room_for_a_purpose_within_450_characters() -> None:
    for name in ("N" * MAX_NAME, "é" * (MAX_NAME // 2)):
        largest = replace(
            BANK,
            serial=MAX_SERIAL,
            name=name,
            last_day=TODAY + 400,
            profiles=tuple(range(252, 252 + MAX_PROFILES)),
        )
        certificate = issue(largest)
        assert room_for_purpose(certificate) == ALWAYS_FITS
        text = shown_with(certificate, 255, "P" * ALWAYS_FITS)
        assert len(text) <= MAX_TEXT
        assert qr_version(len(text), "L") <= 11
        assert qr_version(len(text), "M") <= 14
        with pytest.raises(LintError, match="CHALLENGE_TOO_LARGE"):
            shown_with(certificate, 255, "P" * (ALWAYS_FITS + 1))


def shown_with(certificate: bytes, profile: int, purpose: str) -> str:
    return sign_challenge(
        certificate=certificate, requester=DESK, nonce=NONCE, profile=profile, at=NOW,
        purpose=purpose,
    )  # fmt: skip


@given(
    st.text(min_size=1, max_size=MAX_NAME),
    st.sets(st.integers(1, 255), min_size=1, max_size=MAX_PROFILES),
    st.text(min_size=1, max_size=MAX_PURPOSE),
)
def test_whatever_is_signed_can_be_read_and_is_short_enough(
    name: str, profiles: set[int], purpose: str
) -> None:
    try:
        certificate = issue(replace(BANK, name=name, profiles=tuple(sorted(profiles))))
        text = shown_with(certificate, max(profiles), purpose)
    except LintError:
        return
    assert len(text) <= MAX_TEXT
    assert believed(text).purpose == purpose


@pytest.mark.parametrize(
    ("bent", "code"),
    [
        (replace(BANK, name=""), "CERTIFICATE_NAME"),
        (replace(BANK, name="N" * 33), "CERTIFICATE_NAME"),
        (replace(BANK, name="Bank\u202eknaB"), "CERTIFICATE_NAME"),
        (replace(BANK, name="Bank\nResmi"), "CERTIFICATE_NAME"),
        (replace(BANK, name="Cafe\u0301"), "CERTIFICATE_NAME"),
        (replace(BANK, profiles=()), "CERTIFICATE_PROFILES"),
        (replace(BANK, profiles=(2, 1)), "CERTIFICATE_PROFILES"),
        (replace(BANK, profiles=(1, 2, 3, 4, 5)), "CERTIFICATE_PROFILES"),
        (replace(BANK, last_day=TODAY + 401), "CERTIFICATE_DAYS"),
        (replace(BANK, last_day=TODAY - 1), "CERTIFICATE_DAYS"),
        (replace(BANK, serial=0), "CERTIFICATE_FORMAT"),
        (replace(BANK, serial=MAX_SERIAL + 1), "CERTIFICATE_FORMAT"),
    ],
)
def test_what_a_resident_could_not_trust_is_not_certified(
    bent: RelyingPartyCertificate, code: str
) -> None:
    with pytest.raises(LintError, match=code):
        certificate_payload(bent)


def test_a_desk_signs_only_with_its_own_key_for_its_own_profiles() -> None:
    with pytest.raises(LintError, match="CHALLENGE_KEY"):
        shown(by=THIEF)
    for profile, purpose, code in (
        (3, PURPOSE, "CHALLENGE_PROFILE"),
        (2, "", "CHALLENGE_PURPOSE"),
        (2, "two\nlines", "CHALLENGE_PURPOSE"),
        (2, "\ud800", "CHALLENGE_PURPOSE"),
    ):
        with pytest.raises(LintError, match=code):
            shown_with(issue(), profile, purpose)


def test_a_certificate_is_believed_under_a_relying_parties_key_of_the_set_only() -> None:
    text = shown(issue(by=THIEF))
    with pytest.raises(SignatureError, match="CERTIFICATE_UNKNOWN"):
        believed(text)
    twin = SampleSigner("thief", kid=REGISTRY.kid)
    with pytest.raises(SignatureError, match="SIGNATURE_INVALID"):
        believed(shown(issue(by=twin)))
    assert believed(shown(issue(by=twin)), key_set(REGISTRY, twin)).purpose == PURPOSE
    with pytest.raises(SignatureError, match="CERTIFICATE_UNKNOWN"):
        believed(shown(), key_set(REGISTRY, role="publisher"))
    with pytest.raises(SignatureError, match="KEYS_EXPIRED"):
        believed(shown(), replace(KEYS, expires_at=NOW - 1))


def test_a_certificate_counts_on_its_days() -> None:
    first, last = BANK.not_before, BANK.not_after
    held = parse_certificate(issue())
    for moment in (first, last):
        assert verify_certificate(held, replace(KEYS, expires_at=last + 9), moment=moment) == BANK
    with pytest.raises(ClaimError, match="CERTIFICATE_NOT_YET_VALID"):
        verify_certificate(held, KEYS, moment=first - 1)
    with pytest.raises(ClaimError, match="CERTIFICATE_EXPIRED"):
        verify_certificate(held, replace(KEYS, expires_at=last + 9), moment=last + 1)


def test_a_question_is_signed_by_the_certified_key_and_bound_to_the_certificate() -> None:
    forged = resigned(shown(), lambda payload: None, THIEF)
    with pytest.raises(SignatureError):
        believed(forged)
    other = issue(replace(BANK, serial=12, profiles=(1, 2, 3)))  # same key, wider certificate
    _, message = open_text(shown())
    moved = to_text("IDC:", cbor.encode([cbor.decode(other), message]))
    with pytest.raises(SignatureError):
        believed(moved)
    assert parse_certificate(other).claimed.audience != BANK.audience


def test_a_frame_or_credential_is_no_question() -> None:
    """Type confusion (T29): the same key, another context."""
    payload = cbor.encode([1, NONCE, 2, NOW, PURPOSE])
    signed = cose.parse_sign1(cose.sign1(payload, DESK, external_aad=b"IKD-IDK-FRAME"))
    message = [cbor.encode({1: -7}), {}, payload, signed.signature]
    text = to_text("IDC:", cbor.encode([cbor.decode(issue()), message]))
    with pytest.raises(SignatureError):
        believed(text)


def test_a_question_asks_for_what_is_certified_and_not_for_ever() -> None:
    wider = resigned(shown(), lambda payload: payload.__setitem__(2, 3), DESK)
    with pytest.raises(ClaimError, match="CHALLENGE_PROFILE"):
        believed(wider)
    assert believed(shown(), moment=NOW + 600)
    with pytest.raises(ClaimError, match="CHALLENGE_OLD"):
        believed(shown(), moment=NOW + 601)
    with pytest.raises(ClaimError, match="CHALLENGE_FROM_FUTURE"):
        believed(shown(), moment=NOW - 121)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda payload: payload.append(0), "CHALLENGE_FORMAT"),
        (lambda payload: payload.__setitem__(0, 2), "CHALLENGE_VERSION"),
        (lambda payload: payload.__setitem__(1, bytes(15)), "CHALLENGE_FORMAT"),
        (lambda payload: payload.__setitem__(2, 0), "CHALLENGE_FORMAT"),
        (lambda payload: payload.__setitem__(3, -1), "CHALLENGE_FORMAT"),
        (lambda payload: payload.__setitem__(4, "a\tb"), "CHALLENGE_PURPOSE"),
        (lambda payload: payload.__setitem__(4, b"x"), "CHALLENGE_PURPOSE"),
    ],
)
def test_another_form_is_refused_by_name(
    change: Callable[[list[object]], object], code: str
) -> None:
    with pytest.raises(FormatError, match=code):
        parse_signed_challenge(resigned(shown(), change, DESK))


def test_what_is_no_signed_challenge_is_told_apart() -> None:
    certificate, message = open_text(shown())
    for value, code in (
        ([1, NONCE, bytes(8), 2, NOW], "CHALLENGE_UNSIGNED"),
        ([certificate, message, 0], "CHALLENGE_FORMAT"),
        ([certificate], "CHALLENGE_FORMAT"),
        ([[1], message], "COSE_NOT_SIGN1"),
        ([message, message], "CERTIFICATE_HEADER"),
        ([certificate, [message[0], {1: -7}, *message[2:]]], "CHALLENGE_HEADER"),
        ([certificate, [*message[:3], bytes(63)]], "CHALLENGE_FORMAT"),
        ([[*certificate[:3], bytes(63)], message], "CERTIFICATE_FORMAT"),
        ([], "CHALLENGE_FORMAT"),
    ):
        with pytest.raises(FormatError, match=code):
            parse_signed_challenge(to_text("IDC:", cbor.encode(value)))
    with pytest.raises(FormatError, match="QR_TOO_LONG"):
        parse_signed_challenge(shown().ljust(MAX_TEXT + 1, "0"))


@given(
    st.text(alphabet=ALPHABET, max_size=460).map(lambda text: "IDC:" + text)
    | st.binary(max_size=300).map(lambda data: to_text("IDC:", data))
    | st.tuples(st.integers(0, 440), st.sampled_from(ALPHABET)).map(
        lambda one: SHOWN[: one[0]] + one[1] + SHOWN[one[0] + 1 :]
    )
)
def test_any_text_is_a_challenge_or_our_error_and_none_is_believed(text: str) -> None:
    try:
        asked = parse_signed_challenge(text)
        told = believed(text)
    except CredentialError:
        return
    assert text == SHOWN
    assert told.challenge == asked.challenge
