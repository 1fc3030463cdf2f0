"""The whole command, as another party runs it: other photos, odd tables, no settings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.house.tree import ROOT
from wallet_api.cli import main

CMU = ROOT / "samples" / "faces" / "cmu"
WOMEN = {"ch4f", "phoebe", "saavik"}
PEOPLE = ("an2i", "ch4f", "phoebe", "saavik", "sz24", "boland")
KINDS = (
    *("straight_angry_open", "straight_neutral_open", "straight_neutral_sunglasses"),
    "left_neutral_open",
)


def run(folder: Path, command: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command in ``folder`` with an environment that holds no setting."""
    return subprocess.run(
        [sys.executable, "-m", "wallet_api", "face", command, *words],
        check=False,
        capture_output=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        text=True,
        timeout=170,
    )


def asked(report: str) -> list[str]:
    words = ["--images", "photos", "--index", "index.csv", "--report", report]
    return [*words, "--bootstrap", "100", "--processes", "1"]


def evaluate(folder: Path, report: str, *words: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "evaluate", *asked(report), *words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six people with four photos, one with a single one; one photo is broken, one shows nobody."""
    made = tmp_path_factory.mktemp("evaluation")
    lines = ["file,person,sex,group"]
    (made / "photos" / "more").mkdir(parents=True)
    for number, person in enumerate(PEOPLE):
        place = "more/" if number % 2 else ""
        sex = "F" if person in WOMEN else "M"
        for kind in KINDS:
            name = f"{place}{person} {kind}.png"
            shutil.copy(CMU / f"{person}_{kind}.png", made / "photos" / name)
            lines.append(f"{name},{person},{sex},{'north' if number < 4 else ''}")
    shutil.copy(CMU / "kk49_straight_neutral_open.png", made / "photos" / "single.png")
    (made / "photos" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    Image.new("RGB", (200, 200), "grey").save(made / "photos" / "nobody.png")
    lines += ["single.png,kk49,,", "broken.jpg,an2i,M,north", "nobody.png,sz24,M,"]
    lines.append("lost.png,sz24,M,")
    (made / "index.csv").write_text("\n".join(lines) + "\n")
    return made


@pytest.fixture(scope="module")
def document(folder: Path) -> dict[str, Any]:
    done = evaluate(folder, "report", "--date", "2030-01-02")
    assert done.returncode == 0, done.stderr
    assert "genuine claims, 3 or more fused: accepted (6 people, 24 claims)" in done.stdout
    assert "Traceback" not in done.stderr
    assert re.search(r"photos: \d+/28 \(\d+ %\), 0:\d\d passed, \d:\d\d left", done.stderr)
    loaded: dict[str, Any] = json.loads((folder / "report" / "report.json").read_text())
    return loaded


def test_photos_that_cannot_be_used_are_counted_and_listed(document: dict[str, Any]) -> None:
    photos = document["engines"][0]["photos"]
    assert (photos["listed"], photos["used"], photos["no_face"]) == (28, 25, 1)
    assert photos["no_face_files"] == ["nobody.png"]
    assert photos["unreadable_files"] == [["broken.jpg", "BROKEN"],
                                          ["lost.png", "NOT_THERE"]]  # fmt: skip


def test_every_trial_has_its_groups(document: dict[str, Any]) -> None:
    trials = document["engines"][0]["trials"]
    assert set(trials) == {
        f"{kind}_{condition}"
        for kind in ("single", "fused")
        for condition in ("plain", "veiled", "veiled_probe")
    }
    for trial in trials.values():
        assert {"all", "same sex", "women", "men", "north, same sex"} <= set(trial["groups"])
    single = trials["single_plain"]["groups"]
    assert (single["all"]["people"], single["all"]["pairs_of_people"]) == (7, 21)
    assert (single["women"]["people"], single["women"]["pairs_of_people"]) == (3, 3)
    assert single["all"]["genuine_comparisons"] == 6 * 6
    fused = trials["fused_plain"]["groups"]["all"]
    assert (fused["genuine_people"], fused["genuine_comparisons"]) == (6, 24)
    assert fused["pairs_of_people"] == 15 + 6  # six with probes, the seventh as a registry photo


def test_rates_fall_with_the_threshold_and_have_intervals(document: dict[str, Any]) -> None:
    for trial in document["engines"][0]["trials"].values():
        for group in trial["groups"].values():
            values = [rate["value"] for rate in group["false_match"]]
            assert values == sorted(values, reverse=True)
            missed = [rate["value"] for rate in group["false_non_match"]]
            assert missed == sorted(missed)
            for rate in [*group["false_match"], *group["false_non_match"]]:
                assert 0 <= rate["low"] <= rate["value"] <= rate["high"] <= 1
                assert rate["seen_in"] or rate["high"] > 0
            shares = [rate["value"] for rate in group["outcomes"].values()]
            assert not shares or sum(shares) == pytest.approx(1, abs=1e-5)


def test_a_calibration_finds_what_it_reads(document: dict[str, Any]) -> None:
    from wallet_api.adapters.faces.calibration import Figure
    from wallet_api.adapters.faces.model_files import SFACE

    assert document["engine"] == SFACE.model_id
    assert document["models"] == dict(SFACE.sha256)
    assert document["data"] == [{"name": "photos", "people": 7, "photos": 28}]
    figures = [Figure.model_validate(one) for one in document["figures"]]
    assert {figure.kind for figure in figures} == {"fmr", "fnmr"}
    assert {figure.fused for figure in figures} == {1, 3}
    assert 0 < len(figures) <= 200


def test_the_text_names_no_place_of_the_machine_and_says_its_limits(
    folder: Path, document: dict[str, Any]
) -> None:
    texts = [(folder / "report" / name).read_text() for name in ("report.md", "report.json")]
    for text in texts:
        assert str(folder) not in text
        assert not re.search(r"(?<![\w.<])/(?:tmp|home|root|work|var|usr)\b", text)
    assert "## What this does not prove" in texts[0]
    assert "simulated" in texts[0]
    assert "2030-01-02" in texts[0]
    assert document["date"] == "2030-01-02"
    for name, digest in document["models"].items():
        assert f"`{name}` `{digest}`" in texts[0]


def test_every_plot_is_shown_and_opens(folder: Path, document: dict[str, Any]) -> None:
    shown = set(re.findall(r"\]\(([^)]+\.png)\)", (folder / "report" / "report.md").read_text()))
    there = {path.name for path in (folder / "report").glob("*.png")}
    assert shown == there == set(document["engines"][0]["plots"].values())
    assert len(there) == 6
    for name in there:
        with Image.open(folder / "report" / name) as image:
            assert image.width > 600
            image.load()
            corner = image.convert("RGB").getpixel((2, 2))
        assert corner == (255, 255, 255)
        assert (folder / "report" / name).stat().st_size < 150_000


def test_the_same_seed_gives_the_same_report(folder: Path, document: dict[str, Any]) -> None:
    assert evaluate(folder, "again", "--date", "2030-01-02", "--processes", "2").returncode == 0
    again = json.loads((folder / "again" / "report.json").read_text())
    for one in (document, again):
        one.pop("timing")
    assert again == document
    for path in (folder / "report").glob("*.png"):
        assert path.read_bytes() == (folder / "again" / path.name).read_bytes()


def test_people_without_sex_group_or_second_photo_are_no_reason_to_stop(folder: Path) -> None:
    lines = [f"{person} straight_angry_open.png,{person}" for person in ("an2i", "phoebe", "sz24")]
    (folder / "bare.csv").write_text("file,person\n" + "\n".join(lines) + "\n")
    done = evaluate(folder, "bare", "--index", "bare.csv")
    assert done.returncode == 0, done.stderr
    text = (folder / "bare" / "report.md").read_text()
    assert "the index names no groups" in text
    loaded = json.loads((folder / "bare" / "report.json").read_text())
    trials = loaded["engines"][0]["trials"]
    assert list(trials["single_plain"]["groups"]) == ["all"]
    assert trials["single_plain"]["groups"]["all"]["genuine_comparisons"] == 0
    assert trials["fused_plain"]["groups"] == {}


@pytest.mark.usefixtures("document")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--index", "none.csv"), "none.csv: cannot be read"),
        (("--images", "nowhere"), "--images: nowhere is not a folder"),
        (("--images", "report"), "not one of 28 photos could be read"),
        (("--fused", "0"), "--fused: at least 1"),
        (("--bootstrap", "10"), "--bootstrap: at least 100"),
        (("--limit", "1"), "--limit: at least 2 people"),
        (("--processes", "0"), "--processes: 1 to 64"),
        (("--seed", "-1"), "--seed: 0 or more"),
        (("--report", "index.csv"), "--report: index.csv"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    folder: Path,
    words: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert main(["face", "evaluate", *asked("refused"), *words]) == 1
    assert told in capsys.readouterr().err


def test_a_missing_plot_library_is_told_before_anything_is_measured(
    folder: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; from wallet_api.cli import main; "
        "sys.exit(main(['face', 'evaluate', '--images', 'photos', '--index', 'index.csv', "
        f"'--report', {str(tmp_path)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "requirements-evaluation.txt" in done.stderr
    assert "Traceback" not in done.stderr
