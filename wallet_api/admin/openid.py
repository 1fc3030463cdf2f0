"""`admin offer`."""

from __future__ import annotations

import sys
from argparse import Namespace

from wallet_api import bootstrap
from wallet_api.errors import InputInvalid
from wallet_api.services.openid import offers


def make_offer(options: Namespace) -> str:
    """Offer documents to the standard wallet of a resident; the answer is one URI."""
    nik = sys.stdin.readline().strip() if options.nik == "-" else str(options.nik)
    if options.grant != offers.PRE_AUTHORIZED and options.tx_code is not None:
        message = "tx-code: only with --grant pre-authorized; here the resident approves in the app"
        raise InputInvalid(errors=[message])
    wanted = options.grant == offers.PRE_AUTHORIZED and not options.no_tx_code
    with bootstrap.opened_deps() as deps:
        return offers.make_offer(
            deps,
            nik,
            options.type,
            options.format,
            grant=options.grant,
            tx_code=offers.choose_tx_code(options.tx_code, wanted=wanted),
            by_reference=options.by_reference,
        )
