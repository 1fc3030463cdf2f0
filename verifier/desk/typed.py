"""What a scanner typed, turned back into the text of the code.

A scanner that acts as a keyboard presses keys of a US keyboard; the computer may read them under
another layout, and Caps Lock may be on. The page sends what was typed and, where the browser knows
them, the keys as a US keyboard would read them: one of the two has a prefix of ours. Where the
browser does not know the keys (some tablets), four layouts betray themselves in the prefix, and
each of their keys stands for exactly one character. What is not unambiguous stays as it was.
"""

from __future__ import annotations

from typing import Final

_PREFIXES: Final = ("ID1:", "IDS:")
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LIMIT: Final = 20_000

# What a US keyboard's keys for base45 give under another layout: (US, the layout's).
_LAYOUTS: Final = {
    "de": ("YZ:-/*", "ZYÖß-("),  # its + is a dead key: nothing unambiguous comes of it
    "es": (":-/*+", "Ñ'-(¿"),
    "it": (":-/*+", "ç'-(^"),
    "fr": ("1234567890AQWZM:./-*$%", "&é\"'(-è_çàQAZW?M:!)845"),
}


def restore(typed: str, keys: str = "") -> str:
    """Return the text of the code that was scanned, or `typed` as it is when nothing is certain."""
    typed, keys = tidy(typed), tidy(keys)
    for text in (typed, keys):
        if text.startswith(_PREFIXES):
            return text
    for text in (typed, keys):  # no lower-case letter is in the alphabet: Caps Lock, or no Shift
        if text.upper().startswith(_PREFIXES):
            return text.upper()
    return _by_layout(typed) or typed


def tidy(text: str) -> str:
    """Return a text without the line ends that scanners and mails add.

    A space may belong to the code.
    """
    return text[:_LIMIT].translate({ord(one): None for one in "\r\n\t"})


def _by_layout(typed: str) -> str | None:
    for us, other in _LAYOUTS.values():
        back = dict(zip(other, us, strict=True))
        gone = set(us) - set(other)  # what a key of the layout gives no more
        text = "".join(back.get(one, "\0" if one in gone else one) for one in typed)
        if text.startswith(_PREFIXES) and set(text) <= set(_ALPHABET):
            return text
    return None
