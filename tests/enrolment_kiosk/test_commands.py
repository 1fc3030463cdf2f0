"""The two commands as an administrator types them, and the rules a counter PC imposes."""

from __future__ import annotations

import ast
import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from enrolment_kiosk import cli
from enrolment_kiosk.config import check_api_address
from enrolment_kiosk.errors import SetupError

if TYPE_CHECKING:
    from tests.enrolment_kiosk.api_simulator import ApiSimulator

PACKAGE = Path(cli.__file__).parent
POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "gunicorn"}


def test_serve_prints_its_pages_and_ends_cleanly(home: Path) -> None:
    command = [sys.executable, "-m", "enrolment_kiosk", "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        display = process.stdout.readline().split()[-1]
        console = process.stdout.readline().split()[-1]
        assert requests.get(display, timeout=10).status_code == 200
        assert requests.get(console, timeout=10).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_init_keeps_who_the_kiosk_is_and_its_keys(home: Path, sim: ApiSimulator) -> None:
    settings = json.loads((home / "kiosk.json").read_text(encoding="utf-8"))
    assert settings["kiosk"] == sim.kiosk
    assert settings["office"] == sim.office
    assert sim.token not in "".join(file.read_text(encoding="latin-1") for file in home.iterdir())


def test_init_does_not_overwrite_a_kiosk(
    home: Path, sim: ApiSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (home / "identity.pem").read_bytes()
    assert cli.main(["init", "--api", sim.url, "--token", "t", "--home", str(home)]) == 1
    assert "sudah berisi loket" in capsys.readouterr().err
    assert (home / "identity.pem").read_bytes() == before


def test_init_explains_a_wrong_token_and_leaves_nothing(
    sim: ApiSimulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    assert cli.main(["init", "--api", sim.url, "--token", "wrong", "--home", str(folder)]) == 1
    assert "KIOSK_TOKEN_INVALID" in capsys.readouterr().err
    assert not folder.exists()


def test_serve_without_init_explains_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", "--home", str(tmp_path)]) == 1
    assert "HOME_MISSING" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    ["http://api.example.org", "ftp://127.0.0.1", "https://", "https://u@x.org", "https://x?y=1"],
)
def test_passwords_never_travel_to_such_an_address(address: str) -> None:
    with pytest.raises(SetupError):
        check_api_address(address)


def test_good_addresses_are_taken() -> None:
    assert check_api_address("https://api.example.org/") == "https://api.example.org"
    assert check_api_address("http://127.0.0.1:8000") == "http://127.0.0.1:8000"


def test_the_program_imports_nothing_that_windows_lacks() -> None:
    for file in PACKAGE.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & POSIX_ONLY, file
        assert not re.search(r"os\.fork|SIGKILL|SIGHUP|os\.getuid", source), file


def test_every_text_is_there_in_both_languages() -> None:
    texts = json.loads((PACKAGE / "texts.json").read_text(encoding="utf-8"))
    for key, text in texts.items():
        assert set(text) == {"id", "en"}, key
        assert text["id"].count("{n}") == text["en"].count("{n}"), key
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html")]
    together = "".join(file.read_text(encoding="utf-8") for file in sources)
    for used in re.findall(
        r"(?:texts|\bt)\.([a-z0-9_]+)\b(?!\()", together.replace("texts.json", "")
    ):
        assert used in texts or f"display_{used}" in texts, used
    for code in re.findall(r'(?:Home|Setup|Certificate|Session)Error\("([A-Z_]+)"\)', together):
        assert f"error_{code}" in texts, code


def test_no_text_is_left_over() -> None:
    texts = json.loads((PACKAGE / "texts.json").read_text(encoding="utf-8"))
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.html")]
    together = "".join(file.read_text(encoding="utf-8") for file in sources)
    built = ("error_", "role_", "refuse_", "block_", "reason_", "review_")
    built += ("failure_", "health_", "wait_")
    names = {key: key.removeprefix("display_") for key in texts if not key.startswith(built)}
    assert [key for key, name in names.items() if not re.search(rf"\b{name}\b", together)] == []


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_have_the_contrast_of_wcag_aa(scheme: str) -> None:
    css = (PACKAGE / "static" / "colours.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in css.split("@media", 1)
    )
    colours = light if scheme == "light" else light | dark
    grounds = {name for name in colours if name.endswith("-ground")}
    pairs = [(name.replace("-ground", "-ink"), name) for name in grounds]
    pairs += [(ink, on) for ink in ("ink", "soft", "accent") for on in ("ground", "paper")]
    pairs += [("on-accent", "accent"), ("bad-line", "paper"), ("bad-ink", "paper")]
    for ink, ground in pairs:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert _contrast(colours["focus"], colours["paper"]) >= 3
