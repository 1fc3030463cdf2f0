"""SD-JWT (RFC 9901), compact form: issue, read, choose what to show, verify.

    <issuer-signed JWT>~<disclosure>~…~[<key binding JWT>]

The rules of section 7.1 are followed to the letter where they say "reject": a digest that occurs
twice, a disclosure nothing refers to, a claim name that exists already, a disclosure of the wrong
kind. Of the hash functions only SHA-256 is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from credentials.claim_path import Path, find_values, touches
from credentials.disclosures import (
    ALGORITHM,
    DIGESTS,
    ELLIPSIS,
    SCALARS,
    SHA_256,
    Disclosure,
    Random,
    conceal,
    parse_disclosures,
)
from credentials.errors import ClaimError, FormatError
from credentials.jose import UnverifiedJws, parse_jws, sign_jws, verify_jws
from credentials.signing import PublicKey, Signer

MAX_SIZE = 1 << 18  # characters: a portrait of 100 KiB fits
MAX_DISCLOSURES = 512
MAX_DEPTH = 24  # disclosures within disclosures included

_SEPARATOR = "~"
Place = tuple[str | int, ...]


class UnverifiedSdJwt(NamedTuple):
    """An SD-JWT as read; nothing was checked against a key, and no digest compared.

    `presented` is the text up to and including the last "~": what a key binding JWT hashes.
    `key_binding` is the text after it, None when there is none.
    """

    jws: UnverifiedJws
    disclosures: tuple[Disclosure, ...]
    presented: str
    key_binding: str | None


def issue_sd_jwt(
    claims: Mapping[str, object],
    signer: Signer,
    *,
    typ: str,
    random: Random,
    chain: tuple[bytes, ...] = (),
    kid: str | None = None,
    decoys: int = 0,
) -> str:
    """Sign claims; those wrapped in `Selective` become disclosures (RFC 9901 section 4.1).

    `random(n)` gives n unpredictable bytes. LintError("CLAIM_NAME") for a reserved name.
    """
    payload, disclosures = conceal(claims, random, decoys=decoys)
    jws = sign_jws(payload, signer, typ=typ, kid=kid, chain=chain)
    return _SEPARATOR.join((jws, *disclosures, ""))


def parse_sd_jwt(text: str, *, typ: str) -> UnverifiedSdJwt:
    """Read the compact form; FormatError("SDJWT_…", "JWS_…", "DISCLOSURE_…") otherwise.

    Refused here: more than `MAX_SIZE` characters or `MAX_DISCLOSURES`, a disclosure that is there
    twice, every header `parse_jws` refuses.
    """
    if len(text) > MAX_SIZE:
        raise FormatError("SDJWT_TOO_LARGE")
    head, separator, rest = text.partition(_SEPARATOR)
    *texts, last = rest.split(_SEPARATOR)
    if not separator or len(texts) > MAX_DISCLOSURES:
        raise FormatError("SDJWT_FORMAT")
    jws = parse_jws(head, typ=typ, max_size=MAX_SIZE)
    if len(set(texts)) != len(texts):
        raise FormatError("SDJWT_DUPLICATE_DISCLOSURE")
    return UnverifiedSdJwt(
        jws, parse_disclosures(texts), text[: len(text) - len(last)], last or None
    )


def verify_sd_jwt(unverified: UnverifiedSdJwt, public_key: PublicKey) -> dict[str, object]:
    """Return the claims with what was disclosed put in its place (RFC 9901 section 7.1).

    SignatureError when `public_key` did not sign it; FormatError("SDJWT_…") for a digest that
    occurs twice, a disclosure nobody refers to or of the wrong kind, a name taken already.
    The caller still checks times, key binding and what the claims mean.
    """
    verify_jws(unverified.jws, public_key)
    return disclosed_claims(unverified)


def disclosed_claims(unverified: UnverifiedSdJwt) -> dict[str, object]:
    """Return the claims without looking at the signature: for a holder's own credential."""
    return _Reader(unverified.disclosures).read(unverified.jws.claims)


def present(unverified: UnverifiedSdJwt, paths: Iterable[Path]) -> str:
    """Return the SD-JWT with the disclosures that `paths` ask for, ending in "~".

    A claim asked for is shown with everything in it and everything it lies in.
    ClaimError("CLAIM_ABSENT") when the credential has no such claim.
    """
    wanted = tuple(paths)
    reader = _Reader(unverified.disclosures)
    claims = reader.read(unverified.jws.claims)
    if not all(find_values(claims, path) for path in wanted):
        raise ClaimError("CLAIM_ABSENT")
    shown = [
        disclosure.text
        for disclosure, place in reader.places()
        if any(touches(path, place) for path in wanted)
    ]
    head = unverified.presented.partition(_SEPARATOR)[0]
    return _SEPARATOR.join((head, *shown, ""))


class _Reader:
    """Puts disclosures in their places, once each; `places` says where each one was needed.

    `_used` has them by the object they belong to, or one by one where they are elements.
    """

    def __init__(self, disclosures: Sequence[Disclosure]) -> None:
        self._by_digest = {disclosure.digest: disclosure for disclosure in disclosures}
        self._seen: set[str] = set()
        self._used: list[tuple[Place, list[Disclosure]]] = []

    def read(self, payload: dict[str, object]) -> dict[str, object]:
        if payload.get(ALGORITHM, SHA_256) != SHA_256:
            raise FormatError("SDJWT_ALGORITHM")
        claims = self._object(payload, ())
        claims.pop(ALGORITHM, None)
        if sum(len(used) for _, used in self._used) != len(self._by_digest):
            raise FormatError("SDJWT_UNREFERENCED")
        return claims

    def places(self) -> Iterator[tuple[Disclosure, Place]]:
        """Say where each disclosure stood, after `read`."""
        for place, used in self._used:
            for one in used:
                yield one, place if one.name is None else (*place, one.name)

    def _value(self, value: object, place: Place) -> object:
        if type(value) is dict:
            return self._object(value, place)
        if type(value) is list:
            return self._array(value, place)
        return value

    def _object(self, members: dict[str, object], place: Place) -> dict[str, object]:
        self._check_depth(place)
        if ELLIPSIS in members:
            raise FormatError("SDJWT_ELLIPSIS")
        claims: dict[str, object] = {}
        for name, value in members.items():
            if type(value) in SCALARS:
                claims[name] = value
            elif name != DIGESTS:
                claims[name] = self._value(value, (*place, name))
        if DIGESTS in members:
            self._disclose(claims, self._take_all(members[DIGESTS]), place)
        return claims

    def _disclose(self, claims: dict[str, object], digests: list[str], place: Place) -> None:
        """Add to `claims` what the digests lead to; others are of what is withheld, or decoys."""
        used = [self._by_digest[digest] for digest in digests if digest in self._by_digest]
        self._used.append((place, used))
        for _, _, name, value in used:
            if name is None:
                raise FormatError("SDJWT_DISCLOSURE_KIND")
            if name in claims:
                raise FormatError("SDJWT_DUPLICATE_CLAIM")
            claims[name] = value if type(value) in SCALARS else self._value(value, (*place, name))

    def _array(self, elements: list[object], place: Place) -> list[object]:
        self._check_depth(place)
        values: list[object] = []
        for element in elements:
            if not isinstance(element, dict) or ELLIPSIS not in element:
                values.append(self._value(element, (*place, len(values))))
                continue
            digest = element[ELLIPSIS]
            if len(element) != 1 or not isinstance(digest, str):
                raise FormatError("SDJWT_ELLIPSIS")
            self._take_all([digest])
            disclosure = self._by_digest.get(digest)
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise FormatError("SDJWT_DISCLOSURE_KIND")
            here = (*place, len(values))
            self._used.append((here, [disclosure]))
            values.append(self._value(disclosure.value, here))
        return values

    def _take_all(self, digests: object) -> list[str]:
        """Return the digests of one place; none of them may have been anywhere before."""
        if not isinstance(digests, list) or not {str}.issuperset(map(type, digests)):
            raise FormatError("SDJWT_DIGESTS")
        before = len(self._seen) + len(digests)
        self._seen.update(digests)
        if len(self._seen) != before:
            raise FormatError("SDJWT_DUPLICATE_DIGEST")
        return digests

    @staticmethod
    def _check_depth(place: Place) -> None:
        if len(place) > MAX_DEPTH:
            raise FormatError("SDJWT_DEPTH")
