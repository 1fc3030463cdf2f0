"""`admin relying-parties offer | register | revoke | list`."""

from __future__ import annotations

import json
from argparse import Namespace

from credentials.relying_party import parse_certificate
from credentials.signed_challenge import room_for_purpose
from credentials.signing import key_id
from wallet_api import bootstrap
from wallet_api.errors import InputInvalid
from wallet_api.services import relying_parties, relying_party_registration

MAX_REQUEST = 4096


def offer(options: Namespace) -> str:
    """Give a one-time code for a desk; what is printed is kept nowhere."""
    with bootstrap.opened_deps() as deps:
        made = relying_parties.offer(deps, name=options.name, profiles=options.profile or ())
    return f"relying party {made.relying_party}\ncode (7 days, once) {made.code}"


def register(options: Namespace) -> str:
    """Issue the certificate that a desk asks for, into a new file."""
    if options.out.exists():
        raise InputInvalid(errors=[{"field": "out", "code": "FILE_EXISTS"}])
    with options.request.open("rb") as file:
        data = file.read(MAX_REQUEST)
    with bootstrap.opened_deps() as deps:
        made = relying_party_registration.register(deps, data, days=options.days)
    with options.out.open("xb") as file:
        file.write(made.certificate)
    key = key_id(parse_certificate(made.certificate).claimed.public_key).hex()
    return (
        f"certificate {made.serial} of {made.name}, key {key},"
        f" until {made.not_after.date().isoformat()}\n"
        f"purposes may have {room_for_purpose(made.certificate)} bytes; written to {options.out}"
    )


def revoke(options: Namespace) -> str:
    """Revoke one certificate, or all of an institution: phones know with the next list."""
    with bootstrap.opened_deps() as deps:
        done = relying_parties.revoke(
            deps, serial=options.serial, party=options.id, reason=options.reason
        )
    return f"{len(done)} certificates revoked: {' '.join(map(str, done))}".rstrip(": ")


def list_all(_: Namespace) -> str:
    """List institutions and their certificates, one JSON object a line."""
    with bootstrap.opened_deps() as deps:
        found = relying_parties.list_all(deps)
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in found)
