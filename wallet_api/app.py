"""The web application: ``gunicorn 'wallet_api.app:create_app()'``."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from apiflask import APIFlask
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from wallet_api.bootstrap import make_deps, start_logging
from wallet_api.config import Settings, load_settings
from wallet_api.db import DatabaseError
from wallet_api.services.deps import Deps
from wallet_api.web import guards, observing, openapi, openid_errors, problems
from wallet_api.web.list_front import ListFront

LARGEST_BODY: Final = 1_000_000  # a hundred holder keys with their proofs are half of it
BLUEPRINTS: Final = (
    "policy",
    "enrolments",
    "captures",
    "activation",
    "sessions",
    "wallet",
    "kiosks",
    "passkeys",
    "lists",
    "openid_metadata",
    "notices",
    "openid_authorization",
    "openid_page",
    "authorizations",
    "openid_issuer",
    "health",
    "api_docs",
)
VERSION: Final = "1.0.0"


def create_app(settings: Settings | None = None, *, deps: Deps | None = None) -> Flask:
    """Make the application; ``deps`` replaces what ``settings`` would open (tests)."""
    if deps is None:
        settings = settings or load_settings()
        start_logging(settings)
        deps = make_deps(settings)
    app = APIFlask(
        "wallet_api",
        title="IKD wallet API",
        version=VERSION,
        docs_path=None,  # our own page: the packaged ones load scripts from other hosts
        spec_path="/openapi.json",
        static_folder=None,  # type: ignore[arg-type]  # Flask knows None: no static files
    )
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        SERVERS=[{"url": deps.settings.public_url}],
    )
    proxies = deps.settings.proxies
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]  # Flask's own way
    app.extensions["wallet"] = deps
    problems.register(app)
    openid_errors.register(app)
    app.register_error_handler(DatabaseError, problems.database_busy)
    openapi.register(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"wallet_api.web.{name}").bp)
    observing.register(app)
    app.before_request(problems.demand_plain_path)
    app.before_request(problems.demand_media_type)
    app.after_request(guards.attach_nonces)
    app.wsgi_app = ListFront(app.wsgi_app, deps, app.extensions["metrics"])  # type: ignore[method-assign]  # Flask's own way
    return app
