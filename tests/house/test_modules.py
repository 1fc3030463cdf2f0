"""What a module may contain, beyond what the import contracts can say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, imported, imported_names, python_files, tree, uses

# Verifier and kiosk run on office PCs, whatever their system.
POSIX_MODULES = {
    *("crypt", "fcntl", "grp", "gunicorn", "posix", "pty", "pwd", "readline", "resource"),
    *("spwd", "syslog", "termios", "tty"),
}
POSIX_NAMES = {
    *("os.chown", "os.chroot", "os.fchmod", "os.fchown", "os.fork", "os.forkpty", "os.getegid"),
    *("os.geteuid", "os.getgid", "os.getloadavg", "os.getuid", "os.killpg", "os.mkfifo"),
    *("os.O_DIRECTORY", "os.O_NOFOLLOW", "os.setgid", "os.setsid", "os.setuid", "os.sysconf"),
    *("os.fchdir", "os.nice", "os.openpty", "os.posix_spawn", "os.pread", "os.pwrite"),
    *("os.sched_getaffinity", "os.sendfile", "os.spawnlp", "os.sync", "os.uname", "os.wait"),
    *("os.wait3", "os.wait4", "os.WNOHANG", "signal.sigwait", "signal.SIGUSR2", "signal.SIGPIPE"),
    *("socket.AF_NETLINK", "socket.SO_REUSEPORT", "os.getpgid", "os.setpgid"),
    *("signal.alarm", "signal.pause", "signal.setitimer"),
    *("signal.SIGALRM", "signal.SIGCHLD", "signal.SIGHUP", "signal.SIGKILL", "signal.SIGUSR1"),
    *("socket.AF_UNIX",),
}
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")


def _third_party(path: Path) -> set[str]:
    top = {name.partition(".")[0] for _, name in imported(path)}
    return top - sys.stdlib_module_names - set(PACKAGES)


def _places(folders: tuple[str, ...], *names: str) -> list[str]:
    return [
        f"{path}:{line} {name}"
        for path in python_files(*folders)
        for line, name in uses(path)
        if name in names
    ]


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in python_files()
        if tree(path).body
        and not ast.get_docstring(tree(path))
        and "migrations/versions" not in path.as_posix()
    ]
    assert silent == []


def test_every_module_postpones_its_annotations() -> None:
    def postpones(path: Path) -> bool:
        code = [node for node in tree(path).body if not isinstance(node, ast.Expr)]
        return not code or (isinstance(code[0], ast.ImportFrom) and code[0].module == "__future__")

    assert [str(path) for path in python_files() if not postpones(path)] == []


def test_credentials_needs_three_packages_and_a_fourth_for_jose() -> None:
    needed = {
        str(path): extra
        for path in python_files("credentials")
        if (extra := _third_party(path) - {"cbor2", "cryptography", "jwt", "numpy"})
    }
    assert needed == {}


def test_the_qr_path_of_the_verifier_needs_no_jose() -> None:
    """The wheel's core has no PyJWT: it is imported where JOSE is, and nowhere at the top."""
    at_the_top = [
        f"{path}:{node.lineno}"
        for path in python_files("verifier")
        for node in tree(path).body
        if (isinstance(node, ast.Import) and any(a.name == "jwt" for a in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "jwt")
    ]
    assert at_the_top == []


def test_the_verifier_needs_only_its_core_and_its_extras() -> None:
    declared = {"PIL", "cbor2", "cryptography", "cv2", "jwt", "numpy", "zxingcpp"}
    relying_party = {"flask", "requests", "segno", "werkzeug"}
    web = {"openid4vp": relying_party, "desk": {"flask", "segno", "werkzeug"}}
    needed = {
        str(path): extra
        for path in python_files("verifier")
        if (extra := _third_party(path) - declared - web.get(path.parts[1], set()))
    }
    assert needed == {}


def _posix_only(path: Path) -> list[str]:
    """Return what of a module exists on POSIX only, wherever in the module it stands.

    Behind `if sys.platform` and `hasattr` as well: no program here needs it.
    """
    modules = [place for place in imported(path) if place[1].partition(".")[0] in POSIX_MODULES]
    names = [place for place in uses(path) + imported_names(path) if place[1] in POSIX_NAMES]
    aliases = [
        (node.lineno, f"{alias.name} as {alias.asname}")  # it would hide the names from us
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.asname and alias.name in ("os", "signal", "socket")
    ]
    return [f"{path}:{line} {name}" for line, name in modules + names + aliases]


def test_verifier_and_kiosk_run_on_any_system() -> None:
    folders = ("credentials", "enrolment_kiosk", "verifier")
    found = [place for path in python_files(*folders) for place in _posix_only(path)]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import fcntl",
        "def f():\n    import fcntl",
        "from pwd import getpwnam",
        "import os\nif hasattr(os, 'fork'):\n    os.fork()",
        "from os import fork",
        "import signal\nsignal.signal(signal.SIGKILL, None)",
        "import os as system",
        "try:\n    import resource.deeper\nexcept ImportError:\n    pass",
    ],
)
def test_what_exists_on_posix_only_is_found_wherever_it_stands(tmp_path: Path, line: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"{line}\n", encoding="utf-8")
    assert _posix_only(module) != []


def test_credentials_and_rules_ask_no_clock_and_open_no_file() -> None:
    assert _places(("credentials", "wallet_api/rules"), "open", "input", "print", *CLOCKS) == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        place.partition(":")[0]
        for place in _places(
            ("wallet_api", "credentials"), "os.environ", "os.getenv", "os.environb"
        )
    }
    assert readers <= {
        "wallet_api/config.py",
        # Not for settings: hands a worker process less than the whole environment.
        "wallet_api/adapters/faces/worker_process.py",
    }


def test_transactions_are_begun_by_services_only() -> None:
    elsewhere = [
        f"{path}:{line}"
        for path in python_files("wallet_api")
        if not path.as_posix().startswith("wallet_api/services/")
        for line, name in uses(path)
        if name.endswith(("deps.transaction", "deps.statements"))
    ]
    assert elsewhere == []


def test_tables_make_no_queries() -> None:
    verbs = {"select", "insert", "update", "delete"}
    queries = [
        f"{path}:{node.lineno}"
        for path in python_files("wallet_api/models")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("sqlalchemy")
        and verbs & {alias.name for alias in node.names}
    ]
    assert queries == []


def test_nothing_called_verify_returns_a_bool() -> None:
    """Rule 9: a forgotten `if` must not accept a forgery."""
    boolean = [
        f"{path}:{node.lineno} {node.name}"
        for path in python_files(*PACKAGES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.lstrip("_").startswith("verify")
        and isinstance(node.returns, ast.Name)
        and node.returns.id == "bool"
    ]
    assert boolean == []
