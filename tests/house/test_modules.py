"""What a module may contain, beyond what the import contracts can say."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from tests.house.tree import PACKAGES, imported, python_files, tree, uses

# Verifier and kiosk run on office PCs, whatever their system.
POSIX_MODULES = {
    *("crypt", "fcntl", "grp", "gunicorn", "posix", "pty", "pwd", "readline", "resource"),
    *("spwd", "syslog", "termios", "tty"),
}
POSIX_NAMES = {
    *("os.chown", "os.chroot", "os.fchmod", "os.fchown", "os.fork", "os.forkpty", "os.getegid"),
    *("os.geteuid", "os.getgid", "os.getloadavg", "os.getuid", "os.killpg", "os.mkfifo"),
    *("os.O_DIRECTORY", "os.O_NOFOLLOW", "os.setgid", "os.setsid", "os.setuid", "os.sysconf"),
    *("os.uname", "os.wait", "os.WNOHANG", "signal.alarm", "signal.pause", "signal.setitimer"),
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


def test_verifier_and_kiosk_run_on_any_system() -> None:
    folders = ("credentials", "enrolment_kiosk", "verifier")
    modules = [
        f"{path}:{line} {name}"
        for path in python_files(*folders)
        for line, name in imported(path)
        if name.partition(".")[0] in POSIX_MODULES
    ]
    assert modules == []
    assert _places(folders, *POSIX_NAMES) == []


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
