"""The verifier as others get it: its wheel, with nothing but the core installed, offline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import segno

from samples.vectors_world import CARD
from tests.verifier.conftest import BUNDLE, ISO, VECTORS

ROOT = Path(__file__).parents[2]
# The three of the core, and what they need themselves.
CORE = ("cryptography", "cffi", "pycparser", "cbor2", "numpy")
PROBE = "import socket; print([name for _, name in socket.if_nameindex()])"
CHECK_ALL = """
import contextlib, io, json, sys
from pathlib import Path
from verifier.cli import main
wrong = []
files = sorted(Path(sys.argv[1]).glob("*/*.json"))
plain = {"name", "why", "text", "bundle", "policy", "now", "expect"}
for file in files:
    if file.parent.name not in ("valid", "invalid", "edge"):
        continue
    vector = json.loads(file.read_text(encoding="utf-8"))
    if vector.keys() != plain:
        continue
    policy = vector["policy"]
    if policy.endswith(".json"):
        policy = str(file.parent / policy)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["check", vector["text"], "--bundle", str(file.parent / vector["bundle"]),
                     "--policy", policy, "--now", vector["now"], "--json",
                     "--portrait", sys.argv[2]])
    said = json.loads(out.getvalue())
    got = {name: said[name] for name in vector["expect"]}
    if got != vector["expect"] or code != (0 if got["valid"] else 1):
        wrong.append(file.name)
loaded = sorted({"PIL", "cv2", "zxingcpp", "jwt", "flask"} & set(sys.modules))
print(json.dumps({"checked": len(files), "wrong": wrong, "loaded": loaded}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the wheel and the core's packages, and nothing else."""
    home = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    interpreter = home / "bin" / "python"
    site = home / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for name in CORE:
        for source, inside in _files(name):
            (site / inside).parent.mkdir(parents=True, exist_ok=True)
            (site / inside).symlink_to(source)
    with zipfile.ZipFile(wheel) as archive:  # a pure wheel is installed by unpacking it
        archive.extractall(site)
    return interpreter


def _files(name: str) -> Iterator[tuple[Path, Path]]:
    for file in distribution(name).files or ():
        inside = Path(str(file))
        if ".." not in inside.parts and "__pycache__" not in inside.parts:
            yield Path(str(file.locate())).resolve(), inside


def offline(*command: object) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own, which has no way out."""
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    words = [str(word) for word in command]
    done = subprocess.run(
        [*unshare, *words], capture_output=True, text=True, check=False, cwd="/",
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert not done.stderr.startswith("unshare:"), (
        "this system permits no network namespace, so the offline promise cannot be tested: "
        "run as root, or allow unprivileged user namespaces. " + done.stderr
    )
    return done


def test_the_namespace_has_no_network() -> None:
    """Or the tests below would prove nothing."""
    assert offline(sys.executable, "-c", PROBE).stdout.strip() in {"['lo']", "[]"}


def test_the_environment_has_the_core_and_nothing_else(python: Path) -> None:
    program = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(sorted([*CORE, "ikd-verifier"]))


def test_every_vector_comes_out_right_without_network(python: Path, tmp_path: Path) -> None:
    done = offline(python, "-c", CHECK_ALL, VECTORS, tmp_path / "portrait.webp")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result["wrong"] == []
    assert result["checked"] >= 60
    assert result["loaded"] == []


def test_the_command_answers_without_network(python: Path) -> None:
    done = offline(
        python, "-m", "verifier", "check", CARD.shown(), "--bundle", BUNDLE, "--now", ISO
    )
    assert done.returncode == 0, done.stderr
    assert "SAH" in done.stdout


def test_without_the_extra_a_picture_is_answered_with_what_to_install(
    python: Path, tmp_path: Path
) -> None:
    path = tmp_path / "card.png"
    segno.make(CARD.shown()).save(str(path), scale=3)
    done = offline(python, "-m", "verifier", "check", path, "--bundle", BUNDLE, "--lang", "en")
    assert done.returncode == 2
    assert "SCAN_NOT_INSTALLED" in done.stderr


def test_without_the_extra_the_relying_party_says_what_to_install(python: Path) -> None:
    done = offline(python, "-m", "verifier.openid4vp", "serve", "--home", "/nowhere")
    assert done.returncode == 1
    assert "EXTRA_NOT_INSTALLED" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_the_desk_says_what_to_install(python: Path) -> None:
    done = offline(python, "-m", "verifier", "desk", "--bundle", BUNDLE, "--lang", "en")
    assert done.returncode == 2
    assert "DESK_NOT_INSTALLED" in done.stderr


def test_the_wheel_holds_what_it_needs_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        requires = [
            line.removeprefix("Requires-Dist: ")
            for line in archive.read(metadata).decode().splitlines()
            if line.startswith("Requires-Dist: ") and "extra ==" not in line
        ]
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {
        "credentials", "verifier",
    }  # fmt: skip
    assert {"verifier/texts.json", "verifier/policies/bank-kyc.json"} <= names
    page = {"texts.json", "web/templates/page.html", "web/static/page.css", "web/static/page.js"}
    assert {f"verifier/openid4vp/{name}" for name in page} <= names
    desk = {"texts.json", "templates/desk.html", "static/desk.css", "static/desk.js"}
    assert {f"verifier/desk/{name}" for name in desk} <= names
    assert sorted(line.split(">")[0] for line in requires) == ["cbor2", "cryptography", "numpy"]


def test_no_module_needs_posix(wheel: Path) -> None:
    posix = ("fcntl", "grp", "pwd", "resource", "termios", "posix", "readline", "syslog", "tty")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                lines = archive.read(name).decode().splitlines()
                words = [
                    line.split() for line in lines if line.strip().startswith(("import ", "from "))
                ]
                assert not [line for line in words if line[1].split(".")[0] in posix], name
