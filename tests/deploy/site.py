"""The installation as production runs it, on loopback: PostgreSQL, gunicorn, jobs, nginx, TLS."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
MAIN = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-errors.log warn;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/wallet.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Site:
    """The running installation; `folder` holds everything it writes."""

    folder: Path
    server: PostgresServer
    database: str
    https_port: int
    api_port: int
    http_port: int
    path: str = ""  # of the public address
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"https://localhost:{self.https_port}"

    @property
    def url(self) -> str:
        """The public address."""
        return self.host + self.path

    def environment(self, role: str = "wallet_app") -> dict[str, str]:
        """Settings of production; only `PATH` comes from outside."""
        address = f"postgresql+psycopg://{role}@/{self.database}?host={self.server.folder}"
        return {
            "PATH": os.environ["PATH"],
            "PROMETHEUS_MULTIPROC_DIR": str(self.folder / "metrics"),
            "WALLET_ENVIRONMENT": "production",
            "WALLET_DATABASE_URL": address,
            "WALLET_KEYS_DIR": str(self.folder / "keys"),
            "WALLET_PUBLIC_URL": self.url,
            "WALLET_PROXIES": "1",
            "WALLET_REGISTRY_URL": "https://user:password@registry.invalid/siak",
            "WALLET_MAIL_URL": "smtps://user:password@mail.invalid:465",
            "WALLET_SMS_URL": "https://user:password@sms.invalid/send",
            "WALLET_PUBLISH_DIR": str(self.folder / "published"),
            "WALLET_PUBLISH_SECONDS": "2",
        }

    def psql(self, file: str, role: str) -> None:
        """Run one of the files of deploy/postgresql."""
        subprocess.run(
            [
                *(self.server.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1"),
                *("-h", self.server.folder, "-U", role, "-d", self.database),
                *("-f", ROOT / "deploy" / "postgresql" / file),
            ],
            check=True,
        )

    def wallet(self, *words: str, role: str = "wallet_app") -> str:
        """Run a command of the product to its end."""
        return subprocess.run(
            [sys.executable, "-m", "wallet_api", *words],
            check=True,
            cwd=ROOT,
            env=self.environment(role),
            capture_output=True,
            text=True,
        ).stdout

    def start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a program; its output goes to `name`.log."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log
            )
        self.running[name] = process
        return process

    def start_api(self, name: str = "api") -> subprocess.Popen[bytes]:
        bind = f"127.0.0.1:{self.api_port}"
        return self.start(
            *(name, sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py"),
            *("--workers", "2", "--bind", bind, "wallet_api.app:create_app()"),
        )

    def start_jobs(self, name: str = "jobs") -> subprocess.Popen[bytes]:
        return self.start(name, sys.executable, "-m", "wallet_api", "jobs", "work")

    def start_nginx(self) -> subprocess.Popen[bytes]:
        self._write_nginx()
        return self.start("nginx", NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf")

    def _write_nginx(self) -> None:
        """Put this test's names, ports and folders into the deployed configuration."""
        text = (ROOT / "deploy" / "nginx" / "wallet.conf").read_text()
        for old, new in {
            "127.0.0.1:8000": f"127.0.0.1:{self.api_port}",
            "listen 443 ssl": f"listen 127.0.0.1:{self.https_port} ssl",
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "wallet.example": "localhost",
            "/etc/wallet/tls": str(self.folder / "tls"),
            "/var/log/nginx/wallet.log": str(self.folder / "nginx-site.log"),
            "/var/lib/wallet/published": str(self.folder / "published"),
        }.items():
            assert old in text
            text = text.replace(old, new)
        if self.path:
            line = "rewrite ^/ikd/(.*)$ /$1;"
            assert f"# {line}" in text
            text = text.replace(f"# {line}", line.replace("/ikd", self.path))
        (self.folder / "wallet.conf").write_text(text)
        (self.folder / "nginx.conf").write_text(
            MAIN.format(folder=self.folder, user="user root;" if os.geteuid() == 0 else "")
        )

    def make_certificate(self) -> None:
        """Make a certificate for localhost and trust it."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(minutes=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(key, hashes.SHA256())
        )
        folder = self.folder / "tls"
        folder.mkdir()
        (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "privkey.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.context = ssl.create_default_context(cafile=folder / "fullchain.pem")

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask nginx over TLS."""
        return self.ask("GET", path, headers=headers)

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        base: str | None = None,
    ) -> Answer:
        request = urllib.request.Request(
            (base or self.url) + path, data=body, method=method, headers=dict(headers or {})
        )
        opener = urllib.request.build_opener(
            _StayHere, urllib.request.HTTPSHandler(context=self.context)
        )
        try:
            with opener.open(request, timeout=30) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def wait_for(self, path: str, status: int = 200, seconds: float = 40) -> Answer:
        """Ask until the answer has that status; the logs when it never has."""
        until, last = time.monotonic() + seconds, ""
        while time.monotonic() < until:
            try:
                answer = self.get(path)
            except OSError as error:
                last = str(error)
            else:
                if answer.status == status:
                    return answer
                last = f"{answer.status} {answer.body[:300]!r}"
            time.sleep(0.1)
        raise AssertionError(f"{path}: {last}\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(
            f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
            for path in sorted(self.folder.glob("*.log"))
        )

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def free_ports(count: int) -> list[int]:
    """Find ports that nobody uses."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def workers_of(pid: int) -> list[int]:
    """Processes that `pid` started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in re.findall(r"[0-9]+", text)]
