"""Strict JSON for signed things (RFC 8259 within the limits of I-JSON, RFC 7493).

Two readers of one signed text must never see two different documents: duplicate members, NaN,
integers beyond 2**53 and lone surrogates are refused, and so is nesting that could exhaust the
stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import NoReturn, cast

from credentials.errors import FormatError

MAX_DEPTH = 16
MAX_INTEGER = (1 << 53) - 1


def parse_json(data: bytes, *, max_depth: int = MAX_DEPTH) -> object:
    """Read one JSON text in UTF-8; FormatError("JSON_…") for anything else.

    The caller bounds the size. Floats are finite; integers lie within ±(2**53 - 1).
    """
    try:
        text = data.decode()
        value = _read(text)
    except (ValueError, RecursionError, StopIteration):
        raise FormatError("JSON_INVALID") from None
    if text.count("{") + text.count("[") > max_depth:
        check_depth(value, max_depth=max_depth)
    if "\\u" in text:
        _refuse_surrogates(value)
    return value


def parse_texts(data: Sequence[bytes]) -> list[object]:
    """Read many JSON texts; FormatError("JSON_INVALID"). `check_depth` is left to the caller."""
    try:
        texts = [one.decode().strip(_SPACE) for one in data]
        found = [_scan(text, 0) for text in texts]
    except (ValueError, RecursionError, StopIteration):
        raise FormatError("JSON_INVALID") from None
    if [end for _, end in found] != list(map(len, texts)):
        raise FormatError("JSON_INVALID")
    values = [value for value, _ in found]
    if "\\u" in "".join(texts):
        _refuse_surrogates(values)
    return values


def parse_object(data: bytes, *, max_depth: int = MAX_DEPTH) -> dict[str, object]:
    """Read a JSON object; FormatError("JSON_…") for anything else."""
    value = parse_json(data, max_depth=max_depth)
    if not isinstance(value, dict):
        raise FormatError("JSON_NOT_OBJECT")
    return cast("dict[str, object]", value)


def check_depth(value: object, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise FormatError("JSON_DEPTH") when containers nest deeper than `max_depth`."""
    if _depth(value) > max_depth:
        raise FormatError("JSON_DEPTH")


def encode_json(value: object) -> bytes:
    """Write compact JSON in UTF-8, members in the order given."""
    return _ENCODER.encode(value).encode()


def _read(text: str) -> object:
    """Decode; at once where no space surrounds the text, as `JSONDecoder.decode` would else."""
    if text[:1] in _OPENING:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    return _DECODER.decode(text)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError
    return value


def _integer(digits: str) -> int:
    if len(digits) > 17:
        raise ValueError
    number = int(digits)
    if not -MAX_INTEGER <= number <= MAX_INTEGER:
        raise ValueError
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if number - number != 0:  # 1e999 is no number any more
        raise ValueError
    return number


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _depth(value: object) -> int:
    """Return how deep containers nest; level by level, so that depth costs no stack."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def _refuse_surrogates(value: object) -> None:
    try:
        encode_json(value)
    except (UnicodeEncodeError, RecursionError):
        raise FormatError("JSON_INVALID") from None


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_refuse_constant,
)
# What `raw_decode` calls, without its frame: (value, end) of the value that begins at an index.
_scan: Callable[[str, int], tuple[object, int]] = _DECODER.scan_once  # type: ignore[attr-defined]
_SPACE = " \t\n\r"
_OPENING = ("{", "[")
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
