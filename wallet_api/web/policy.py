"""What an app reads before it starts; nonces; the signed time."""

from __future__ import annotations

from apiflask import APIBlueprint

from wallet_api.services import nonces, policy
from wallet_api.services.enrolment_view import iso
from wallet_api.web import guards
from wallet_api.web.schemas.enrolments import Policy
from wallet_api.web.schemas.wallet import NonceAnswer, TimeAnswer, TimeQuery

bp = APIBlueprint("policy", __name__, url_prefix="/v1", tag="Policy")


@bp.get("/policy")
@guards.open_to_all
@bp.output(Policy)
def read_policy() -> dict[str, object]:
    """Platforms, PIN rules, capture rules, kiosk authority and bundle root."""
    return policy.read(guards.deps())


@bp.post("/nonces")
@guards.open_to_all
@bp.output(NonceAnswer, status_code=201)
def make_nonce() -> dict[str, object]:
    """Get a fresh server nonce; every other answer carries one too."""
    life = int(nonces.LIFE.total_seconds())
    services = guards.deps()
    return {"nonce": nonces.make(services), "expires_in": life, "server_time": iso(services.now())}


@bp.get("/time")
@guards.open_to_all
@bp.input(TimeQuery, location="query", arg_name="query")
@bp.output(TimeAnswer)
def signed_time(query: TimeQuery) -> dict[str, object]:
    """Get the server's time, signed for kiosks."""
    return policy.signed_time(guards.deps(), query.nonce)
