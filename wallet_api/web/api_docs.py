"""The browsable page of the API at ``/docs``, made by us from the OpenAPI document.

Plain HTML, one style sheet, one small script for the filter: nothing is loaded
from other hosts, and without the script the page is complete.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final, cast

from apiflask import APIBlueprint, APIFlask
from flask import Response, abort, current_app, make_response, render_template
from markupsafe import Markup, escape

from wallet_api.web import guards, schema_rows
from wallet_api.web.openapi import PICTURE
from wallet_api.web.problems import PICTURES, TABLE

bp = APIBlueprint(
    "api_docs", __name__, url_prefix="/docs", tag="Operations", template_folder="templates"
)
bp.enable_openapi = False  # a page for people, not for programs

Spec = dict[str, Any]

PARTS: Final = {"api_docs.css": "text/css", "api_docs.js": "text/javascript"}
GUARDS: Final = {
    "open": "open",
    "device": "device key",
    "dpop": "session (DPoP)",
    "kiosk": "kiosk key",
    "kiosk+operator": "kiosk key + operator",
}
METHODS: Final = ("get", "post", "put", "patch", "delete")


@bp.app_template_filter("ticks")
def ticks(text: str) -> Markup:
    """Turn `words` in back quotes into code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


@bp.app_template_filter("broken")
def broken(path: str) -> Markup:
    """Let a long path break after its slashes."""
    return Markup("/<wbr>").join(escape(part) for part in path.removeprefix("/v1").split("/"))


@bp.get("")
@guards.open_to_all
def read() -> Response:
    """Show every operation with what it needs, takes and answers."""
    spec = cast("Spec", cast("APIFlask", current_app).spec)
    html = render_template(
        "api_docs.html",
        info=spec["info"],
        groups=_groups(spec),
        schemes=spec["components"]["securitySchemes"],
        problems={code: problem for code, problem in TABLE.items() if code != "CONFIGURATION"},
    )
    response = make_response(html)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@bp.get("/<string:name>")
@guards.open_to_all
def part(name: str) -> Response:
    """Send the page's style sheet or script."""
    if name not in PARTS:
        abort(404)
    content = files(__package__).joinpath("static", name).read_text(encoding="utf-8")
    response = make_response(content)
    response.mimetype = PARTS[name]
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _groups(spec: Spec) -> list[Spec]:
    """Group the operations by tag, in the document's order of tags."""
    operations = [
        _operation(spec, path, method, operation)
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return [
        {
            "name": tag["name"],
            "text": tag.get("description", ""),
            "operations": [one for one in operations if one["tag"] == tag["name"]],
        }
        for tag in spec["tags"]
        if any(one["tag"] == tag["name"] for one in operations)
    ]


def _operation(spec: Spec, path: str, method: str, operation: Spec) -> Spec:
    parameters = operation.get("parameters", [])
    schemes = spec["components"]["securitySchemes"]
    needed = [name for held in operation.get("security", []) for name in held]
    return {
        "id": operation["operationId"],
        "tag": operation.get("tags", [""])[0],
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "text": operation.get("description", ""),
        "guard": GUARDS.get(operation["x-guard"], operation["x-guard"]),
        "purpose": operation.get("x-purpose", ""),
        "headers": [_scheme_row(schemes[name]) for name in needed]
        + [_parameter_row(one) for one in parameters if one["in"] == "header"],
        "inputs": [_parameter_row(one) for one in parameters if one["in"] != "header"],
        "body": _body(spec, operation.get("requestBody", {})),
        "answers": [
            _answer(spec, status, response)
            for status, response in sorted(operation["responses"].items())
        ],
    }


def _body(spec: Spec, body: Spec) -> list[Spec]:
    """Return the rows of a request body; one row where the body is a picture's bytes."""
    media = body.get("content", {})
    if not media.keys() & set(PICTURES):
        return schema_rows.of_content(spec, body)
    return [
        {
            "name": "(the whole body)",
            "type": " | ".join(media),
            "required": True,
            "text": PICTURE["schema"]["description"],
            "limits": "",
        }
    ]


def _scheme_row(scheme: Spec) -> Spec:
    name = scheme.get("name", "Authorization")
    return {"name": name, "required": True, "text": scheme["description"], "type": "string"}


def _parameter_row(parameter: Spec) -> Spec:
    return {
        "name": parameter["name"],
        "required": parameter.get("required", False),
        "text": parameter.get("description", ""),
        "type": schema_rows.type_name(parameter.get("schema", {})),
    }


def _answer(spec: Spec, status: str, response: Spec) -> Spec:
    return {
        "status": status,
        "good": status[0] in "23",
        "codes": response.get("x-codes", []),
        "text": response.get("description", ""),
        "media": next(iter(response.get("content", {})), ""),
        "rows": [] if "x-codes" in response else schema_rows.of_content(spec, response),
    }
