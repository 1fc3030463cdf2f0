"""Fields the issuer computes from others, by rules the catalogue names.

age_over   the largest of `numbers` (years) reached on a day, from a date; absent below all
mask       the text with all but its last `numbers[0]` characters replaced by "*"
count      the number of records
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from credentials.document_types import DocumentType
from credentials.errors import LintError
from credentials.fields import Derivation

_MASK = "*"


def with_derived(
    document_type: DocumentType, values: Mapping[str, object], *, on: date
) -> dict[str, object]:
    """Return the values with every derived field computed as of the day `on`.

    A derived value the registry sent is overwritten, or removed where the rule gives none.
    LintError("FIELD_INVALID", name) when the source value is not what the rule needs.
    """
    result = dict(values)
    for name, derivation in document_type.derivations:
        result.pop(name, None)
        source = values.get(derivation.source)
        if source is None:
            continue
        value = _derive(derivation, source, on)
        if value is not None:
            result[name] = value
    return result


def years_between(birth: date, on: date) -> int:
    """Return full years of age; born on 29 February, one is older on 1 March of other years."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _derive(derivation: Derivation, source: object, on: date) -> object | None:
    if derivation.rule == "age_over" and isinstance(source, str):
        try:
            years = years_between(date.fromisoformat(source), on)
        except ValueError:
            raise LintError("FIELD_INVALID", derivation.source) from None
        return max((number for number in derivation.numbers if number <= years), default=None)
    if derivation.rule == "mask" and isinstance(source, str) and derivation.numbers:
        shown = min(derivation.numbers[0], len(source) // 2)
        return _MASK * (len(source) - shown) + source[len(source) - shown :]
    if derivation.rule == "count" and isinstance(source, list | tuple):
        return len(source)
    raise LintError("FIELD_INVALID", derivation.source)
