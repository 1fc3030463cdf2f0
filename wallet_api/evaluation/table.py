"""Reads a CSV that a person made: every fault told with its line and what to mend."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wallet_api.evaluation.refusal import EvaluationRefused

_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: its number in the file and its values by column (stripped)."""

    line: int
    values: dict[str, str]


def read_table(path: Path, *, required: tuple[str, ...], optional: tuple[str, ...]) -> list[Row]:
    """Return the rows that hold anything. A missing optional column reads as empty values.

    The column ``file`` has to name each photo once, below the folder of photos. Raises
    EvaluationRefused with up to twenty faults.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    columns = _columns(path, reader, required)
    rows: list[Row] = []
    faults: list[str] = []
    try:
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(columns):
                faults.append(
                    f"line {line}: {len(cells)} values under {len(columns)} columns; "
                    "put values that hold a comma in double quotes"
                )
                continue
            found = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
            values = {name: found.get(name, "") for name in (*required, *optional)}
            faults += [
                f"line {line}: {name} is empty; fill it in or delete the line"
                for name in required
                if not values[name]
            ]
            rows.append(Row(line, values))
    except csv.Error as error:
        faults.append(f"line {reader.line_num}: {error}; check the quotes of this line")
    faults += _file_faults(rows)
    if not rows and not faults:
        faults = ["no photo is listed below the header"]
    if faults:
        more = len(faults) - _MOST_FAULTS
        shown = faults[:_MOST_FAULTS] + ([f"and {more} more"] if more > 0 else [])
        raise EvaluationRefused("\n".join(f"{path.name}: {fault}" for fault in shown))
    return rows


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise EvaluationRefused(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise EvaluationRefused(
            f"{path.name}: line {line}: not UTF-8; save the table as CSV in UTF-8"
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise EvaluationRefused(
            f"{path.name}: line {line}: a zero byte; save the table as CSV in UTF-8"
        )
    return text


def _columns(path: Path, reader: object, required: tuple[str, ...]) -> list[str]:
    try:
        header = next(reader, None)  # type: ignore[call-overload]
    except csv.Error as error:
        raise EvaluationRefused(f"{path.name}: line 1: {error}; check its quotes") from error
    columns = [str(name).strip().lower() for name in header or ()]
    missing = [name for name in required if name not in columns]
    if missing:
        hint = "separate the columns by commas" if len(columns) == 1 else "mend the first line"
        raise EvaluationRefused(
            f"{path.name}: line 1: no column {', '.join(missing)} "
            f"(found: {', '.join(columns) or 'nothing'}); {hint}"
        )
    double = {name for name in columns if name and columns.count(name) > 1}
    if double:
        raise EvaluationRefused(
            f"{path.name}: line 1: column {', '.join(sorted(double))} stands there twice"
        )
    return columns


def _file_faults(rows: list[Row]) -> list[str]:
    faults = []
    first: dict[str, int] = {}
    for row in rows:
        name = row.values["file"].replace("\\", "/")
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or (len(name) > 1 and name[1] == ":"):
            faults.append(
                f"line {row.line}: {name} leaves the folder of photos; name it relative to --images"
            )
        elif name and str(place) in first:
            faults.append(
                f"line {row.line}: {name} stands in line {first[str(place)]} already; "
                "delete one of them"
            )
        first.setdefault(str(place), row.line)
    return faults
