"""Writes docs/settings.md and docs/problems.md from what the code says: ``make reference``."""  # noqa: INP001 - scripts are no package

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic_core import PydanticUndefined

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from wallet_api.config import Settings  # noqa: E402 - found through the line above
from wallet_api.web.problems import TABLE  # noqa: E402

SETTINGS = """\
# Settings

Every setting of the wallet API is an environment variable with the prefix `WALLET_`, read once
at the start (`wallet_api/config.py`); all wrong values are reported together. There is no default
for a secret: keys lie in files below `WALLET_KEYS_DIR`, made by
`python -m wallet_api admin keys init`. `production` refuses sample keys, simulators and SQLite.

This page is written by `make reference`; change the settings' descriptions, not the page.

| Setting | Default | Values | Meaning |
|---|---|---|---|
"""

PROBLEMS = """\
# Problems

What the API answers when it cannot do what was asked: RFC 9457, `application/problem+json`.
`code` is stable; `title` and `detail` are for people, Indonesian by default, English with
`Accept-Language: en`. `type` is `https://ikd.example/problems/` and the code.

This page is written by `make reference` from `wallet_api/web/problems.toml`.

| Code | Status | Title (id) | What to do (id) | Title (en) | What to do (en) |
|---|---|---|---|---|---|
"""


def settings_page() -> str:
    """Return docs/settings.md."""
    rows = [
        f"| `WALLET_{name.upper()}` | {_default(field)} | {_values(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS + "\n".join(rows) + "\n"


def problems_page() -> str:
    """Return docs/problems.md."""
    rows = [
        f"| `{code}` | {row.status} | {row.title['id']} | {row.mend['id']} "
        f"| {row.title['en']} | {row.mend['en']} |"
        for code, row in TABLE.items()
    ]
    return PROBLEMS + "\n".join(rows) + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Return every page with its text."""
    yield ROOT / "docs" / "settings.md", settings_page()
    yield ROOT / "docs" / "problems.md", problems_page()


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        return "*required*"
    return f"`{field.default}`" if field.default != "" else "empty"


def _values(field: Any) -> str:
    choices = get_args(field.annotation)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    words = {"Path": "path", "str": "text", "int": "integer", "float": "number", "bool": "`0`, `1`"}
    name = words.get(field.annotation.__name__, field.annotation.__name__)
    limits = [
        f"{sign} {getattr(held, attribute)}"
        for held in field.metadata
        for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
        if getattr(held, attribute, None) is not None
    ]
    return " ".join([name, ", ".join(limits)]).strip()


def main() -> None:
    """Write the pages."""
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
