"""Bodies of another wallet's request and the resident's decision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wallet_api.web.schemas.parts import Answer, Body, Label, Time


class AskedDocument(Answer):
    """A document that is asked for, in one of the world's formats."""

    type: str
    format: str
    label: Label


class AuthorizationAnswer(Answer):
    """What the app shows before the decision."""

    id: str
    client: Annotated[str, Field(description="host or app that gets the answer")]
    client_id: Annotated[str, Field(description="the wallet's own name for itself: unproven")]
    attested: Annotated[bool, Field(description="a known attester vouches for `client_id`")]
    documents: list[AskedDocument]
    number: Annotated[str, Field(description="the page shows the same, or it is another request")]
    expires_at: Time


class DecisionBody(Body):
    """The decision, and the number that the app had shown."""

    decision: Literal["approve", "refuse"]
    number: Annotated[str, Field(pattern=r"^[0-9]{3}$")]


class DecisionAnswer(Answer):
    """What was decided."""

    id: str
    decision: str
