"""Schemathesis attacks every operation of the OpenAPI document, outside and inside the guards.

`make fuzz` runs the same for long. Nothing may answer with a server error, with a status, a
content type or a body that the document does not name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from wallet_api.app import create_app

from .signing import SignedApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.wallet_api.simulators import World

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
ALWAYS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
OUTSIDE = [
    *ALWAYS,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    unsupported_method,
]


def wrong_bodies_are_refused(context: CheckContext, response: Response, case: Any) -> None:
    """The headers are ours; a body off its schema must not be taken."""
    del context
    body = case.meta.components.get(ParameterLocation.BODY) if case.meta else None
    if body is not None and body.mode is GenerationMode.NEGATIVE:
        assert response.status_code >= 400, f"took {case.body!r}"


INSIDE = [*ALWAYS, wrong_bodies_are_refused]

pytestmark = [
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
    pytest.mark.timeout(300 + 60 * EXAMPLES),
]


def _attack(app: Any, checks: list[Callable[..., Any]]) -> tuple[int, dict[str, str]]:
    """Attack every operation; return how many there were, and what each failure says."""
    failures: dict[str, str] = {}
    count = 0
    for found in schemathesis.openapi.from_wsgi("/openapi.json", app).get_all_operations():
        operation = found.ok()
        count += 1
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and _takes_any_text(operation):
                continue
            try:
                _attack_one(operation, mode, checks)
            except Unsatisfiable:
                continue  # takes no input: there is nothing to get wrong
            except (Exception, FailureGroup) as error:  # noqa: BLE001 - one report of all
                failures[f"{operation.label} {mode.value}"] = _tell(error)
    return count, failures


def _takes_any_text(operation: Any) -> bool:
    """Whether its document forbids no input: what breaks the rules would be sought in vain."""
    return len(operation.body) == 0 and all(
        one.definition["schema"].keys() <= {"type", "examples"}
        and one.definition["schema"]["type"] == "string"
        and (one.definition["in"] == "path" or not one.definition["required"])
        for one in operation.iter_parameters()
    )


def _tell(error: BaseException) -> str:
    parts = getattr(error, "exceptions", [])
    notes = getattr(error, "__notes__", [])
    return "\n".join([str(error), *(str(part) for part in parts), *notes])


def _attack_one(operation: Any, mode: GenerationMode, checks: list[Callable[..., Any]]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attack(case: Any) -> None:
        case.call_and_validate(checks=checks)

    attack()


def test_nothing_outside_the_guards_breaks(world: World) -> None:
    count, failures = _attack(create_app(deps=world.deps), OUTSIDE)
    assert not failures, "\n\n".join(f"{name}\n{text}" for name, text in failures.items())
    assert count > 30


def test_nothing_inside_the_guards_breaks(world: World) -> None:
    """The body is the attacker's, the signatures are true."""
    app = create_app(deps=world.deps)
    app.wsgi_app = SignedApplication(world, app)  # type: ignore[method-assign]
    count, failures = _attack(app, INSIDE)
    assert not failures, "\n\n".join(f"{name}\n{text}" for name, text in failures.items())
    assert count > 30
