"""Between the attacker and the application: signs whatever is sent as its rightful caller would.

Made-up requests would all end at the guards. Here the body stays as the attacker made it, but it
arrives with a true statement, token and key for a real enrolment, wallet or kiosk, so that what
lies behind the guards is attacked as well.
"""

from __future__ import annotations

import io
import re
import secrets
from typing import TYPE_CHECKING, Any

from credentials.jwk import public_jwk, thumbprint
from credentials.statement import (
    TYP_DEVICE,
    TYP_KIOSK,
    TYP_PIN,
    Statement,
    hash_body,
    sign_statement,
)
from tests.wallet_api import capturing
from tests.wallet_api.counter_desk import Counter, enrol, new_signer
from tests.wallet_api.handset import Handset, at_face, with_wallet
from wallet_api.services import kiosks, nonces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

    from credentials.signing import PemSigner
    from tests.wallet_api.simulators import World

LIVING = ("3174054512900001", "3174054512900002", "3174054512900003")


class SignedApplication:
    """A WSGI application that signs and then hands on to the real one."""

    def __init__(self, world: World, app: Flask) -> None:
        self._world = world
        self._app = app
        self._inner = app.wsgi_app
        self._enrolment = at_face(world, nik=LIVING[0])
        self._capture = str(capturing.opened(self._enrolment)["capture"])
        ready = enrol(world, LIVING[1])
        self._ready = Handset(
            world, device=ready.device, pin=ready.pin, enrolment=ready.enrolment_id
        )
        self._wallet = with_wallet(world, LIVING[2])
        assert self._wallet.session().status_code == 201
        self._open_counter()

    def _open_counter(self) -> None:
        deps, self._kiosk_key = self._world.deps, new_signer()
        kiosks.add_office(deps, code="3173", name="Kantor 3173")
        self._kiosk, token = kiosks.add_kiosk(deps, office_code="3173", name="Loket 1")
        jwk = public_jwk(self._kiosk_key.public_key)
        kiosks.enrol_kiosk(deps, token=token, identity_key=jwk, name="Loket 1")
        counter = Counter(self._world, "3173", self._kiosk)
        factors = counter.factors(counter.add_operator("tini"))
        from wallet_api.services import shift_opening

        key = public_jwk(new_signer().public_key)
        self._shift = str(shift_opening.open_shift(deps, self._kiosk, factors, key)["token"])

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        adapter = self._app.url_map.bind("localhost")
        try:
            endpoint, arguments = adapter.match(environ["PATH_INFO"], environ["REQUEST_METHOD"])
        except Exception:  # noqa: BLE001 - no such route or method: nothing to sign
            return self._inner(environ, start_response)
        view = self._app.view_functions[endpoint]
        guard = getattr(view, "__guard__", "open")
        if guard != "open" and environ["REQUEST_METHOD"] == "POST":
            environ["HTTP_IDEMPOTENCY_KEY"] = secrets.token_hex(16)
        if guard == "device":
            self._sign_as_phone(environ, endpoint, getattr(view, "__purpose__", ""), body)
        elif guard == "dpop":
            self._sign_as_wallet(environ)
        elif guard.startswith("kiosk"):
            self._sign_as_kiosk(environ, getattr(view, "__purpose__", ""), body, arguments)
        return self._inner(environ, start_response)

    def _sign_as_phone(
        self, environ: dict[str, Any], endpoint: str, purpose: str, body: bytes
    ) -> None:
        phone = self._ready if endpoint.startswith("activation") else self._enrolment
        name = phone.enrolment
        if purpose == "start":
            name = "new"
        elif purpose == "session":
            phone, name = self._wallet, self._wallet.wallet
        self._rename(environ, "enrolments", phone.enrolment)
        self._rename(environ, "captures", self._capture)
        statement = self._statement(purpose, name, body, phone.device, phone.pin)
        environ["HTTP_WALLET_STATEMENT"] = sign_statement(statement, phone.device, typ=TYP_DEVICE)
        environ["HTTP_WALLET_PIN_PROOF"] = sign_statement(statement, phone.pin, typ=TYP_PIN)

    def _sign_as_wallet(self, environ: dict[str, Any]) -> None:
        phone = self._wallet
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        environ["HTTP_AUTHORIZATION"] = f"DPoP {phone.token}"
        environ["HTTP_DPOP"] = phone.dpop(method, path)

    def _sign_as_kiosk(
        self, environ: dict[str, Any], purpose: str, body: bytes, arguments: Any
    ) -> None:
        self._rename(environ, "kiosks", self._kiosk)
        self._rename(environ, "queue", self._ready.enrolment)
        name = self._kiosk if "kiosk_id" in arguments else "new"
        statement = self._statement(purpose, name, body, self._kiosk_key, None)
        environ["HTTP_KIOSK_STATEMENT"] = sign_statement(statement, self._kiosk_key, typ=TYP_KIOSK)
        environ["HTTP_AUTHORIZATION"] = f"Bearer {self._shift}"

    def _statement(
        self, purpose: str, name: str, body: bytes, signer: PemSigner, pin: PemSigner | None
    ) -> Statement:
        return Statement(
            purpose,
            name,
            hash_body(body),
            nonces.make(self._world.deps),
            int(self._world.clock.now().timestamp()),
            thumbprint(signer.public_key),
            thumbprint(pin.public_key) if pin else None,
        )

    def _rename(self, environ: dict[str, Any], after: str, name: str) -> None:
        """Put a real id where the attacker made one up."""
        path = re.sub(rf"(/{after}/)[^/]+", rf"\g<1>{name}", environ["PATH_INFO"])
        environ["PATH_INFO"] = path
