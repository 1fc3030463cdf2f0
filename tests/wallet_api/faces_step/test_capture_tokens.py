"""Reading a prompt back: ours, of this kind, typed; anything else is nobody's (T03)."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credentials.jwk import b64url_encode
from credentials.signing import generate_pem
from tests.wallet_api import capturing
from tests.wallet_api.handset import Handset, at_face
from wallet_api.services.capture_tokens import CHALLENGE_TYPE, PROMPT_TYPE, Prompt, read_prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.wallet_api.simulators import World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

GOOD: dict[str, Any] = {"jti": "a capture", "n": 0, "turn": "front", "iat": 1.5, "exp": 13.5}


def signed(
    world: World, payload: dict[str, Any], *, typ: str = PROMPT_TYPE, **header: object
) -> str:
    key = world.deps.keys.challenge_key
    return jwt.encode(payload, key, "ES256", headers={"typ": typ} | header)


def test_a_prompt_of_ours_is_read(world: World) -> None:
    assert read_prompt(world.deps, signed(world, GOOD)) == Prompt("a capture", 0)


def by_another_key(world: World) -> str:
    del world
    return jwt.encode(GOOD, generate_pem(), "ES256", headers={"typ": PROMPT_TYPE})


def by_the_time_key(world: World) -> str:
    return jwt.encode(GOOD, world.deps.keys.time_key, "ES256", headers={"typ": PROMPT_TYPE})


def without_signature(world: World) -> str:
    del world
    return jwt.encode(GOOD, None, "none", headers={"typ": PROMPT_TYPE})


def with_a_shared_secret(world: World) -> str:
    del world
    return jwt.encode(GOOD, "s" * 32, "HS256", headers={"typ": PROMPT_TYPE})


def with_an_altered_payload(world: World) -> str:
    head, _, signature = signed(world, GOOD).split(".")
    other = signed(world, GOOD | {"n": 4}).split(".")[1]
    return f"{head}.{other}.{signature}"


def as_a_challenge(world: World) -> str:
    return signed(world, GOOD, typ=CHALLENGE_TYPE)


def with_a_key_in_its_header(world: World) -> str:
    return signed(world, GOOD, jwk={"kty": "EC"})


def without_a_number(world: World) -> str:
    return signed(world, {name: value for name, value in GOOD.items() if name != "n"})


def with_more_than_it_has(world: World) -> str:
    return signed(world, GOOD | {"aud": "somebody"})


def with_a_number_off_the_list(world: World) -> str:
    return signed(world, GOOD | {"n": 5})


def with_a_truth_for_a_number(world: World) -> str:
    return signed(world, GOOD | {"n": False})


def with_a_text_for_a_number(world: World) -> str:
    return signed(world, GOOD | {"n": "0"})


def with_a_list_for_a_name(world: World) -> str:
    key = world.deps.keys.challenge_key
    text = b'{"jti":["a capture"],"n":0,"turn":"front","iat":1.5,"exp":13.5}'
    return jwt.PyJWS().encode(text, key, "ES256", headers={"typ": PROMPT_TYPE})


def with_a_list_for_a_payload(world: World) -> str:
    key = world.deps.keys.challenge_key
    return jwt.PyJWS().encode(b"[]", key, "ES256", headers={"typ": PROMPT_TYPE})


def nested_deep(world: World) -> str:
    del world
    return f"{b64url_encode(b'[' * 1400)}.e30.AA"


FORGERIES = [
    by_another_key, by_the_time_key, without_signature, with_a_shared_secret,
    with_an_altered_payload, as_a_challenge, with_a_key_in_its_header, without_a_number,
    with_more_than_it_has, with_a_number_off_the_list, with_a_truth_for_a_number,
    with_a_text_for_a_number, with_a_list_for_a_name, with_a_list_for_a_payload, nested_deep,
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_t03_a_forged_prompt_is_nobodys(world: World, forge: Callable[[World], str]) -> None:
    assert read_prompt(world.deps, forge(world)) is None


def test_t03_of_ten_thousand_altered_prompts_none_is_taken(world: World) -> None:
    """One character off, anywhere: the header, the payload or the signature."""
    token, letters = signed(world, GOOD), string.ascii_letters + string.digits + "-_."
    draw = random.Random(3)
    taken = 0
    for _ in range(10_000):
        place = draw.randrange(len(token))
        other = draw.choice(letters.replace(token[place], ""))
        altered = token[:place] + other + token[place + 1 :]
        taken += read_prompt(world.deps, altered) is not None
    assert taken == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(token=st.text(max_size=300) | st.from_regex(r"[\w-]{0,80}\.[\w-]{0,80}\.[\w-]{0,90}"))
def test_whatever_a_phone_sends_as_a_prompt_is_read_or_refused(world: World, token: str) -> None:
    assert read_prompt(world.deps, token) is None


def test_t03_a_prompt_that_was_never_ours_ends_the_capture(world: World) -> None:
    phone: Handset = at_face(world)
    for forge in (by_another_key, without_signature, as_a_challenge):
        capture = capturing.opened(phone)
        world.clock.advance(seconds=1)
        answer = capturing.answer(phone, capture["capture"], forge(world), capturing.new_frames(1))
        assert (answer.status_code, answer.get_json()["code"]) == (422, "PROMPT_INVALID")
        told = capturing.read(phone, capture["capture"]).get_json()
        assert (told["state"], told["failure"]["code"]) == ("failed", "PROMPT_INVALID")
