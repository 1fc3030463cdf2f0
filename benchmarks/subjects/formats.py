"""SD-JWT VC and mdoc beside the reference implementations of others, in turns in one run.

`sd-jwt` and `isomdoc` want an environment of their own: `scripts/interop.sh` installs it, and
they run in a child process that times itself. All sides verify the same presentations with the
same number of signatures, and have the issuer's key at hand. Beyond what the others do, ours check
chain, validity, types and strict form. The last figures tell what nobody can avoid: the two
signatures and the holder's point.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

from benchmarks.figures import Figure
from credentials.certificates import Subject, make_leaf, make_root
from credentials.disclosures import Selective
from credentials.jwk import load_jwk, public_jwk
from credentials.key_binding import bind, verify_key_binding
from credentials.mdoc_device import parse_device_response, respond, verify_device_signature
from credentials.mdoc_issuer import issue_mdoc, parse_issuer_signed, verify_issuer_signed
from credentials.mdoc_mso import Validity
from credentials.mdoc_transcript import redirect_transcript
from credentials.sd_jwt_vc import issue_sd_jwt_vc, parse_sd_jwt_vc, verify_sd_jwt_vc
from credentials.signing import PemSigner, Signer, generate_pem, verify_es256
from credentials.token_claims import StatusReference
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, check_issuer, verify_chain
from tests.interop.clients import ENVIRONMENT, PYTHON

ISSUED_A_SECOND = 5000
TIMES_SD_JWT = 3
TIMES_ISOMDOC = 1.2
ROUNDS, CALLS, PRESENTATIONS = 80, 15, 60

_DISCLOSURES = 20
_DAY = 86_400
_NOW = 1_800_000_000
_TODAY = _NOW - _NOW % _DAY
_SITE = "https://ikd.example"
_AUDIENCE, _NONCE = "x509_san_dns:bank.example", "n-0S6_WzA2Mj"
_TRANSCRIPT = redirect_transcript(_AUDIENCE, _NONCE, _SITE, key_thumbprint=bytes(32))
_STATUS = StatusReference(f"{_SITE}/v1/lists/status/7", 1234)
_DOCTYPE = "id.example.ikd.idcard.1"
_VALUES = {f"claim_{number:02}": f"JL. DAHLIA NO. {number}" for number in range(_DISCLOSURES)}
_CLAIMS = {name: Selective(value) for name, value in _VALUES.items()}
_TIMING = Path("tests/interop/python/timing.py")
_ROOT_KEY, _LEAF_KEY, _SIGNER_KEY = (PemSigner(generate_pem()) for _ in range(3))
_ROOT = make_root(
    _ROOT_KEY,
    Subject("Root"),
    serial=1,
    not_before=_TODAY - _DAY,
    not_after=_TODAY + 999 * _DAY,
    website=_SITE,
)
_ANCHORS = Anchors((_ROOT,))
Turn = Callable[[], float]
T = TypeVar("T")


def _leaf(key: Signer, usage: str | None) -> bytes:
    return make_leaf(
        _ROOT,
        _ROOT_KEY,
        Subject("Issuer"),
        key.public_key,
        serial=2,
        not_before=_TODAY,
        not_after=_TODAY + 400 * _DAY,
        website=_SITE,
        usage=usage,
        uris=(_SITE,),
    )


_LEAF, _SIGNER = _leaf(_LEAF_KEY, None), _leaf(_SIGNER_KEY, DOCUMENT_SIGNER)


def measure() -> list[Figure]:
    """Return the rates of issuing and verifying, and how many times as fast as the others'."""
    presentations = [_presented(PemSigner(generate_pem())) for _ in range(PRESENTATIONS)]
    responses = [_responded(PemSigner(generate_pem())) for _ in range(PRESENTATIONS)]
    with _others(presentations, responses) as others:
        issued, shown, others_shown, mdoc, others_mdoc, bare = _in_turns(
            _ours(_issue, [PemSigner(generate_pem()) for _ in range(PRESENTATIONS)]),
            _ours(_verify_sd_jwt, presentations),
            others("sd-jwt"),
            _ours(_verify_mdoc, responses),
            others("mdoc"),
            _ours(_reference(), presentations),
        )
    return [
        _at_least("SD-JWT VC with 20 disclosures: issued", issued, ISSUED_A_SECOND),
        _at_least("with key binding: verified, over sd-jwt", shown, TIMES_SD_JWT, others_shown),
        _at_least(
            "mdoc with device signature: verified, over isomdoc", mdoc, TIMES_ISOMDOC, others_mdoc
        ),
        _told("sd-jwt over two signatures and a point", others_shown, bare),
        _told("isomdoc over two signatures and a point", others_mdoc, bare),
        _told("our SD-JWT over two signatures and a point", shown, bare),
        _told("our mdoc over two signatures and a point", mdoc, bare),
    ]


def _at_least(name: str, seconds: float, limit: float, others: float | None = None) -> Figure:
    ratio = None if others is None else others / seconds
    return Figure(name, 1 / seconds, "1/s", limit, ratio, at_least=True)


def _told(name: str, seconds: float, bare: float) -> Figure:
    return Figure(name, seconds * 1e6, "µs", ratio=seconds / bare)


def _in_turns(*turns: Turn) -> tuple[float, ...]:
    """Return the median seconds of one call of each; turns are short, so that noise meets all."""
    times: list[list[float]] = [[] for _ in turns]
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for turn, taken in zip(turns, times, strict=True):
                taken.append(turn() / CALLS)
    finally:
        gc.enable()
    return tuple(statistics.median(taken) for taken in times)


def _ours(work: Callable[[T], object], inputs: list[T]) -> Turn:
    endless = cycle(inputs)

    def turn() -> float:
        chosen = tuple(islice(endless, CALLS))
        began = time.thread_time()
        for one in chosen:
            work(one)
        return time.thread_time() - began

    return turn


@contextmanager
def _others(presentations: list[str], responses: list[bytes]) -> Iterator[Callable[[str], Turn]]:
    """Start the process of the others; give what takes a turn of it."""
    given = {
        "issuer_key": public_jwk(_LEAF_KEY.public_key),
        "presentations": presentations,
        "responses": [response.hex() for response in responses],
        "transcript": _TRANSCRIPT.hex(),
        "audience": _AUDIENCE,
        "nonce": _NONCE,
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [PYTHON, _TIMING], stdin=pipe, stdout=pipe, env=ENVIRONMENT, text=True
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def say(value: object) -> None:
            stdin.write(json.dumps(value) + "\n")
            stdin.flush()

        def turn(name: str) -> float:
            say([name, CALLS])
            return float(stdout.readline())

        say(given)
        yield lambda name: partial(turn, name)
        stdin.close()


def _issue(holder: Signer) -> str:
    return issue_sd_jwt_vc(
        _CLAIMS,
        _LEAF_KEY,
        vct=f"{_SITE}/openid/types/id_card",
        issued_at=_TODAY,
        expires_at=_TODAY + 14 * _DAY,
        random=os.urandom,
        chain=(_LEAF,),
        holder_key=holder.public_key,
        status=_STATUS,
        issuer=_SITE,
    )


def _presented(holder: Signer) -> str:
    return bind(_issue(holder), holder, audience=_AUDIENCE, nonce=_NONCE, issued_at=_NOW)


def _verify_sd_jwt(text: str) -> None:
    unverified = parse_sd_jwt_vc(text)
    leaf = verify_chain(unverified.jws.chain, _ANCHORS, now=_NOW)
    credential = verify_sd_jwt_vc(unverified, leaf.public_key, now=_NOW)
    assert credential.issuer is not None
    assert credential.holder_key is not None
    check_issuer(leaf, credential.issuer)
    verify_key_binding(
        unverified, credential.holder_key, audience=_AUDIENCE, nonce=_NONCE, now=_NOW
    )


def _responded(holder: Signer) -> bytes:
    issued = issue_mdoc(
        {_DOCTYPE: _VALUES},
        _SIGNER_KEY,
        doctype=_DOCTYPE,
        device_key=holder.public_key,
        validity=Validity(_TODAY, _TODAY, _TODAY + 14 * _DAY),
        chain=(_SIGNER,),
        random=os.urandom,
        status=_STATUS,
    )
    wanted = [(_DOCTYPE, name) for name in _VALUES]
    return respond(parse_issuer_signed(issued), wanted, holder, transcript=_TRANSCRIPT)


def _verify_mdoc(data: bytes) -> None:
    (document,) = parse_device_response(data)
    signed = document.issuer_signed
    leaf = verify_chain(signed.chain, _ANCHORS, now=_NOW, usage=DOCUMENT_SIGNER)
    issued = verify_issuer_signed(signed, leaf, now=_NOW)
    verify_device_signature(document, issued.device_key, transcript=_TRANSCRIPT)


def _reference() -> Callable[[str], None]:
    """Return what nobody can avoid: the issuer's key is loaded before, the holder's each time."""
    holder = PemSigner(generate_pem())
    jwk, message = public_jwk(holder.public_key), bytes(900)
    issued, proven = _LEAF_KEY.sign(message), holder.sign(message)

    def reference(_: str) -> None:
        verify_es256(_LEAF_KEY.public_key, message, issued)
        verify_es256(load_jwk(jwk), message, proven)

    return reference
