"""What scanners type comes back as the text of the code, or stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.vectors_world import CARD
from verifier.desk.typed import restore

CARD_TEXT = CARD.shown()
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# What each US key gives on a computer with that layout.
GERMAN = str.maketrans("YZ:-/*", "ZYÖß-(")
SPANISH = str.maketrans(":-/*+", "Ñ'-(¿")
ITALIAN = str.maketrans(":-/*+", "ç'-(^")
FRENCH = str.maketrans("1234567890AQWZM:./-*$%", "&é\"'(-è_çàQAZW?M:!)845")
bodies = st.text(ALPHABET, max_size=80)


def test_a_text_that_arrived_whole_is_not_touched() -> None:
    assert restore(CARD_TEXT) == CARD_TEXT
    assert restore(CARD_TEXT, "NONSENSE") == CARD_TEXT


def test_caps_lock_and_line_ends_are_taken_back() -> None:
    assert restore(CARD_TEXT.swapcase() + "\r\n") == CARD_TEXT
    assert restore("\t" + CARD_TEXT[:60] + "\n" + CARD_TEXT[60:]) == CARD_TEXT


def test_a_space_at_the_end_belongs_to_the_code() -> None:
    assert restore("ID1:AB \r") == "ID1:AB "


@given(bodies)
def test_the_keys_that_were_pressed_win_over_a_strange_layout(body: str) -> None:
    text = f"ID1:{body}"
    assert restore(text.translate(FRENCH), text) == text


@given(bodies, st.sampled_from([SPANISH, ITALIAN, FRENCH]))
def test_four_layouts_betray_themselves_without_the_keys(body: str, layout: dict[int, int]) -> None:
    text = f"ID1:{body}"
    assert restore(text.translate(layout)) == text


@given(st.text(ALPHABET.replace("+", ""), max_size=80))
def test_a_german_layout_comes_back_where_no_dead_key_was_pressed(body: str) -> None:
    assert restore(f"IDS:{body}".translate(GERMAN)) == f"IDS:{body}"


@pytest.mark.parametrize("text", ["https://example.org/x?y=1", "ID1", "", "id2:abc", "ID1ÖÄ"])
def test_what_is_not_certain_stays_as_it_was(text: str) -> None:
    assert restore(text) == text


@given(st.text(max_size=200), st.text(max_size=200))
def test_anything_may_be_typed(typed: str, keys: str) -> None:
    assert isinstance(restore(typed, keys), str)
