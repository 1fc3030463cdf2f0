"""What the verifier tests share: the world of the vectors, bundles, one run of the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from credentials.bundle import Bundle, sign_bundle
from samples.keys import SampleSigner
from samples.vectors_world import NOW, bundles
from verifier.bundle import TrustedBundle, trust_bundle
from verifier.cli import main
from verifier.roots import load_root

VECTORS = Path(__file__).parents[2] / "samples" / "vectors"
BUNDLE = VECTORS / "bundles" / "current.cose"
AT = datetime.fromtimestamp(NOW, UTC)
ISO = AT.isoformat()


def bundle_bytes(**changes: Any) -> bytes:
    """The vectors' current bundle with changes, signed by the sample root."""
    content: Bundle = replace(bundles()["current"], **changes)
    return sign_bundle(content, SampleSigner("root"))


@pytest.fixture(scope="session")
def bundle() -> TrustedBundle:
    return trust_bundle(BUNDLE.read_bytes(), root=load_root())


@dataclass(frozen=True)
class Run:
    """What one run of the command line left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    def run(*arguments: object) -> Run:
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Run(code, printed.out, printed.err)

    return run
