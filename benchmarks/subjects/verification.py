"""The whole offline check of one text, against the two signatures and the point it cannot avoid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from benchmarks.figures import Figure, in_turns
from credentials.bundle import sign_bundle
from credentials.signing import compress
from credentials.trust import TrustList
from samples.keys import SampleSigner
from samples.vectors_world import CARD, NOW, bundles
from verifier import MemoryReplay, load_policy, load_root, trust_bundle, verify

LIMIT = 1.4
ROUNDS, CALLS = 400, 3
_CURVE = ec.SECP256R1()
_ECDSA = ec.ECDSA(hashes.SHA256())


def measure() -> list[Figure]:
    """Check a full card with portrait from its text; the reference is bare `cryptography`."""
    text = CARD.shown()
    # The vectors' trust list holds a second key with the same id, to be tried in vain: not here.
    content = bundles()["current"]
    content = replace(content, trust=TrustList(content.trust.keys[1:]))
    bundle = trust_bundle(sign_bundle(content, SampleSigner("root")), root=load_root())
    policy = load_policy("default")
    now = datetime.fromtimestamp(NOW, UTC)

    # A memory for each check, made before: the same proof would be refused the second time.
    memories = [MemoryReplay() for _ in range(ROUNDS * CALLS)]

    def whole() -> None:
        verified = verify(text, bundle=bundle, policy=policy, now=now, replay=memories.pop())
        assert verified.portrait is not None

    checked, reference = in_turns(whole, _reference(), rounds=ROUNDS, calls=CALLS)
    return [
        Figure(
            "full offline verification from text", checked * 1e6, "µs", LIMIT, checked / reference
        ),
        Figure("two P-256 verifications and one point load", reference * 1e6, "µs"),
        Figure("full offline verifications", 1 / checked, "1/s"),
    ]


def _reference() -> Callable[[], None]:
    """Return the unavoidable work, with everything prepared that can be.

    The issuer's key is loaded once and for all; the holder's comes with every code as a compressed
    point, so it is loaded and then used once: a fresh key costs more than one used before.
    """
    message = b"x" * 900
    issuer, holder = SampleSigner("issuer-population"), SampleSigner("holder")
    issuer_key, issued = issuer.public_key, _der(issuer.sign(message))
    point, proven = compress(holder.public_key), _der(holder.sign(message))

    def reference() -> None:
        issuer_key.verify(issued, message, _ECDSA)
        holder_key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
        holder_key.verify(proven, message, _ECDSA)

    return reference


def _der(raw: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
