"""Logs as JSON lines on stdout, by an allow-list of fields (threat T31).

What may carry personal data never reaches a line: not the text of an
exception (SQLAlchemy prints the parameters, pydantic the input), not a
traceback's source lines, not the arguments of other people's log calls. Of an
exception stand its type and the places it went through; of a foreign logger
its name and the place (of gunicorn the constant template as well).
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import Final, TextIO

OURS: Final = ("wallet_api",)
FIELDS: Final = frozenset(
    {
        *("request", "method", "route", "status", "ms", "bytes", "guard", "problem"),
        *("job", "kind", "done", "failed", "worker", "reason"),
    }
)
"""What a line of ours may carry beside time, level, logger, place and event."""
LONGEST_TEXT: Final = 200
MOST_FRAMES: Final = 12


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its newline."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        if record.name.partition(".")[0] in OURS:
            line["event"] = record.getMessage()[:LONGEST_TEXT]
            line |= _allowed(getattr(record, "fields", None))
        else:
            plain = record.name.startswith("gunicorn")  # its templates are constants
            line["event"] = str(record.msg)[:LONGEST_TEXT] if plain else "message"
            line["place"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = _chain(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


class _Stdout(logging.StreamHandler[TextIO]):
    """Writes to whatever is ``sys.stdout`` at the moment of writing."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # found anew each time
        return sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None: ...


def start(level: str) -> None:
    """Send every logger of this process to stdout as JSON; calling it again changes the level."""
    root = logging.getLogger()
    root.handlers = [held for held in root.handlers if not isinstance(held, _Stdout)]
    handler = _Stdout()
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("wallet_api").setLevel(level)


def _allowed(fields: object) -> dict[str, object]:
    if not isinstance(fields, dict):
        return {}
    return {
        name: value[:LONGEST_TEXT] if isinstance(value, str) else value
        for name, value in fields.items()
        if name in FIELDS and (value is None or isinstance(value, bool | int | float | str))
    }


def _chain(error: BaseException) -> list[dict[str, object]]:
    """Return types and places from the error to its causes, without any text of theirs."""
    chain: list[dict[str, object]] = []
    seen: BaseException | None = error
    while seen is not None and len(chain) < MOST_FRAMES:
        frames = [
            f"{Path(frame.f_code.co_filename).name}:{number} {frame.f_code.co_name}"
            for frame, number in walk_tb(seen.__traceback__)
        ]
        chain.append({"type": type(seen).__qualname__, "frames": frames[-MOST_FRAMES:]})
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return chain
