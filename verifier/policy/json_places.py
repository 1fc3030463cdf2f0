"""JSON with the place of every member: a mistake is told by its line, as an editor counts them.

Python's parser says what a text means but not where; a second pass over its lexemes does. The
second pass only ever sees text that the parser took, so it need not doubt its structure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.policy.mistakes import Mistake

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class JsonText:
    """A parsed text: its value, where each member stands, and which are written twice.

    Paths are as in mistakes: `status.unknown`, `accept[0].type`. A place is (line, column).
    """

    value: object
    places: Mapping[str, tuple[int, int]]
    twice: tuple[str, ...]


def read_json(data: bytes) -> JsonText | Mistake:
    """Parse UTF-8 JSON, with or without a byte order mark, or return what keeps it from being."""
    try:
        text = data.decode("utf-8-sig")
        return _with_places(text, json.loads(text))
    except json.JSONDecodeError as problem:
        line, column = problem.lineno, problem.colno
        return Mistake("NOT_JSON", "", {"reason": problem.msg}, line=line, column=column)
    except (UnicodeDecodeError, RecursionError, ValueError):  # ValueError: a number without end
        return Mistake("NOT_UTF8_JSON", "")


def join(path: str, member: str) -> str:
    """Return the path of a member of the object at `path`."""
    if not _PLAIN.fullmatch(member):  # nobody's member, but it must not look like another's path
        member = json.dumps(member)
    return f"{path}.{member}" if path else member


def _with_places(text: str, value: object) -> JsonText:
    places: dict[str, tuple[int, int]] = {}
    twice: list[str] = []
    for path, offset in _Walk(text).members():
        if path in places:
            twice.append(path)
        places[path] = _position(text, offset)
    return JsonText(value, places, tuple(twice))


class _Walk:
    """One pass over the lexemes of a text that is JSON."""

    def __init__(self, text: str) -> None:
        self._lexemes = [(found.group(), found.start()) for found in _LEXEME.finditer(text)]
        self._at = 0

    def members(self) -> Iterator[tuple[str, int]]:
        """Yield the path of every member and list entry with its offset."""
        return self._value("")

    def _next(self) -> tuple[str, int]:
        lexeme = self._lexemes[self._at]
        self._at += 1
        return lexeme

    def _value(self, path: str) -> Iterator[tuple[str, int]]:
        lexeme, _ = self._next()
        if lexeme == "{":
            yield from self._object(path)
        elif lexeme == "[":
            yield from self._list(path)

    def _object(self, path: str) -> Iterator[tuple[str, int]]:
        while True:
            lexeme, offset = self._next()
            if lexeme == "}":
                return
            if lexeme == ",":
                continue
            member = join(path, str(json.loads(lexeme)))
            yield member, offset
            self._next()  # the colon
            yield from self._value(member)

    def _list(self, path: str) -> Iterator[tuple[str, int]]:
        count = 0
        while True:
            lexeme, offset = self._lexemes[self._at]
            if lexeme in ("]", ","):
                self._at += 1
                if lexeme == "]":
                    return
                continue
            entry = f"{path}[{count}]"
            count += 1
            yield entry, offset
            yield from self._value(entry)


def _position(text: str, offset: int) -> tuple[int, int]:
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1
