"""Thresholds belong to a model, and in production to somebody who signed for them."""

from __future__ import annotations

import hmac
import json
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from credentials.jwk import b64url_encode
from tests.wallet_api.faces.signed_calibration import report, sign_calibration, write_report
from tests.wallet_api.simulators import NOON
from wallet_api import cli
from wallet_api.adapters.faces import calibration as calibrations
from wallet_api.adapters.faces.calibration import CalibrationError, packaged, parse, read, sign
from wallet_api.adapters.faces.model_files import FACE_RECOGNITION, SFACE
from wallet_api.adapters.keys import load_calibration_public, make_keys
from wallet_api.rules.face_policy import POLICY

ROOT = Path(__file__).parents[3]
KEY = ec.generate_private_key(ec.SECP256R1())
KINDS = ("fmr", "fnmr")
PLAIN = json.dumps(packaged().model_dump(mode="json")).encode()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys", (), now=NOON)
    return tmp_path / "keys"


def _document(**changes: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(PLAIN)
    for path, value in changes.items():
        *way, last = path.split("__")
        place = document
        for step in way:
            place = place[step]
        place[last] = value
    return document


def _refusal(data: bytes, *, signed_only: bool = False) -> CalibrationError:
    with pytest.raises(CalibrationError) as refused:
        read(data, SFACE, key=KEY.public_key(), signed_only=signed_only)
    return refused.value


def _signed(payload: bytes, *, typ: str = calibrations.TYP, key: Any = KEY) -> bytes:
    return jwt.api_jws.encode(payload, key, "ES256", headers={"typ": typ}).encode()


def test_the_default_of_the_code_is_the_packaged_calibration() -> None:
    assert packaged().policy() == POLICY
    SFACE.check()  # and its hashes, compared when it is read, are those of the files


def test_the_packaged_ones_carry_the_figures_of_the_published_report() -> None:
    """Made anew with the report: `python scripts/write_calibration.py`."""
    pages = runpy.run_path(str(ROOT / "scripts" / "write_calibration.py"))["pages"]
    written = {path.name: text for path, text in pages()}
    assert set(written) == {"calibration.json", "calibration-face-recognition.json"}
    for name, text in written.items():
        assert (ROOT / "wallet_api/adapters/faces" / name).read_text() == text
    veiled = [one for one in packaged().measured_on.figures if "headscarf" in one.group]
    assert {(one.kind, one.fused) for one in veiled} == {(k, n) for k in KINDS for n in (1, 3)}


def test_the_packaged_ones_say_what_they_are_worth() -> None:
    assert "not on Indonesians" in packaged().note
    other = packaged("face-recognition")
    assert "never for decisions" in other.note
    assert other.policy().match == pytest.approx(1 - 0.6)  # the tolerance that its users use
    assert other.models == FACE_RECOGNITION.sha256


def test_a_signed_calibration_gives_the_policy_that_was_signed() -> None:
    held = read(sign(packaged(), KEY), SFACE, key=KEY.public_key(), signed_only=True)
    assert held.signed
    assert held.policy == POLICY
    assert not read(PLAIN, SFACE, key=None, signed_only=False).signed


@pytest.mark.parametrize(
    "data",
    [
        *(b"{", b"{}", b'{"format": 2}', b'{"a": NaN}', b"{" * 50_000, b'{"\xff": 1}'),
        json.dumps(_document(date="yesterday")).encode(),
        json.dumps(_document(thresholds__match="0.575")).encode(),
        json.dumps(_document(thresholds__match=True)).encode(),
        json.dumps(_document(thresholds__min_frames=3.5)).encode(),
        json.dumps(_document(thresholds__accept_all=1)).encode(),
        json.dumps(_document(measured_on__data=[])).encode(),
        json.dumps(_document(models={"a": "b"})).encode(),
        PLAIN.replace(b'"match": 0.575', b'"match": 0.575, "match": 0.1'),
        PLAIN.replace(b'"match": 0.575', b'"match": Infinity'),
        PLAIN + b" " * calibrations.MAX_BYTES,
    ],
)
def test_a_document_of_another_form_is_unreadable(data: bytes) -> None:
    assert _refusal(data).code == "CALIBRATION_UNREADABLE"


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_a_code(data: bytes) -> None:
    assert _refusal(data, signed_only=True).code.startswith("CALIBRATION_")
    with pytest.raises(CalibrationError):
        parse(data)


@pytest.mark.parametrize(
    "document",
    [
        _document(engine="face-recognition"),
        _document(model_id="another-model"),
        _document(models={}),
        _document(models={**SFACE.sha256, "more.onnx": "0" * 64}),
        _document(models=dict.fromkeys(SFACE.sha256, "0" * 64)),
        _document(fusing="fused-mean-3-5"),
        _document(thresholds__min_frames=2),  # thresholds of three frames are not those of two
    ],
)
def test_thresholds_of_another_model_or_fusing_are_refused(document: dict[str, Any]) -> None:
    assert _refusal(json.dumps(document).encode()).code == "CALIBRATION_MODEL"
    assert _refusal(_signed(json.dumps(document).encode())).code == "CALIBRATION_MODEL"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("review", 0.6), ("match", 1.0), ("match", -2), ("review", -1.1), ("same_capture", 5)),
        *(("same_turned", 0.9), ("min_turn", 0), ("min_turn", 90), ("max_offered", 4)),
        ("max_offered", 1000),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(name: str, value: float) -> None:
    document = _document(**{f"thresholds__{name}": value})
    assert _refusal(json.dumps(document).encode()).code == "CALIBRATION_THRESHOLDS"


def test_a_calibration_that_is_not_signed_is_refused_where_a_signature_is_needed() -> None:
    assert _refusal(PLAIN, signed_only=True).code == "CALIBRATION_UNSIGNED"
    assert _refusal(b"\n " + PLAIN, signed_only=True).code == "CALIBRATION_UNSIGNED"


def test_only_the_calibration_key_signs_and_only_this_type() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert _refusal(sign(packaged(), stranger)).code == "CALIBRATION_SIGNATURE"
    assert _refusal(_signed(PLAIN, typ="ikd-statement+jwt")).code == "CALIBRATION_SIGNATURE"
    with pytest.raises(CalibrationError, match="no calibration key"):
        read(sign(packaged(), KEY), SFACE, key=None, signed_only=False)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_algorithm_is_ours_and_not_that_of_the_file(algorithm: str) -> None:
    """The public key as the secret of an HMAC, or no signature at all."""
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = json.dumps({"alg": algorithm, "typ": calibrations.TYP}).encode()
    signed = f"{b64url_encode(header)}.{b64url_encode(PLAIN)}"
    made = b"" if algorithm == "none" else hmac.digest(public, signed.encode(), "sha256")
    forged = f"{signed}.{b64url_encode(made)}".encode()
    assert _refusal(forged).code == "CALIBRATION_SIGNATURE"


@given(st.integers(0, 10_000), st.integers(1, 127))
def test_no_changed_byte_is_accepted(at: int, change: int) -> None:
    data = bytearray(SIGNED)
    data[at % len(data)] ^= change
    try:
        held = read(bytes(data), SFACE, key=KEY.public_key(), signed_only=True)
    except CalibrationError:
        return
    assert held.calibration == packaged()  # unused bits of the last base64 character


SIGNED = sign(packaged(), KEY).strip()


def test_init_makes_the_key_once_and_leaves_it_away_when_it_was_taken_away(keys: Path) -> None:
    assert "calibration" not in make_keys(keys, (), now=NOON)
    before = load_calibration_public(keys)
    (keys / "calibration.pem").rename(keys.parent / "taken-to-the-evaluator.pem")
    assert make_keys(keys, (), now=NOON) == []
    assert not (keys / "calibration.pem").exists()
    assert load_calibration_public(keys) == before
    (keys / "calibration-public.pem").unlink()
    assert make_keys(keys, (), now=NOON) == ["calibration"]
    assert load_calibration_public(keys) != before


def test_a_public_half_that_went_missing_is_made_from_the_private_one(keys: Path) -> None:
    before = load_calibration_public(keys)
    (keys / "calibration-public.pem").unlink()
    assert make_keys(keys, (), now=NOON) == []
    assert load_calibration_public(keys) == before
    (keys / "calibration-public.pem").write_bytes((keys / "kiosk-ca.crt").read_bytes())
    with pytest.raises(ValueError):
        load_calibration_public(keys)


def test_calibrate_signs_what_it_shows(keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_calibration(keys, "--match", "0.6", "--review", "0.45", "--note", "a trial") == 0
    shown = capsys.readouterr().out
    for words in ("0.600 and above: the same person", "0.450 to 0.600: an officer", "a trial"):
        assert words in shown
    assert "1421 photos" in shown
    assert "at 0.575, same sex (photos as they are): none seen, so at most" in shown
    assert "3 or more frames fused" in shown
    assert "one photo:" not in shown  # single photos do not decide
    assert str(keys) not in shown
    held = read(
        (keys / "face-calibration.jws").read_bytes(),
        SFACE,
        key=load_calibration_public(keys),
        signed_only=True,
    )
    assert held.policy == replace(POLICY, match=0.6, review=0.45)
    assert len(held.calibration.measured_on.report) == 64
    assert str(keys) not in held.calibration.model_dump_json()


def test_the_calibration_before_is_kept_to_go_back_to(keys: Path) -> None:
    sign_calibration(keys)
    first = (keys / "face-calibration.jws").read_bytes()
    sign_calibration(keys, "--match", "0.6")
    assert (keys / "face-calibration.jws.previous").read_bytes() == first
    assert (keys / "face-calibration.jws").read_bytes() != first


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"engine": "another-model"}, "CALIBRATION_MODEL"),
        ({"engine": FACE_RECOGNITION.model_id}, "CALIBRATION_MODEL"),
        ({"models": dict.fromkeys(SFACE.sha256, "0" * 64)}, "CALIBRATION_MODEL"),
        ({"figures": []}, "how many strangers"),
        ({"figures": [report()["figures"][0] | {"threshold": 0.9}]}, "how many strangers"),
        ({"figures": [report()["figures"][0] | {"value": 2}]}, "value"),
        ({"data": []}, "data"),
    ],
)
def test_calibrate_refuses_a_report_that_does_not_carry_it(
    keys: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], said: str
) -> None:
    path = write_report(keys.parent / "report.json", **changes)
    assert cli.main(["face", "calibrate", "--report", str(path), "--keys", str(keys)]) == 1
    assert said in capsys.readouterr().err
    assert not (keys / "face-calibration.jws").exists()


def test_calibrate_refuses_what_is_no_report_and_a_missing_key(
    keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = keys.parent / "report.json"
    words = ["face", "calibrate", "--report", str(path), "--keys", str(keys)]
    for content in (b"", b"[]", b"{" * 50_000, b"{}"):
        path.write_bytes(content)
        assert cli.main(words) == 1
    assert sign_calibration(keys, "--review", "0.9") == 1
    assert "CALIBRATION_THRESHOLDS" in capsys.readouterr().err
    (keys / "calibration.pem").unlink()
    assert sign_calibration(keys) == 1
    assert "calibration.pem: not in the keys folder" in capsys.readouterr().err


def test_the_calibration_in_force_is_shown(tmp_path: Path, keys: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "WALLET_DATABASE_URL": "sqlite://",
        "WALLET_KEYS_DIR": str(keys),
        "WALLET_REGISTRY_URL": "sqlite://",
        "WALLET_PUBLISH_DIR": str(tmp_path),
    }

    def shown() -> str:
        return subprocess.run(
            [sys.executable, "-m", "wallet_api", "face", "calibration"],
            check=True,
            capture_output=True,
            cwd=ROOT,
            env=environment,
            text=True,
        ).stdout

    assert "packaged or plain" in shown()
    shutil.copy(ROOT / "wallet_api/adapters/faces/calibration.json", tmp_path / "own.json")
    sign_calibration(keys, "--match", "0.61")
    assert "0.610 and above" in shown()
    assert "form: signed" in shown()
    environment["WALLET_FACE_CALIBRATION"] = str(tmp_path / "own.json")
    assert "0.575 and above" in shown()
