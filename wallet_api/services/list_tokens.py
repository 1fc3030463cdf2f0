"""Status list tokens of one moment: the bundle's revocation set, signed for whoever asks online.

A list is compressed once and signed in both forms (Token Status List, sections 5.1 and 5.2). Its
address is also its subject and the `status_list.uri` of every credential on it, so it is built
from the public address in one place.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from credentials.revocation import RevocationSet
from credentials.status_token import (
    ListTimes,
    compress_runs,
    fill_list,
    parse_status_cwt,
    parse_status_jwt,
    sign_status_cwt,
    sign_status_jwt,
    verify_status_token,
)
from wallet_api.services.deps import Deps

LIST_LIFE: Final = timedelta(hours=24)
LIST_TTL: Final = timedelta(minutes=15)
JWT, CWT = "jwt", "cwt"
MEDIA_TYPES: Final = {JWT: "application/statuslist+jwt", CWT: "application/statuslist+cwt"}


def list_uri(deps: Deps, number: int) -> str:
    """Return the address of a list, as credentials name it."""
    return f"{deps.settings.public_url}/v1/lists/status/{number}"


def sign_list(
    deps: Deps, revocation: RevocationSet, number: int, *, at: datetime
) -> dict[str, bytes]:
    """Return list ``number`` in every form, by its file's suffix; each verified before."""
    key, uri, issued_at = deps.keys.status, list_uri(deps, number), int(at.timestamp())
    times = ListTimes(
        issued_at, issued_at + int(LIST_LIFE.total_seconds()), int(LIST_TTL.total_seconds())
    )
    statuses = fill_list(revocation, number)
    packed = compress_runs(statuses)
    jwt = sign_status_jwt(
        statuses, key.signer, uri=uri, times=times, chain=key.chain, compressed=packed
    )
    cwt = sign_status_cwt(
        statuses, key.signer, uri=uri, times=times, chain=key.chain, compressed=packed
    )
    for unverified in (parse_status_jwt(jwt), parse_status_cwt(cwt)):
        verify_status_token(unverified, key.signer.public_key, uri=uri, now=issued_at)
    return {JWT: jwt.encode("ascii"), CWT: cwt}
