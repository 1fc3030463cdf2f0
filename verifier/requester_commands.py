"""`python -m verifier requester init | renew | install | show`: a desk's key and certificate."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from credentials.errors import FormatError
from credentials.relying_party_request import parse_request
from credentials.signing import key_id
from verifier import requester
from verifier.bundle import TrustedBundle, read_bundle, trust_bundle
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.words import moment

if TYPE_CHECKING:
    from verifier.cli import Console


def add_requester(parser: ArgumentParser) -> None:
    """Add the actions to the command line."""
    from verifier.cli import _moment

    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, command, text in (
        ("init", init, "make a key and the request for its certificate"),
        ("renew", renew, "make the next key and its request, before the certificate is over"),
        ("install", install, "put the certificate in place that the registry issued"),
        ("show", show, "say whose certificate it is, until when and for what"),
    ):
        action = actions.add_parser(name, help=text)
        if name == "install":
            action.add_argument("certificate", metavar="CERT", type=Path)
        action.add_argument("--home", metavar="DIR", type=Path, required=True, help="its folder")
        if name == "init":
            action.add_argument("--code", required=True, help="the registry's one-time code")
        if name in ("install", "show"):
            action.add_argument("--bundle", metavar="FILE", help="look at it as phones will")
            action.add_argument("--state", metavar="DIR", help="the same, by the bundle in here")
            action.add_argument("--root", metavar="FILE", help="the pinned root key, PEM or JWK")
        action.add_argument("--now", type=_moment, help="as of this ISO 8601 time")
        action.add_argument("--lang", choices=("id", "en"), default="id", help="of the texts")
        action.add_argument("--json", action="store_true", help="print one JSON object")
        action.set_defaults(command=command)


def init(options: Namespace, console: Console) -> int:
    """Make key and request."""
    file = requester.make_request(options.home, code=options.code, at=_now(options))
    return _tell_request(file, console)


def renew(options: Namespace, console: Console) -> int:
    """Make the next key, and a request that the present one signs as well."""
    return _tell_request(requester.make_renewal(options.home, at=_now(options)), console)


def install(options: Namespace, console: Console) -> int:
    """Put the certificate in place, after a look at it under the pinned root where one is given."""
    bundle = _bundle(options)
    found = requester.install(options.home, options.certificate)
    return _tell(found, bundle, options, console)


def show(options: Namespace, console: Console) -> int:
    """Say whose certificate it is, until when, for what."""
    return _tell(requester.load_requester(options.home), _bundle(options), options, console)


def _tell_request(file: Path, console: Console) -> int:
    key = key_id(parse_request(file.read_bytes()).claimed.public_key).hex()
    if console.as_json:
        console.say(json.dumps({"request": str(file), "key": key}))
    else:
        console.say(console.words.label("requester_request", file=file, key=key))
    return 0


def _tell(
    found: requester.Requester, bundle: TrustedBundle | None, options: Namespace, console: Console
) -> int:
    held, words = found.held, console.words
    if bundle is not None:
        found.check_trusted(bundle.chain.keys, _now(options))
    if console.as_json:
        members = {
            "name": held.name,
            "serial": held.serial,
            "key": found.signer.kid.hex(),
            "profiles": list(held.profiles),
            "expires_at": found.expires_at.isoformat().replace("+00:00", "Z"),
            "purpose_bytes": found.room,
            "trusted": bundle is not None,
        }
        console.say(json.dumps(members, ensure_ascii=False))
        return 0
    numbers = ", ".join(map(str, held.profiles))
    names = numbers if bundle is None else _names(bundle, held.profiles)
    console.say(words.label("requester_name", party=held.name, serial=held.serial))
    console.say(words.label("until", moment=moment(found.expires_at)))
    console.say(words.label("requester_profiles", profiles=names, room=found.room))
    if bundle is None:
        console.say(words.label("requester_unchecked"))
    return 0


def _names(bundle: TrustedBundle, numbers: tuple[int, ...]) -> str:
    names = []
    for number in numbers:
        try:
            kind, profile = bundle.catalogue.profile(number)
            names.append(f"{kind.name}/{profile.name}")
        except FormatError:
            names.append(str(number))
    return ", ".join(names)


def _bundle(options: Namespace) -> TrustedBundle | None:
    """Return the bundle that was named, or is installed; None where there is none."""
    root = load_root(options.root)
    if options.bundle is not None:
        return read_bundle(options.bundle, root=root)
    if options.state is None:
        return None
    state = StateFolder(options.state)
    if not state.bundle_path.is_file():
        return None
    return trust_bundle(state.bundle_path.read_bytes(), root=root, accepted=state.load().accepted)


def _now(options: Namespace) -> int:
    now: datetime = options.now or datetime.now(UTC)
    return int(now.timestamp())
