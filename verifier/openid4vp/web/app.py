"""The WSGI application: three groups of addresses below the path of the public address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask

from verifier.openid4vp.assembly import assemble
from verifier.openid4vp.errors import SetupError
from verifier.openid4vp.exchange import RelyingParty
from verifier.openid4vp.responses import MAX_FORM
from verifier.openid4vp.settings import API_KEY, Folder
from verifier.openid4vp.web import refusals
from verifier.openid4vp.web.back_end import back_end_addresses
from verifier.openid4vp.web.calls import script_addresses
from verifier.openid4vp.web.pages import page_addresses
from verifier.openid4vp.web.wallets import wallet_addresses

HOME = "OPENID4VP_HOME"
PUBLIC_URL = "OPENID4VP_PUBLIC_URL"
TRUST = "OPENID4VP_TRUST"


def create_app(party: RelyingParty, *, api_key: str = "") -> Flask:
    """Return the application; without `api_key` there is no polling API.

    QueryError, PolicyError, SetupError for an offer that could not be asked: better now than then.
    """
    for offer in party.settings.offers:
        party.query(offer.policy, offer.document_type, offer.format)
    party.identity.client_id(party.settings.client_prefix, party.settings.public_url)
    base = party.settings.base_path
    app = Flask(__name__, static_url_path=f"{base}/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_FORM
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    refusals.install(app)
    app.register_blueprint(wallet_addresses(party), url_prefix=f"{base}/openid4vp")
    app.register_blueprint(page_addresses(party), url_prefix=base or None)
    app.register_blueprint(script_addresses(party), url_prefix=base or None)
    app.register_blueprint(back_end_addresses(party, api_key), url_prefix=f"{base}/api")
    return app


def from_environment() -> Any:
    """Return the application for gunicorn or waitress: OPENID4VP_HOME names the folder.

    OPENID4VP_PUBLIC_URL and OPENID4VP_TRUST win over the folder's settings. SetupError.
    """
    if not os.environ.get(HOME):
        raise SetupError("NOT_INITIALISED", HOME)
    path = Path(os.environ[HOME])
    trust = os.environ.get(TRUST)
    party = assemble(
        path,
        public_url=os.environ.get(PUBLIC_URL) or None,
        trust=Path(trust) if trust else None,
    )
    return create_app(party, api_key=Folder(path).text(API_KEY))
