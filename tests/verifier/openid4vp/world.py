"""An issuer with certificates and a status list on a real port, and documents in both formats."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from credentials.certificates import Subject, make_leaf, make_root
from credentials.mdoc_elements import make_elements
from credentials.mdoc_issuer import issue_mdoc
from credentials.mdoc_mso import Validity
from credentials.sd_jwt_vc import issue_sd_jwt_vc
from credentials.signing import PemSigner, Signer, generate_pem
from credentials.status_list import StatusList
from credentials.status_token import ListTimes, sign_status_jwt
from credentials.token_claims import StatusReference
from credentials.vc_claims import make_claims
from credentials.x509_chain import DOCUMENT_SIGNER
from tests.credentials.claims.people import AUTHORITY, DOCUMENTS
from tests.credentials.made import CATALOGUE

DAY = 86_400
ISSUER = "https://wallet.example"
INDEX = 77
CATALOGUE_FOLDER = Path(__file__).parents[3] / "wallet_api" / "catalogue"


def midnight() -> int:
    now = int(time.time())
    return now - now % DAY


@dataclass
class World:
    """One issuer. `lists` are the answers of its status server by path."""

    status_url: str
    name: str = "Dukcapil"
    root_key: PemSigner = field(default_factory=lambda: PemSigner(generate_pem()))
    sd_key: PemSigner = field(default_factory=lambda: PemSigner(generate_pem()))
    mdoc_key: PemSigner = field(default_factory=lambda: PemSigner(generate_pem()))
    holder: PemSigner = field(default_factory=lambda: PemSigner(generate_pem()))
    root: bytes = b""
    sd_leaf: bytes = b""
    mdoc_leaf: bytes = b""
    statuses: StatusList = field(default_factory=lambda: StatusList(2, 1 << 12))
    list_times: ListTimes = field(default_factory=lambda: ListTimes(int(time.time()), None, 60))
    fetched: list[str] = field(default_factory=list)
    broken: bool = False
    location: str = ""

    def __post_init__(self) -> None:
        self.root = make_root(
            self.root_key,
            Subject(f"{self.name} root", organisation=self.name),
            serial=secrets.randbits(64) + 1,
            not_before=midnight() - 30 * DAY,
            not_after=midnight() + 3000 * DAY,
            website=ISSUER,
        )
        self.sd_leaf = self.leaf(self.sd_key, uris=(ISSUER,))
        self.mdoc_leaf = self.leaf(self.mdoc_key, usage=DOCUMENT_SIGNER)

    def leaf(self, key: Signer, **changes: Any) -> bytes:
        members: dict[str, Any] = {
            "serial": secrets.randbits(64) + 1,
            "not_before": midnight() - 20 * DAY,
            "not_after": midnight() + 400 * DAY,
            "website": ISSUER,
            **changes,
        }
        subject = members.pop("subject", Subject(f"{self.name} signer", organisation=self.name))
        return make_leaf(self.root, self.root_key, subject, key.public_key, **members)

    @property
    def reference(self) -> StatusReference:
        return StatusReference(f"{self.status_url}/lists/7", INDEX)

    def sd_jwt(self, type_name: str = "id_card", **changes: Any) -> str:
        document_type = CATALOGUE.document_type(type_name)
        profile, values = DOCUMENTS[type_name]
        values = values | changes.pop("values", {})
        claims = make_claims(
            document_type,
            document_type.profile(profile),
            values,
            authority=AUTHORITY,
            picture=changes.pop("picture", None),
        )
        members: dict[str, Any] = {
            "vct": document_type.vct,
            "issued_at": midnight(),
            "expires_at": midnight() + 15 * DAY,
            "random": secrets.token_bytes,
            "chain": (self.sd_leaf,),
            "holder_key": self.holder.public_key,
            "status": self.reference,
            "issuer": ISSUER,
            **changes,
        }
        signer = members.pop("signer", self.sd_key)
        return issue_sd_jwt_vc(members.pop("claims", claims), signer, **members)

    def mdoc(self, type_name: str = "id_card", **changes: Any) -> bytes:
        document_type = CATALOGUE.document_type(type_name)
        profile, values = DOCUMENTS[type_name]
        values = values | changes.pop("values", {})
        elements = make_elements(
            document_type, document_type.profile(profile), values, authority=AUTHORITY
        )
        members: dict[str, Any] = {
            "doctype": document_type.doctype,
            "device_key": self.holder.public_key,
            "validity": Validity(midnight(), midnight(), midnight() + 15 * DAY),
            "chain": (self.mdoc_leaf,),
            "random": secrets.token_bytes,
            "status": self.reference,
            **changes,
        }
        signer = members.pop("signer", self.mdoc_key)
        return issue_mdoc(members.pop("elements", elements), signer, **members)

    def status_list(self, uri: str) -> str:
        return sign_status_jwt(
            self.statuses, self.sd_key, uri=uri, times=self.list_times, chain=(self.sd_leaf,)
        )

    def trust(self, folder: Path, **changes: Any) -> dict[str, Any]:
        """Write the anchor, and return the trust file's content."""
        pem = x509.load_der_x509_certificate(self.root).public_bytes(Encoding.PEM)
        (folder / f"{self.name}.pem").write_bytes(pem)
        types = [entry.name for entry in CATALOGUE.types]
        issuer = {
            "name": self.name,
            "anchors": [f"{self.name}.pem"],
            "status_prefix": f"{self.status_url}/lists/",
            "types": types,
            **changes,
        }
        return {"catalogue": [str(CATALOGUE_FOLDER)], "issuers": [issuer]}


@contextmanager
def running_issuer() -> Iterator[World]:
    """Serve an issuer's status list on a real port."""
    world: World

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            world.fetched.append(self.path)
            if world.location:
                self.send_response(302)
                self.send_header("Location", world.location)
                self.end_headers()
                return
            etag = f'"{hash(world.statuses.to_bytes())}-{world.list_times.issued_at}"'
            if world.broken:
                self.send_error(500)
            elif self.headers.get("If-None-Match") == etag:
                self.send_response(304)
                self.end_headers()
            else:
                body = world.status_list(f"{world.status_url}{self.path}").encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/statuslist+jwt")
                self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world = World(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield world
    server.shutdown()
    server.server_close()
