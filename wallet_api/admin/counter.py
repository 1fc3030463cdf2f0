"""`admin offices`, `admin kiosks`, `admin operators` and their passkeys."""

from __future__ import annotations

import json
from argparse import Namespace

from wallet_api import bootstrap
from wallet_api.services import kiosks, operators, passkey_records


def add_office(options: Namespace) -> str:
    """Add an office."""
    with bootstrap.opened_deps() as deps:
        office = kiosks.add_office(deps, code=options.code, name=options.name, head=options.head)
    return json.dumps({"office": office, "code": options.code})


def add_kiosk(options: Namespace) -> str:
    """Plan a kiosk; the last word is the one-time token for `enrolment_kiosk init`."""
    with bootstrap.opened_deps() as deps:
        kiosk_id, token = kiosks.add_kiosk(deps, office_code=options.office, name=options.name)
    return f"kiosk {kiosk_id}\ntoken (24 hours, once) {token}"


def block_kiosk(options: Namespace) -> str:
    """Block a kiosk for good: its frames, shifts and requests end at once."""
    with bootstrap.opened_deps() as deps:
        kiosks.block_kiosk(deps, options.kiosk, reason=options.reason)
    return f"kiosk {options.kiosk} is blocked"


def add_operator(options: Namespace) -> str:
    """Add an operator; what is printed is shown once and kept nowhere."""
    password = None
    if options.password_file is not None:
        password = options.password_file.read_text(encoding="utf-8").strip()
    with bootstrap.opened_deps() as deps:
        made = operators.add_operator(
            deps,
            office_code=options.office,
            username=options.username,
            name=options.name,
            role=options.role,
            password=password,
        )
    return json.dumps(
        {
            "username": made.username,
            "password": made.password,
            "totp_secret": made.totp_secret,
            "totp_uri": made.totp_uri,
        }
    )


def end_operator(options: Namespace) -> str:
    """Take an operator's rights away and end their shift."""
    with bootstrap.opened_deps() as deps:
        operators.end_operator(deps, options.username)
    return f"operator {options.username} may not sign in any more"


def list_passkeys(options: Namespace) -> str:
    """List an operator's passkeys as JSON, the oldest first."""
    with bootstrap.opened_deps() as deps:
        return json.dumps(passkey_records.list_of(deps, options.username), indent=1)


def remove_passkey(options: Namespace) -> str:
    """Remove a passkey and end the operator's shift."""
    with bootstrap.opened_deps() as deps:
        passkey_records.remove(deps, options.username, options.id)
    return f"passkey {options.id} opens no shift any more"


def demand_passkeys(options: Namespace) -> str:
    """Let an office demand passkeys of whoever has one."""
    demanded = options.demanded == "yes"
    with bootstrap.opened_deps() as deps:
        passkey_records.demand(deps, options.code, demanded=demanded)
    return f"office {options.code}: passkeys are {'demanded' if demanded else 'a choice'}"
