"""`policy lint | list | show`: what an institution needs while it writes its own policy."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.bundle import TrustedBundle, map_bundle, read_bundle_bytes, trust_bundle
from verifier.errors import BundleError
from verifier.policy.bundled import PREFIX, bundled_policies, bundled_policy
from verifier.policy.files import built_in_policies, load_policy, policy_bytes
from verifier.policy.form import Reading
from verifier.policy.lint import lint
from verifier.policy.mistakes import Mistake, label
from verifier.report import development_lines
from verifier.roots import load_root
from verifier.state import StateFolder

if TYPE_CHECKING:
    from verifier.cli import Console

WEIGHTS = ("error", "warning", "hint")


def lint_files(options: Namespace, console: Console) -> int:
    """`policy lint FILE…`: every remark on every file; exit 1 when one has an error.

    With `--strict` warnings count as errors.
    """
    bundle = _bundle(options)
    readings = {name: lint(_bytes(name, bundle), bundle) for name in options.files}
    if console.as_json:
        console.say(_as_json(readings, bundle))
    else:
        _say(readings, bundle, console)
    fatal = WEIGHTS[: 2 if options.strict else 1]
    remarks = [one for reading in readings.values() for one in reading.mistakes]
    return 1 if any(one.weight in fatal for one in remarks) else 0


def list_policies(options: Namespace, console: Console) -> int:
    """`policy list`: the names `--policy` knows, with their titles."""
    bundle = _bundle(options)
    rows = [("built_in", name, load_policy(name).title) for name in built_in_policies()]
    if bundle is not None:
        names = bundled_policies(bundle)
        rows += [("in_bundle", PREFIX + name, bundled_policy(bundle, name).title) for name in names]
    if console.as_json:
        members = [{"name": n, "title": dict(title), "from": source} for source, n, title in rows]
        console.say(json.dumps(members, ensure_ascii=False))
        return 0
    language = console.words.language
    version = 0 if bundle is None else bundle.version
    width = max(len(name) for _, name, _ in rows)
    for source, name, title in rows:
        origin = label(source, language, version=version)
        console.say(f"{name:{width}}  {title[language]}  ({origin})")
    return 0


def show_policy(options: Namespace, console: Console) -> int:
    """`policy show NAME`: the file itself, ready to be saved and edited."""
    data = _bytes(options.name, _bundle(options))
    text = data.decode("utf-8-sig", "replace")
    if options.name.startswith(PREFIX):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    console.say(text.rstrip("\n"))
    return 0


def _bundle(options: Namespace) -> TrustedBundle | None:
    """Return the bundle that was named, or the one installed in the state folder."""
    root = load_root(options.root)
    if options.bundle is not None:
        return trust_bundle(read_bundle_bytes(options.bundle), root=root)
    if options.state is None:
        return None
    path = StateFolder(options.state).bundle_path
    if not path.is_file():
        raise BundleError("BUNDLE_NEEDED")
    return trust_bundle(map_bundle(path), root=root)


def _bytes(name: str, bundle: TrustedBundle | None) -> bytes:
    if not name.startswith(PREFIX):
        return policy_bytes(name)
    if bundle is None:
        raise BundleError("BUNDLE_NEEDED")
    bundled_policy(bundle, name.removeprefix(PREFIX))
    return bundled_policies(bundle)[name.removeprefix(PREFIX)]


def _say(readings: dict[str, Reading], bundle: TrustedBundle | None, console: Console) -> None:
    language = console.words.language
    if bundle is None:
        console.say(label("no_catalogue", language))
    else:
        for line in development_lines(bundle, console.words):
            console.say(line)
    for name, reading in readings.items():
        for one in reading.mistakes:
            console.say(_line(name, one, console))
        counts = {f"{weight}s": _count(reading, weight) for weight in WEIGHTS}
        console.say(label("summary", language, file=Path(name).name, **counts))


def _line(name: str, one: Mistake, console: Console) -> str:
    """Return a remark as compilers write them, so that editors can jump to it."""
    language = console.words.language
    place = name if one.line is None else f"{name}:{one.line}:{one.column}"
    member = f"{one.place}: " if one.place else ""
    return f"{place}: {label(one.weight, language)}: {member}{one.text(language)} [{one.code}]"


def _count(reading: Reading, weight: str) -> int:
    return sum(one.weight == weight for one in reading.mistakes)


def _as_json(readings: dict[str, Reading], bundle: TrustedBundle | None) -> str:
    files = [
        {
            "file": name,
            "usable": reading.policy is not None,
            "policy": None if reading.policy is None else reading.policy.name,
            **{f"{weight}s": _count(reading, weight) for weight in WEIGHTS},
            "remarks": [_remark(one) for one in reading.mistakes],
        }
        for name, reading in readings.items()
    ]
    version = None if bundle is None else bundle.version
    return json.dumps({"bundle_version": version, "files": files}, ensure_ascii=False)


def _remark(one: Mistake) -> dict[str, object]:
    return {
        "weight": one.weight,
        "code": one.code,
        "member": one.place,
        "line": one.line,
        "column": one.column,
        "text": {"id": one.text("id"), "en": one.text("en")},
        "suggestion": one.suggestion,
    }
