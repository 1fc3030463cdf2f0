"""`face calibrate` signs the thresholds of a measured model; `face calibration` shows them."""

from __future__ import annotations

import hashlib
import json
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from wallet_api.adapters.faces import opening
from wallet_api.adapters.faces.calibration import (
    FORMAT,
    SIGNED_NAME,
    Calibration,
    CalibrationError,
    Figure,
    MeasuredOn,
    Thresholds,
    check,
    fusing_of,
    packaged,
    sign,
)
from wallet_api.adapters.faces.model_files import SFACE
from wallet_api.adapters.keys import load_calibration_key
from wallet_api.config import load_settings
from wallet_api.errors import ConfigurationError

MAX_REPORT_BYTES: Final = 20_000_000
PREVIOUS: Final = ".previous"
_TITLES: Final = {"fmr": "strangers taken for the same person", "fnmr": "the same person not taken"}


def calibrate(options: Namespace) -> str:
    """Sign thresholds for the model of a report and put the file in force at the next start."""
    keys: Path = options.keys or load_settings().keys_dir
    try:
        key = load_calibration_key(keys)
    except (OSError, ValueError):
        raise _refused("calibration.pem: not in the keys folder, or not a key") from None
    calibration = _from_report(options)
    out: Path = options.out or keys / SIGNED_NAME
    fresh = out.with_name(out.name + ".new")
    fresh.write_bytes(sign(calibration, key))
    if out.exists():
        out.replace(out.with_name(out.name + PREVIOUS))
    fresh.replace(out)
    return f"{describe(calibration)}\nsigned: {out.name}; in force when the service starts anew"


def show(_: Namespace) -> str:
    """Return the calibration that decides under the settings of the environment."""
    held = opening.in_force(load_settings())
    form = "signed" if held.signed else "packaged or plain: not accepted in production"
    return f"{describe(held.calibration)}\nform: {form}"


def describe(calibration: Calibration) -> str:
    """Return what the thresholds mean, in plain words, with the evidence."""
    held = calibration.thresholds
    data = "; ".join(
        f"{one.name}, {one.people} people, {one.photos} photos"
        for one in calibration.measured_on.data
    )
    lines = [
        f"calibration of {calibration.model_id}, {calibration.date}",
        f"  {held.match:.3f} and above: the same person, no officer needed",
        f"  {held.review:.3f} to {held.match:.3f}: an officer compares the pictures",
        f"  below {held.review:.3f}: another person; try again, then the counter",
        f"  fused: {held.min_frames} to {held.max_frames} front frames",
        f"  one person in a capture: front frames alike from {held.same_capture:.2f},",
        f"  turned ones to a front one from {held.same_turned:.2f}",
        f"  a turn of the head counts from {held.min_turn:.0f} degrees",
        f"measured on: {data}",
        *_evidence(calibration),
    ]
    return "\n".join([*lines, f"note: {calibration.note}"] if calibration.note else lines)


def _evidence(calibration: Calibration) -> list[str]:
    """Say for each group what was measured at the match threshold, or on its unkind side.

    Where probes were fused, as in service, single photos are left out.
    """
    match, figures = calibration.thresholds.match, calibration.measured_on.figures
    most = max((figure.fused for figure in figures), default=0)
    lines = []
    for kind, title in _TITLES.items():
        nearest: dict[str, Figure] = {}
        for figure in figures:
            # Strangers are accepted less often above, genuine claims missed less often below.
            unkind = figure.threshold <= match if kind == "fmr" else figure.threshold >= match
            if figure.kind != kind or figure.fused != most or not unkind:
                continue
            known = nearest.get(figure.group, figure)
            if abs(figure.threshold - match) <= abs(known.threshold - match):
                nearest[figure.group] = figure
        lines += [f"{title}, {_probe(most)}:"] if nearest else []
        lines += [_sentence(figure) for figure in nearest.values()]
    return lines


def _probe(frames: int) -> str:
    return "one photo" if frames == 1 else f"{frames} or more frames fused"


def _sentence(figure: Figure) -> str:
    seen = f"{_share(figure.value)} [{_share(figure.low)} to {_share(figure.high)}]"
    if not figure.value:
        seen = f"none seen, so at most {_share(figure.high)}"
    many = f" of {figure.of}" if figure.of else ""
    return f"  at {figure.threshold:.3f}, {figure.group}: {seen}{many}"


def _share(rate: float) -> str:
    return f"{100 * rate:.3g} %"


def _from_report(options: Namespace) -> Calibration:
    usual = packaged(SFACE.engine).thresholds
    data, report = _read_report(options.report)
    thresholds = usual.model_copy(
        update={
            "match": usual.match if options.match is None else options.match,
            "review": usual.review if options.review is None else options.review,
        }
    )
    try:
        calibration = Calibration(
            format=FORMAT,
            engine=SFACE.engine,
            model_id=report["engine"],
            models=report["models"],
            fusing=fusing_of(thresholds.min_frames, thresholds.max_frames),
            thresholds=Thresholds.model_validate(thresholds.model_dump()),
            measured_on=_measured(report, hashlib.sha256(data).hexdigest()),
            date=datetime.now(UTC).date(),
            note=options.note,
        )
    except (ValidationError, KeyError, TypeError) as error:
        raise _refused(_fault_of(error)) from None
    try:
        check(calibration, SFACE)
    except CalibrationError as error:
        raise _refused(str(error)) from None
    figures = calibration.measured_on.figures
    if not any(one.kind == "fmr" and one.threshold <= thresholds.match for one in figures):
        raise _refused("the report does not say how many strangers pass at this threshold")
    return calibration


def _measured(report: dict[str, Any], digest: str) -> MeasuredOn:
    figures = TypeAdapter(tuple[Figure, ...]).validate_python(report["figures"])
    return MeasuredOn(data=report["data"], figures=figures, report=digest)


def _read_report(path: Path) -> tuple[bytes, dict[str, Any]]:
    data = path.read_bytes()
    if len(data) > MAX_REPORT_BYTES:
        raise _refused("the report is too large")
    try:
        report = json.loads(data)
    except (ValueError, RecursionError):
        raise _refused("the report is not JSON") from None
    if not isinstance(report, dict):
        raise _refused("the report is not a JSON object")
    return data, report


def _fault_of(error: ValidationError | KeyError | TypeError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"report: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return f"report: {error}"


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(errors=[f"face calibrate: {what}"])
