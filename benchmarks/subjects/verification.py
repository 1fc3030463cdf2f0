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

    def whole() -> None:
        # A memory of its own each time: the same proof would be refused the second time.
        verified = verify(text, bundle=bundle, policy=policy, now=now, replay=MemoryReplay())
        assert verified.portrait is not None

    checked, reference = in_turns(whole, _reference())
    return [
        Figure(
            "full offline verification from text", checked * 1e6, "µs", LIMIT, checked / reference
        ),
        Figure("two P-256 verifications and one point load", reference * 1e6, "µs"),
        Figure("full offline verifications", 1 / checked, "1/s"),
    ]


def _reference() -> Callable[[], None]:
    """Return the unavoidable work, with everything prepared that can be."""
    message = b"x" * 900
    keys = [SampleSigner("issuer-population"), SampleSigner("holder")]
    prepared = []
    for key in keys:
        raw = key.sign(message)
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        prepared.append((key.public_key, der))
    point = compress(keys[1].public_key)

    def reference() -> None:
        for public_key, der in prepared:
            public_key.verify(der, message, _ECDSA)
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)

    return reference
