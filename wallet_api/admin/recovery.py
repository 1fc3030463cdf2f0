"""`admin after-restore`."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict

from wallet_api import bootstrap
from wallet_api.services import recovery


def after_restore(_: Namespace) -> str:
    """Make a database that came from a backup safe to issue from."""
    with bootstrap.opened_deps() as deps:
        return json.dumps(asdict(recovery.after_restore(deps)))
