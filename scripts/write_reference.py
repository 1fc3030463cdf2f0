"""Writes docs/settings.md, problems.md and conformance.md from the code: ``make reference``."""  # noqa: INP001 - scripts are no package

from __future__ import annotations

import ast
import runpy
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

CONFORMANCE = """\
# Conformance

What each module of the OpenID Foundation's plans checks, and the test that checks it here. **This
is our own reading of the list of modules. It is not a run of the Foundation's suite, and no
certification.** The plans are alpha versions and change.

`make test ARGS=tests/conformance` runs all of it. One issuer and one relying party run on real
ports; wallets talk HTTP to them. Where it makes a difference a module is run for SD-JWT VC and
mdoc, with a pre-authorized code and with an authorization code, plain and encrypted. The code flow
is run as HAIP demands: attested wallet, pushed request, PKCE, DPoP.

Every credential that comes is taken apart by readers of the tests' own
(`tests/conformance/sd_jwt_checks.py`, `tests/conformance/mdoc_checks.py`), which share nothing
with the product's. Checked each time (`tests/conformance/steps.py`):

- status, media type, `Date`, `no-store`; no member that the specification does not know; an
  encrypted answer opens with the request's key;
- SD-JWT VC: `typ`, `alg`, `x5c` up to our root and without it, issuer's address in the certificate,
  signature, `vct` as in the metadata, times, `cnf` = the proof's key, every disclosure with its
  digest, no salt twice; type metadata: address, `vct`, digest, mandatory claims, what may be
  disclosed;
- mdoc: base64url without padding, signature, chain, key usage, country, digests, `docType`, device
  key = the proof's key, times within the certificate's, elements that the metadata names;
- status: the list is fetched at its address (JWT; for an mdoc the CWT as well), signed, about
  itself, and says VALID.

`tests/conformance/test_checks.py` bends good answers to see that these checks notice.

Not here: what hangs on TLS itself (the proxy's work), mTLS, `private_key_jwt` (wallets are attested
or public), mandatory elements of a driving licence (we issue none).

This page is written by `make reference` from the tests; change them, not the page.
"""

PLANS = {
    "issuer": """
## Issuer
Plans `oid4vci-1_0-issuer-test-plan` and `oid4vci-1_0-issuer-haip-test-plan`.
""",
    "fapi2": """
## Authorization server
What the HAIP plan adds of the FAPI 2.0 Security Profile, for clients with an attestation. What
each module does is our reading of its name and public summary.
""",
    "verifier": """
## Verifier
Plans `oid4vp-1final-verifier-test-plan` and `oid4vp-1final-verifier-haip-test-plan`.
""",
}


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


def conformance_page() -> str:
    """Return docs/conformance.md: every module of each plan, in the plan's order."""
    folder = ROOT / "tests" / "conformance"
    plans = runpy.run_path(str(folder / "modules.py"))["PLANS"]
    tests = [found for path in sorted(folder.glob("test_*.py")) for found in module_tests(path)]
    parts = [CONFORMANCE]
    for plan, heading in PLANS.items():
        rows = [
            f"| `{name}` | {said} | `{test}` |"
            for name in plans[plan]
            for stands_for, said, test in tests
            if stands_for == name
        ]
        head = ["| Module | What is checked | Test |", "|---|---|---|"]
        parts.append("\n".join([heading, *head, *rows, ""]))
    return "".join(parts)


def module_tests(path: Path) -> Iterator[tuple[str, str, str]]:
    """Return (module, first line of the docstring, test) of each test marked ``@module(…)``."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "module":
                name = ast.literal_eval(mark.args[0])
                said = (ast.get_docstring(node) or "").partition("\n")[0]
                yield name, said, f"{path.relative_to(ROOT).as_posix()}::{node.name}"


def pages() -> Iterator[tuple[Path, str]]:
    """Return every page with its text."""
    yield ROOT / "docs" / "settings.md", settings_page()
    yield ROOT / "docs" / "problems.md", problems_page()
    yield ROOT / "docs" / "conformance.md", conformance_page()


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
