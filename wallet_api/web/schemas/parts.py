"""Pieces that several bodies share. Unknown members are refused everywhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Body(BaseModel):
    """A request body: strict types, nothing unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """An answer; documents what services return."""

    model_config = ConfigDict(frozen=True)


class Empty(Body):
    """The empty object."""


Coordinate = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class Jwk(Body):
    """A public P-256 key (RFC 7517)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate


class Label(Answer):
    """A text in both languages."""

    id: str
    en: str


class FieldError(Answer):
    """One wrong field."""

    field: str
    code: str


class ProblemDocument(Answer):
    """RFC 9457; ``code`` is stable, ``detail`` says what to do next."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = None


ShortText = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")]
Time = Annotated[str, Field(description="RFC 3339, UTC")]
