"""JSON Schema as rows of a table: one row a member, nested names dotted."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

DEEPEST: Final = 6
LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "from {}",
    "maximum": "to {}",
    "pattern": "pattern {}",
    "default": "default {}",
    "const": "always {}",
}


def of_content(spec: Schema, holder: Schema) -> list[Schema]:
    """Return the rows of a request body or a response; none where it is not JSON."""
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return _rows(spec, schema, "", 0) if schema else []


def type_name(schema: Schema) -> str:
    """Return a reader's name of a schema's type."""
    if "anyOf" in schema:
        names = [type_name(one) for one in schema["anyOf"]]
        return " or ".join(dict.fromkeys(names))
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if schema.get("type") == "array":
        return f"list of {type_name(schema.get('items', {}))}"
    if "$ref" in schema:
        return "object"
    return str(schema.get("type", "any"))


def _rows(spec: Schema, schema: Schema, prefix: str, depth: int) -> list[Schema]:
    found = _resolve(spec, schema)
    if depth > DEEPEST:
        return []
    if found.get("type") == "array":
        return _rows(spec, found.get("items", {}), f"{prefix}[]", depth + 1)
    required = found.get("required", [])
    rows: list[Schema] = []
    for name, member in found.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        rows.append(_row(path, member, required=name in required))
        rows += _nested(spec, member, path, depth + 1)
    extra = found.get("additionalProperties")
    if isinstance(extra, dict) and prefix:
        rows += _rows(spec, extra, f"{prefix}.*", depth + 1)
    return rows


def _nested(spec: Schema, member: Schema, path: str, depth: int) -> list[Schema]:
    choices = member.get("anyOf", [member])
    return [row for choice in choices for row in _rows(spec, choice, path, depth)]


def _row(path: str, member: Schema, *, required: bool) -> Schema:
    shown = member
    if "anyOf" in member:  # an optional value: its limits stand in the part that is not null
        shown = next((one for one in member["anyOf"] if one.get("type") != "null"), {}) | member
    limits = [text.format(shown[key]) for key, text in LIMITS.items() if shown.get(key) is not None]
    return {
        "name": path,
        "type": type_name(member),
        "required": required,
        "text": member.get("description", ""),
        "limits": "; ".join(limits),
    }


def _resolve(spec: Schema, schema: Schema) -> Schema:
    reference = schema.get("$ref", "")
    if not reference:
        return schema
    target: Any = spec
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    found: Schema = target
    return found
