"""What each command of the command line does: gather the inputs, check, report."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from argparse import Namespace
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from credentials.errors import FormatError
from credentials.presentation import Challenge
from credentials.qr_text import MAX_TEXT
from credentials.signed_challenge import UnverifiedSignedChallenge, read_challenge
from verifier import scan
from verifier.bundle import (
    TrustedBundle,
    map_bundle,
    read_bundle_bytes,
    require_current,
    trust_bundle,
)
from verifier.clock import Clock
from verifier.codes import Code
from verifier.errors import BundleError, ScanError, VerifierError
from verifier.policy import Policy
from verifier.policy.bundled import choose_policy
from verifier.replay import MemoryReplay, ReplayMemory
from verifier.report import Report, bundle_line, development_lines, row
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.verdict import Facts, Refused, Verified
from verifier.verify import verify
from verifier.words import moment

if TYPE_CHECKING:
    from verifier.cli import Console

_READ_LIMIT = 4 * MAX_TEXT
_IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


class InputError(VerifierError):
    """The text, file or stream to check cannot be used."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What every check of this run is held against."""

    bundle: TrustedBundle
    policy: Policy
    clock_floor: datetime | None
    replay: ReplayMemory | None


def check(options: Namespace, console: Console) -> int:
    """`check TEXT|IMAGE`: one verdict."""
    now = options.now or datetime.now(UTC)
    terms = _terms(options, writes=options.now is None)
    text = _input_text(options.input)
    report = _report(text, terms, now, challenge=_challenge(options.challenge))
    if isinstance(report.verdict, Verified) and report.verdict.portrait is not None:
        path = options.portrait
        if path is not None or console.as_json:
            report = _with_portrait(report, _write_portrait(report.verdict.portrait, path))
    _say(report, console)
    return 0 if report.valid else 1


def camera(options: Namespace, console: Console) -> int:
    """`camera`: a verdict for each code held before the camera, until Ctrl-C or the video's end."""
    terms = _terms(options, writes=True)
    if terms.replay is None:
        terms = Terms(terms.bundle, terms.policy, terms.clock_floor, MemoryReplay())
    if not console.as_json:
        console.say(console.words.label("camera"))
    clock = Clock()
    device = int(options.device) if options.device.isdigit() else options.device
    try:
        for text in scan.camera_texts(device):
            _say(_look(text, terms, clock), console)
    except KeyboardInterrupt:
        pass
    return 0


def _look(text: str, terms: Terms, clock: Clock) -> Report:
    """Check a text that the camera saw; nothing when the clock was set back since it was opened."""
    if clock.was_set_back():
        suspect = Refused(Code.CLOCK_SUSPECT, Facts())
        return Report(suspect, terms.bundle, terms.policy, clock.now())
    return _report(text, terms, clock.now(), challenge=None)


def show_bundle(options: Namespace, console: Console) -> int:
    """`bundle show FILE`: what it holds. Exit 1 when it has expired."""
    bundle = trust_bundle(read_bundle_bytes(options.file), root=load_root(options.root))
    now = options.now or datetime.now(UTC)
    expired = now.timestamp() >= bundle.expires_at
    if console.as_json:
        console.say(json.dumps(_bundle_members(bundle, expired=expired), ensure_ascii=False))
    else:
        console.say(_bundle_text(bundle, now, console, expired=expired))
    return 1 if expired else 0


def install_bundle(options: Namespace, console: Console) -> int:
    """`bundle install FILE --state DIR`: use it from now on; the one before is kept beside it."""
    state = StateFolder(options.state)
    data = read_bundle_bytes(options.file)
    known = state.load()
    root = load_root(options.root)
    bundle = trust_bundle(data, root=root, accepted=known.accepted)
    require_current(bundle, options.now or datetime.now(UTC))
    state.install(data, bundle)
    if console.as_json:
        console.say(json.dumps(_bundle_members(bundle, expired=False), ensure_ascii=False))
    else:
        lines = development_lines(bundle, console.words)
        lines.append(console.words.label("installed", version=bundle.version))
        console.say("\n".join(lines))
    return 0


def _terms(options: Namespace, *, writes: bool) -> Terms:
    root = load_root(options.root)
    choose = choose_policy(options.policy)
    if options.state is None:
        if options.bundle is None:
            raise BundleError("BUNDLE_NEEDED")
        bundle = trust_bundle(read_bundle_bytes(options.bundle), root=root)
        return Terms(bundle, choose(bundle), None, None)
    state = StateFolder(options.state)
    known = state.load()
    if options.bundle is None and not state.bundle_path.is_file():
        raise BundleError("BUNDLE_NEEDED")
    own = options.bundle is None
    data = map_bundle(state.bundle_path) if own else read_bundle_bytes(options.bundle)
    bundle = trust_bundle(data, root=root, accepted=known.accepted)
    if not writes:
        return Terms(bundle, choose(bundle), known.clock_floor, None)
    state.note(bundle)
    return Terms(bundle, choose(bundle), known.clock_floor, state.replay())


def _report(text: str, terms: Terms, now: datetime, *, challenge: Challenge | None) -> Report:
    verdict: Verified | Refused
    try:
        verdict = verify(
            text,
            bundle=terms.bundle,
            policy=terms.policy,
            now=now,
            replay=terms.replay,
            challenge=challenge,
            clock_floor=terms.clock_floor,
        )
    except Refused as refused:
        verdict = refused
    return Report(verdict, terms.bundle, terms.policy, now)


def _say(report: Report, console: Console) -> None:
    if console.as_json:
        console.say(report.json())
    else:
        console.say(report.human(console.words, colour=console.colour))


def _input_text(given: str) -> str:
    """Return the text to check: given, from standard input, from a text file, or from an image."""
    if given == "-":
        return _as_text(sys.stdin.buffer.read(scan.MAX_IMAGE_BYTES + 1))
    if os.path.isfile(given):  # noqa: PTH113  Path raises for texts that are no possible path
        try:
            with Path(given).open("rb") as file:
                return _as_text(file.read(scan.MAX_IMAGE_BYTES + 1))
        except OSError:
            raise InputError("INPUT_NOT_READABLE") from None
    if given.lower().endswith(_IMAGE_ENDINGS) or os.path.isdir(given):  # noqa: PTH112
        raise InputError("INPUT_NOT_FOUND")
    return given


def _as_text(data: bytes) -> str:
    if scan.looks_like_image(data):
        return scan.scan_bytes(data)
    if len(data) > _READ_LIMIT:
        raise InputError("INPUT_TOO_LARGE")
    try:
        return data.decode("utf-8").strip("\r\n")
    except UnicodeDecodeError:
        raise ScanError("IMAGE_INVALID") from None


def _challenge(text: str | None) -> Challenge | None:
    if text is None:
        return None
    try:
        asked = read_challenge(text)
    except FormatError as error:
        raise InputError("CHALLENGE_INVALID", error.code) from None
    # Our own question: whether its signature holds is for the phone to find out.
    return asked.challenge if isinstance(asked, UnverifiedSignedChallenge) else asked


def _write_portrait(portrait: bytes, path: str | None) -> str:
    """Write where asked, else into a new private file that the caller removes."""
    try:
        if path is not None:
            Path(path).write_bytes(portrait)
            return path
        handle, name = tempfile.mkstemp(prefix="portrait-", suffix=".webp")
        with os.fdopen(handle, "wb") as file:
            file.write(portrait)
    except OSError:
        raise InputError("PORTRAIT_NOT_WRITABLE") from None
    return name


def _with_portrait(report: Report, path: str) -> Report:
    return Report(report.verdict, report.bundle, report.policy, report.now, path)


def _bundle_members(bundle: TrustedBundle, *, expired: bool) -> dict[str, object]:
    return {
        "version": bundle.version,
        "issued_at": _iso(bundle.issued_at),
        "expires_at": _iso(bundle.expires_at),
        "expired": expired,
        "status_as_of": _iso(bundle.status_as_of),
        "root": bundle.root_fingerprint,
        "development_trust": bundle.development,
        "minimum_app_version": bundle.minimum_app_version,
        "document_types": [one.name for one in bundle.catalogue.types],
        "issuer_keys": [
            {
                "kid": key.kid.hex(),
                "issuer": key.issuer_name,
                "not_before": _iso(key.not_before),
                "not_after": _iso(key.not_after),
                "document_types": sorted(key.document_types),
            }
            for key in bundle.trust.keys
        ],
    }


def _bundle_text(bundle: TrustedBundle, now: datetime, console: Console, *, expired: bool) -> str:
    words = console.words
    until = _minute(bundle.expires_at)
    rows = [
        (words.label("bundle"), bundle_line(bundle, now, words)),
        (words.label("expires"), f"{until}  {words.label('expired')}" if expired else until),
        (words.label("status_as_of"), _minute(bundle.status_as_of)),
        (words.label("root"), bundle.root_fingerprint),
        (words.label("app"), bundle.minimum_app_version),
        (words.label("types"), ", ".join(t.name for t in bundle.catalogue.types)),
    ]
    for key in bundle.trust.keys:
        types = ", ".join(sorted(key.document_types))
        span = f"{_minute(key.not_before)} … {_minute(key.not_after)}"
        rows.append((words.label("keys"), f"{key.kid.hex()}  {key.issuer_name}  {span}  {types}"))
    lines = development_lines(bundle, words)
    return "\n".join(lines + [row(label, text) for label, text in rows])


def _iso(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).isoformat().replace("+00:00", "Z")


def _minute(unix: int) -> str:
    return moment(datetime.fromtimestamp(unix, UTC))
