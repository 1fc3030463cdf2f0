"""`admin wallets` and `admin credentials`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace

from wallet_api import bootstrap
from wallet_api.services import person_blocks, person_credentials


def block_wallet(options: Namespace) -> str:
    """Block the wallet of a NIK."""
    nik = _nik(options)
    with bootstrap.opened_deps() as deps:
        found = person_blocks.block_by_admin(deps, nik, options.reason)
    return "blocked" if found else "there is no active wallet"


def change_credentials(options: Namespace) -> str:
    """Revoke, suspend or resume the credentials of a NIK, or one by its id."""
    status, reason = options.status, options.reason
    with bootstrap.opened_deps() as deps:
        if options.id is not None:
            changed = person_credentials.change_one(deps, options.id, status, reason=reason)
        else:
            changed = person_credentials.change_all(deps, _nik(options), status, reason=reason)
    return json.dumps({"status": status, "changed": changed})


def _nik(options: Namespace) -> str:
    """Return the NIK; `-` reads it from standard input, where no process list shows it."""
    return sys.stdin.readline().strip() if options.nik == "-" else str(options.nik)
