"""The rendered pictures are the same again, and every one can be read."""

from __future__ import annotations

import json
from pathlib import Path

import zxingcpp
from PIL import Image

from samples import rendered


def test_they_are_remade_byte_for_byte(tmp_path: Path) -> None:
    rendered.build(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    kept = {file.name: file.read_bytes() for file in rendered.FOLDER.glob("*.png")}
    assert made == kept


def test_each_code_reads_as_its_vector() -> None:
    for file in rendered.VECTORS.glob("*.json"):
        with Image.open(rendered.FOLDER / f"{file.stem}.png") as image:
            codes = zxingcpp.read_barcodes(
                image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode
            )
            found = [code.text for code in codes]
        assert found == [json.loads(file.read_text("utf-8"))["text"]], file.stem
