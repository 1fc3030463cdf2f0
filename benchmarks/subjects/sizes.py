"""How dense the QR is: presentations of the sample people, with portraits made from photos."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from itertools import cycle

from benchmarks.figures import Figure
from credentials.presentation import presentation_text, sign_presentation
from credentials.qr_credential import build_claims, sign_credential
from credentials.qr_text import qr_version
from samples.keys import SampleSigner
from samples.people.families import load_families
from samples.vectors_world import EXPIRES, FOLDER, ISSUED, NOW, catalogue
from wallet_api.adapters.faces.engine import FaceEngine
from wallet_api.adapters.faces.portrait import make_portrait

_STATUS = (268, 1_000_000)  # as large as a real one of 280 million entries gets
_PHOTOS = ("astronaut.png", "biden.jpg", "obama.jpg", "obama2.jpg")


def measure() -> list[Figure]:
    """All KTP fields and a portrait, for every sample person who has a card."""
    portraits = _portraits()
    people = [record["person"] for record in load_families() if record["status"] == "FOUND"]
    sizes = [
        _presentation({**person, "portrait": portrait})
        for person, portrait in zip(people, cycle(portraits), strict=False)
    ]
    widest = {
        field: max((str(person.get(field, "")) for person in people), key=len)
        for field in ("name", "birth_place", "street", "occupation")
    }
    name = "MUHAMMAD ABDURRAHMAN WAHYUNINGRAT KUSUMAWARDHANI DARMAWANSYAH"[:60]
    longest = {**people[0], **widest, "name": name, "portrait": max(portraits, key=len)}
    size, version = _presentation(longest)
    return [
        Figure("portrait", statistics.median(map(len, portraits)), "bytes", 700),
        Figure("presentation, all fields and portrait", _median(sizes, 0), "bytes", 970),
        Figure("presentation, QR version at level L", _median(sizes, 1), "version", 22),
        Figure("presentation of the longest names", size, "bytes"),
        Figure("presentation of the longest names, QR version", version, "version", 25),
        Figure("presentation without portrait", _presentation(people[0])[0], "bytes"),
    ]


def _portraits() -> list[bytes]:
    engine = FaceEngine()
    folder = FOLDER / "faces" / "free"
    return [make_portrait(engine, (folder / name).read_bytes()) for name in _PHOTOS]


def _median(sizes: list[tuple[int, int]], which: int) -> float:
    return statistics.median(size[which] for size in sizes)


def _presentation(values: Mapping[str, object]) -> tuple[int, int]:
    """Return the bytes of a presentation and its QR version."""
    kind = catalogue().document_type("id_card")
    holder = SampleSigner("holder")
    claims = build_claims(
        kind.encode(kind.profile("full"), values),
        issued_at=ISSUED,
        expires_at=EXPIRES,
        holder_key=holder.public_key,
        status=_STATUS,
    )
    credential = sign_credential(claims, SampleSigner("issuer-population"))
    presentation = sign_presentation(credential, holder, issued_at=NOW)
    return len(presentation), qr_version(len(presentation_text(presentation)))
