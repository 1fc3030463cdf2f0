"""The product's tables agree with each other: routes, errors, settings, migrations.

Forgetting is made impossible here: a new route says who may call it, a new error says what the
outside is told, a new setting is documented, a changed model has its migration.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import wallet_api
from tests.house.tree import ROOT
from wallet_api.app import create_app
from wallet_api.config import Settings
from wallet_api.errors import WalletError
from wallet_api.models import Base
from wallet_api.web.problems import TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask

GUARDS = {"open", "device", "dpop", "kiosk", "operator", "kiosk+operator"}
# Flask's and APIFlask's own: files of the documentation page, and the OpenAPI document itself.
FRAMEWORK = {"static", "openapi.spec", "openapi.docs", "openapi.static", "openapi.redirect"}


@pytest.fixture
def app(tmp_path: Path, migrated_sqlite_file: Path) -> APIFlask:
    """The real application, with keys made by the command that operators use."""
    values = {
        "environment": "demo",
        "database_url": f"sqlite:///{migrated_sqlite_file}",
        "registry_url": f"sqlite:///{tmp_path / 'registry.db'}",
        "keys_dir": str(tmp_path / "keys"),
        "publish_dir": str(tmp_path / "published"),
        "mail_url": f"file://{tmp_path / 'outbox'}",
        "sms_url": f"file://{tmp_path / 'outbox'}",
    }
    subprocess.run(
        [sys.executable, "-m", "wallet_api", "admin", "keys", "init", "--dir", values["keys_dir"]],
        check=True,
        cwd=ROOT,
        env=os.environ | {f"WALLET_{name.upper()}": value for name, value in values.items()},
        stdout=subprocess.DEVNULL,
    )
    return create_app(Settings(**values))  # type: ignore[arg-type]


def _errors(root: type[WalletError]) -> set[type[WalletError]]:
    """Return `root` and all its descendants, wherever in the package they are defined."""
    for module in pkgutil.walk_packages(wallet_api.__path__, "wallet_api."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found, waiting = set(), [root]
    while waiting:
        error = waiting.pop()
        found.add(error)
        waiting += error.__subclasses__()
    return found


def _documented(name: str) -> set[str]:
    """Return the codes that start a row or a heading of a document."""
    content = (ROOT / "docs" / name).read_text(encoding="utf-8")
    return set(
        re.findall(r"^(?:\| *|#+ +)`?([A-Z][A-Z0-9_]+)`?(?= *\||\s|$)", content, re.MULTILINE)
    )


def test_every_route_is_guarded_or_declared_open(app: APIFlask) -> None:
    guards = {
        name: getattr(view, "__guard__", None)
        for name, view in app.view_functions.items()
        if name not in FRAMEWORK
    }
    assert len(guards) > 10
    assert {name: guard for name, guard in guards.items() if guard not in GUARDS} == {}


def test_no_route_that_changes_something_is_open_by_oversight(app: APIFlask) -> None:
    """Open routes are few enough to be named; a new one is added here on purpose."""
    changing = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "__guard__", None) == "open"
        and (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    named = ("/v1/nonces", "/notices/", "/openid/")
    assert {rule for rule in changing if not rule.startswith(named)} == set()


def test_every_error_has_a_code_of_its_own() -> None:
    errors = _errors(WalletError)
    # An error of a port is one of ours with a reason added: it inherits the code.
    codes = [error.code for error in errors if "code" in vars(error)]
    assert len(errors) > 10
    assert sorted(codes) == sorted(set(codes))
    assert [code for code in codes if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", code)] == []


def test_every_error_has_its_row_in_the_problem_table() -> None:
    assert {error.code for error in _errors(WalletError)} - set(TABLE) == set()


def test_every_problem_is_documented_and_nothing_else_is() -> None:
    assert set(TABLE) == _documented("problems.md")


def test_every_problem_speaks_both_languages() -> None:
    for code, problem in TABLE.items():
        assert 400 <= problem.status <= 599, code
        for both in (problem.title, problem.mend):
            assert both["id"], code
            assert both["en"], code
            assert both["id"] != both["en"], code


def test_every_setting_is_documented_and_nothing_else_is() -> None:
    names = {f"WALLET_{name.upper()}" for name in Settings.model_fields}
    assert len(names) > 10
    documented = {name for name in _documented("settings.md") if name.startswith("WALLET_")}
    assert documented == names


def test_every_setting_explains_itself() -> None:
    mute = [name for name, field in Settings.model_fields.items() if not field.description]
    assert mute == []


def test_no_secret_has_a_default() -> None:
    secret = re.compile(r"secret|password|token$|_key$|pepper")
    assert [
        name
        for name, field in Settings.model_fields.items()
        if secret.search(name) and not field.is_required() and field.default
    ] == []


def test_migrations_make_what_the_models_say(migrated_database_url: str) -> None:
    engine = create_engine(migrated_database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == []
