"""The sample keys are what everybody knows, and are recognised as such."""

from __future__ import annotations

import json
from pathlib import Path

from credentials.signing import PemSigner, verify_es256
from samples.keys import FOLDER, NAMES, SampleSigner, build, development_roots, sample_pem
from verifier.roots import development_fingerprints

PACKAGE = Path(__file__).parents[2] / "verifier"


def test_the_key_files_are_made_byte_for_byte(tmp_path: Path) -> None:
    build(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert made == {file.name: file.read_bytes() for file in FOLDER.iterdir()}


def test_the_verifier_knows_the_sample_root_as_public_knowledge() -> None:
    text = (PACKAGE / "development-roots.json").read_text(encoding="utf-8")
    assert text == development_roots()
    prints = json.loads((FOLDER / "fingerprints.json").read_text(encoding="utf-8"))
    assert development_fingerprints() == {prints["public_knowledge"]["root"]}
    assert set(prints["public_knowledge"]) == set(NAMES)


def test_sample_signatures_are_the_same_every_time_and_verify() -> None:
    signer = SampleSigner("holder")
    assert signer.sign(b"data") == SampleSigner("holder").sign(b"data")
    verify_es256(PemSigner(sample_pem("holder")).public_key, b"data", signer.sign(b"data"))
