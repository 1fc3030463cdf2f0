"""A company's proxy with a sign-in, and a registry behind it whose certificate its own CA made."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "registry.example"
USER, PASSWORD = "teller", "s3cret@desk"
SIGN_IN = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class Proxy:
    """Its port, and what it was asked: request lines with the sign-in."""

    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def tunnelling(server_port: int, *, refuse: int = 0) -> Iterator[Proxy]:
    """Run a proxy that makes tunnels to `HOST` only, which leads to a local port."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            request, _, _ = self.rfile.readline(2000).decode("ascii").rpartition(" HTTP/1.")
            signed_in = ""
            while (line := self.rfile.readline(2000).decode("ascii").strip()) != "":
                name, _, value = line.partition(": ")
                if name.lower() == "proxy-authorization":
                    signed_in = value
            proxy.asked.append((request, signed_in))
            status = 407 if signed_in != SIGN_IN else refuse
            if status or request != f"CONNECT {HOST}:443":
                self.wfile.write(f"HTTP/1.1 {status or 403} No\r\n\r\n".encode())
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with (
                socket.create_connection(("127.0.0.1", server_port)) as server,
                suppress(ConnectionError),
            ):
                _pass_on(self.connection, server)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        proxy = Proxy(listening.server_address[1])
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield proxy
        finally:
            listening.shutdown()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    ways = {one: other, other: one}
    while True:
        for ready in select.select(list(ways), [], [], 30)[0]:
            data = ready.recv(65_536)
            if not data:
                return
            ways[ready].sendall(data)


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """Return a server's TLS context for a host name, and the file of the CA that vouches for it."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("Company CA", ca_key, "Company CA", ca_key)
    own = _certificate(name, key, "Company CA", ca_key)
    folder.mkdir(exist_ok=True)
    (folder / "ca.pem").write_bytes(ca)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.pem").write_bytes(pem + own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, folder / "ca.pem"


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> bytes:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=key is by, path_length=None), critical=True)
    )
    if key is not by:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
