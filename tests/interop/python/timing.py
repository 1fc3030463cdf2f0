"""Times `sd-jwt` and `isomdoc`, which run in an environment of their own, for the benchmarks.

The first line of standard input is a JSON object with what is to be verified; every further line
[name, calls] is answered with the seconds of processor that so many verifications took. This file
imports nothing of the product.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

import cbor2
from isomdoc import verify_device_response
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier


def works(given: dict[str, Any]) -> dict[str, tuple[Callable[[Any], object], cycle[Any]]]:
    """Return what can be timed, with the inputs that take turns; all that can be is prepared."""
    key = JWK(**given["issuer_key"])
    transcript = cbor2.loads(bytes.fromhex(given["transcript"]))

    def sd_jwt(text: str) -> object:
        verifier = SDJWTVerifier(text, lambda *_: key, given["audience"], given["nonce"])
        return verifier.get_verified_payload()

    def mdoc(data: bytes) -> object:
        return verify_device_response(data, transcript)

    responses = [bytes.fromhex(response) for response in given["responses"]]
    return {"sd-jwt": (sd_jwt, cycle(given["presentations"])), "mdoc": (mdoc, cycle(responses))}


def main() -> None:
    """Answer until the input ends. The garbage collector rests, as it does on the other side."""
    known = works(json.loads(sys.stdin.readline()))
    gc.disable()
    for line in sys.stdin:
        name, calls = json.loads(line)
        work, inputs = known[name]
        chosen = tuple(islice(inputs, calls))
        began = time.thread_time()
        for one in chosen:
            work(one)
        sys.stdout.write(f"{time.thread_time() - began}\n")
        sys.stdout.flush()


main()
