"""The policies for offline terminals that go out in the bundle, from a folder of JSON files.

The folder is configuration, as the catalogue is: whoever may change what banks should demand puts a
file there, and the next publication carries it. What a policy means only the verifier knows; here
are its frame, names and sizes looked at, and ``verifier policy lint`` is for the rest. Revocations
must get out whatever is in that folder: with a file that cannot be used, the policies stay those
that were published last, and ``/readyz`` says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from credentials.bundle import NO_POLICIES, parse_bundle
from credentials.bundle_form import read_sections
from credentials.bundle_policies import MAX_POLICY_BYTES, pack_policies, read_policies
from credentials.errors import CredentialError, LintError
from wallet_api.services.deps import Deps

ENDING: Final = ".json"


def load(deps: Deps) -> bytes:
    """Return the folder's policies as the bundle carries them; none without a folder.

    Raises ``LintError`` with a code and the name of the file or policy, ``OSError`` for a folder
    that cannot be read.
    """
    place = deps.settings.bundle_policies_dir
    if not place:
        return NO_POLICIES
    folder = Path(place)
    files = sorted(path for path in folder.iterdir() if path.suffix == ENDING)
    return pack_policies(_read(path) for path in files)


def to_publish(deps: Deps, last: bytes | None) -> bytes:
    """Return the policies for the next bundle; those of ``last``, the bundle before, in need."""
    try:
        return load(deps)
    except (LintError, OSError):
        return NO_POLICIES if last is None else _of_bundle(last)


def names(deps: Deps) -> list[str]:
    """Return the names of the folder's policies; raises as ``load``."""
    return list(read_policies(load(deps)))


def check(deps: Deps) -> str:
    """Say "ok", or what is wrong in a few words."""
    try:
        load(deps)
    except LintError as error:
        return f"unusable: {error.code} {error.detail}".rstrip()
    except OSError:
        return "unreadable"
    return "ok"


def _read(path: Path) -> bytes:
    """Read one file, and say its name where it is not even of the right kind."""
    with path.open("rb") as file:
        data = file.read(MAX_POLICY_BYTES + 1)
    try:
        pack_policies((data,))
    except LintError as error:
        raise LintError(error.code, path.name) from None
    return data


def _of_bundle(bundle: bytes) -> bytes:
    try:
        return bytes(read_sections(parse_bundle(bundle).payload).policies)
    except CredentialError:  # of an older format
        return NO_POLICIES
