"""A presentation to draw."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from credentials.presentation import presentation_text, sign_presentation
from credentials.qr_credential import build_claims, sign_credential
from samples.card import load_catalogue
from samples.keys import SampleSigner
from samples.people.registry import load_records

NOW = 1795413600


@pytest.fixture(scope="session")
def sample_presentation() -> str:
    """The full identity card of the first of the cast, with a grey portrait."""
    portrait = io.BytesIO()
    Image.new("RGB", (64, 80), (120, 130, 140)).save(portrait, "WEBP", quality=30)
    values = {**load_records()[0]["person"], "portrait": portrait.getvalue()}
    id_card = load_catalogue().document_type("id_card")
    claims = build_claims(
        id_card.encode(id_card.profile("full"), values),
        issued_at=NOW,
        expires_at=NOW + 14 * 86400,
        holder_key=SampleSigner("holder").public_key,
        status=(1, 2),
    )
    credential = sign_credential(claims, SampleSigner("issuer-population"))
    holder = SampleSigner("holder")
    return presentation_text(sign_presentation(credential, holder, issued_at=NOW + 60))
