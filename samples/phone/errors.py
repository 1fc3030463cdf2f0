"""What can go wrong on the phone: one tree, each case with a stable code and texts id and en.

Problems of the server arrive already translated (RFC 9457); the phone's own are in `messages`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from samples.phone.messages import text_of


class PhoneError(Exception):
    """Something the person at the phone has to know. `code` is stable."""

    def __init__(self, code: str, **values: object) -> None:
        """Name a case of `messages.TEXTS`; `values` fill its text."""
        super().__init__(code)
        self.code = code
        self.values = values

    def explain(self, language: str) -> str:
        """Return the text for the person, in `language` ("id" or "en")."""
        return text_of(self.code, language, **self.values)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field the server could not accept."""

    field: str
    code: str
    message: str


@dataclass(slots=True, eq=False)
class Problem(PhoneError):
    """An `application/problem+json` answer (RFC 9457), as the API documents it."""

    status: int
    code: str
    title: str
    detail: str = ""
    mend: str = ""
    fields: tuple[FieldProblem, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    retry_after: float | None = None

    def __post_init__(self) -> None:
        """Give Exception its argument, so that logs show the code."""
        Exception.__init__(self, self.code)

    def explain(self, language: str) -> str:
        """Return title, what to mend, what is left, and the fields, each on its line."""
        lines = [self.title]
        if "attempts_left" in self.extra:
            lines.append(text_of("TRIES_LEFT", language, left=self.extra["attempts_left"]))
        else:
            lines += [text for text in (self.detail, self.mend) if text and text != self.title]
        seconds = self.extra.get("wait_seconds") or self.retry_after
        if seconds:
            lines.append(text_of("WAIT", language, seconds=round(seconds)))
        lines += [f"  {item.field}: {item.message or item.code}" for item in self.fields]
        return "\n".join(lines)


def problem_from(status: int, body: object, retry_after: str | None) -> Problem:
    """Read an error answer of the API; a body that is no problem document still gives a Problem."""
    data = body if isinstance(body, dict) else {}
    known = {"type", "title", "status", "code", "detail", "mend", "errors"}
    fields = tuple(
        FieldProblem(str(e.get("field", "")), str(e.get("code", "")), str(e.get("message", "")))
        for e in data.get("errors") or ()
        if isinstance(e, dict)
    )
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return Problem(
        status=status,
        code=str(data.get("code", f"HTTP_{status}")),
        title=str(data.get("title", f"HTTP {status}")),
        detail=str(data.get("detail") or ""),
        mend=str(data.get("mend") or ""),
        fields=fields,
        extra={key: value for key, value in data.items() if key not in known},
        retry_after=seconds,
    )
