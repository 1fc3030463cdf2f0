"""What must never pass: each vector is refused, and for its own reason."""

from __future__ import annotations

import json

import pytest

from credentials.errors import CredentialError
from tests.credentials.made import VECTORS
from tests.credentials.refusals.make import SETTING, files
from tests.credentials.refusals.reading import Case, Setting, read, read_setting

FOLDER = VECTORS / "refusals"
DOCUMENTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.json"))
}
KEPT = [(stem, Case(**case)) for stem, document in DOCUMENTS.items() for case in document["cases"]]
NEW = [(name, case) for name, cases in files().items() for case in cases]


def _code(case: Case, setting: Setting) -> str | None:
    try:
        read(case, setting)
    except CredentialError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("stem", "case"), KEPT, ids=[f"{stem}: {case.name}" for stem, case in KEPT]
)
def test_a_kept_vector_is_refused_for_its_reason(stem: str, case: Case) -> None:
    assert _code(case, read_setting(DOCUMENTS[stem]["setting"])) == case.expected


@pytest.mark.parametrize("case", [case for _, case in NEW], ids=[f"{n}: {c.name}" for n, c in NEW])
def test_the_same_made_anew_is_refused_for_its_reason(case: Case) -> None:
    assert _code(case, SETTING) == case.expected


def test_the_vectors_are_those_that_are_made() -> None:
    kept = [(stem, case.name, case.expected) for stem, case in KEPT]
    assert sorted(kept, key=str) == sorted(
        ((name, case.name, case.expected) for name, case in NEW), key=str
    )
    assert len({(stem, name) for stem, name, _ in kept}) == len(kept)


def test_there_are_enough_and_each_kind_has_one_that_passes() -> None:
    refused = [case for _, case in NEW if case.expected is not None]
    assert len(refused) >= 200
    passing = {case.format for _, case in NEW if case.expected is None}
    assert passing == {case.format for _, case in NEW}
