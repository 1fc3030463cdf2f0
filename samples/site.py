"""A whole installation on this machine: registry, API, worker and one kiosk, below one folder.

`Site.prepare` makes what an administrator makes once (keys, schema, office, kiosk, operators);
`Site.start` starts the programs as separate processes. The demo and `make run` share it.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from samples.administrator import Administrator
from samples.people import load_residents
from samples.processes import ROOT, Service, Services, free_port, python, run_command

OFFICE = ("3171", "Dukcapil Kota Jakarta Pusat")
KIOSK = "Loket 1"
OPERATORS = (("ratih", "Ratih Wulandari", "operator"), ("joko", "Joko Prasetyo", "supervisor"))
PASSWORD = "contoh-Sandi-2026"  # noqa: S105 - of the sample operators; printed on purpose


@dataclass(slots=True)
class Site:
    """The folders and addresses of one installation."""

    folder: Path
    api_port: int = field(default_factory=free_port)
    kiosk_port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)
    operators: dict[str, dict[str, str]] = field(default_factory=dict)
    front_port: int = 0  # of a proxy before the API, if there is one

    @property
    def api(self) -> str:
        """Address of the wallet API."""
        return f"http://127.0.0.1:{self.front_port or self.api_port}"

    @property
    def kiosk(self) -> str:
        """Address of the kiosk's pages; by name, because passkeys know no numbers."""
        return f"http://localhost:{self.kiosk_port}"

    @property
    def outbox(self) -> Path:
        """Where e-mails and text messages land as files."""
        return self.folder / "outbox"

    @property
    def logs(self) -> Path:
        """Where the programs write."""
        return self.folder / "log"

    def env(self) -> dict[str, str]:
        """Return the environment of the wallet API's processes."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"),
            "WALLET_ENVIRONMENT": "demo",
            "WALLET_DATABASE_URL": f"sqlite:///{self.folder / 'wallet.db'}",
            "WALLET_KEYS_DIR": str(self.folder / "keys"),
            "WALLET_PUBLIC_URL": self.api,
            "WALLET_REGISTRY_URL": f"sqlite:///{self.folder / 'registry.db'}",
            "WALLET_MAIL_URL": f"file://{self.outbox}",
            "WALLET_SMS_URL": f"file://{self.outbox}",
            "WALLET_PUBLISH_DIR": str(self.folder / "published"),
            "WALLET_FACE_WAIT_SECONDS": "0",  # nobody at a desk waits after a refused face
            **self.settings,
        }

    def is_prepared(self) -> bool:
        """Whether `prepare` was done in this folder before."""
        return (self.folder / "site.json").exists()

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_folders(self) -> None:
        """Make the folders that programs expect."""
        for path in (self.outbox, self.logs, self.folder / "published", self.folder / "metrics"):
            path.mkdir(parents=True, exist_ok=True)

    def administrator(self) -> Administrator:
        """Return the shell for `python -m wallet_api …` commands."""
        return Administrator(self.env(), self.logs / "admin.log")

    def build_together(self, admin: Administrator) -> None:
        """Make registry, keys and schema; the registry in a process of its own meanwhile."""
        registry = Service(
            "registry",
            python("-m", "samples.people", "--out", str(self.folder / "registry.db")),
            self.env(),
            self.logs / "registry.log",
        )
        registry.start()
        admin.run("admin", "keys", "init", "--dir", str(self.folder / "keys"))
        admin.run("admin", "migrate")
        registry.wait_done()

    def make_office(self, admin: Administrator) -> str:
        """Register an office, its operators and a kiosk; return the kiosk's one-time token."""
        code, name = OFFICE
        admin.run("admin", "offices", "add", "--code", code, "--name", name)
        secret = self.folder / "operator-password"
        secret.write_text(PASSWORD, encoding="utf-8")
        for username, full_name, role in OPERATORS:
            answer = admin.run(
                "admin", "operators", "add", "--office", code, "--username", username,
                "--name", full_name, "--role", role, "--password-file", str(secret),
            )  # fmt: skip
            self.operators[username] = {**json.loads(answer), "password": PASSWORD}
        return admin.run("admin", "kiosks", "add", "--office", code, "--name", KIOSK).split()[-1]

    def make_kiosk(self, token: str) -> None:
        """Make the kiosk's keys and enrol it with its token (the API must run)."""
        command = python("-m", "enrolment_kiosk", "init", "--api", self.api, "--token", token)
        command += ["--home", str(self.folder / "kiosk"), "--name", KIOSK]
        run_command(command, self.env(), self.logs / "kiosk-init.log")
        self._save()

    def start_api(self, services: Services) -> Service:
        """Start the API on gunicorn; ready when it answers /readyz."""
        command = python(
            "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py"),
            "--bind", f"127.0.0.1:{self.api_port}", "--workers", "1", "wallet_api.app:create_app()",
        )  # fmt: skip
        return services.start("API", command, self.env(), self.logs / "api.log")

    def start_worker(self, services: Services) -> Service:
        """Start the worker that sends messages and publishes lists."""
        command = python("-m", "wallet_api", "jobs", "work")
        return services.start("worker", command, self.env(), self.logs / "worker.log")

    def start_kiosk(self, services: Services) -> Service:
        """Start the kiosk's program."""
        command = python(
            "-m", "enrolment_kiosk", "serve",
            "--home", str(self.folder / "kiosk"), "--port", str(self.kiosk_port),
        )  # fmt: skip
        return services.start("kiosk", command, self.env(), self.logs / "kiosk.log")

    def _save(self) -> None:
        kept = {
            "api_port": self.api_port,
            "kiosk_port": self.kiosk_port,
            "operators": self.operators,
        }
        (self.folder / "site.json").write_text(json.dumps(kept, indent=2) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path, settings: dict[str, str]) -> Site:
        """Return the installation that `prepare` left in `folder`."""
        kept: dict[str, Any] = json.loads((folder / "site.json").read_text("utf-8"))
        return cls(folder, settings=settings, **kept)


def resident(name: str) -> dict[str, Any]:
    """Return a sample resident by id."""
    found: dict[str, Any] = next(one for one in load_residents() if one["id"] == name)
    return found
