"""Bringing a terminal up to date over a real web server, good or bad, and from folders."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from credentials.bundle_form import MAX_SIZE
from samples.vectors_world import NOW
from tests.verifier.conftest import AT
from tests.verifier.sync.stand import Registry, Server, made, serving
from verifier.bundle import TrustedBundle, read_bundle
from verifier.errors import BundleError, SyncError, VerifierError
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.sync import Outcome, Silent, open_source, synchronise
from verifier.sync.sources import Source
from verifier.sync.web import WebSource

ROOT = load_root()


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made_here = Registry(tmp_path / "published", NOW)
    made_here.publish(1)
    return made_here


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def sync(place: str | Path | Source, state: StateFolder) -> Outcome:
    source = open_source(str(place)) if isinstance(place, str | Path) else place
    return synchronise(source, state, root=ROOT, now=AT, progress=Silent())


def over(server: Server, tries: int = 3) -> WebSource:
    return WebSource(server.url, waits=(0.0,) * tries, timeout=5)


def in_use(state: StateFolder) -> TrustedBundle:
    return read_bundle(state.bundle_path, root=ROOT, accepted=state.load().accepted)


def failing(code: str, source: Source, state: StateFolder) -> None:
    before = state.bundle_path.read_bytes() if state.bundle_path.exists() else None
    with pytest.raises(VerifierError) as caught:
        sync(source, state)
    assert caught.value.code == code
    after = state.bundle_path.read_bytes() if state.bundle_path.exists() else None
    assert after == before


def test_the_first_time_the_whole_bundle_comes(registry: Registry, state: StateFolder) -> None:
    with serving(registry.folder) as server:
        outcome = sync(over(server), state)
        assert (outcome.changed, outcome.bundle.version) == (True, 1)
        assert server.asked == ["index.json", "1.cose"]
    assert state.bundle_path.read_bytes() == registry.bundles[1]
    assert [path.name for path in state.workplace.iterdir() if path.suffix == ".part"] == []


def test_afterwards_only_deltas_come_and_the_result_is_the_full_one(
    registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    registry.publish(2, 3, 4)
    with serving(registry.folder) as server:
        outcome = sync(over(server), state)
        assert server.asked == ["index.json", "1-2.delta", "2-3.delta", "3-4.delta"]
    assert state.bundle_path.read_bytes() == registry.bundles[4]
    assert outcome.size < len(registry.bundles[4]) / 4
    assert (state.bundle_path.parent / "bundle.previous.cose").read_bytes() == registry.bundles[1]
    assert state.load().bundle_version == 4


def test_a_whole_bundle_comes_where_deltas_would_be_larger(
    registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    registry.publish(2)
    registry.change(lambda index: index["deltas"][0].update(size=60_000_000))
    assert [file.name for file in sync(registry.folder, state).fetched] == ["2.cose"]


def test_nothing_comes_twice(registry: Registry, state: StateFolder) -> None:
    """The unchanged index is answered with 304, and nothing else is asked for."""
    with serving(registry.folder) as server:
        assert sync(over(server), state).changed
        sent = server.sent
        again = sync(over(server), state)
        assert (again.changed, again.size, server.sent) == (False, 0, sent)
        assert server.asked[2:] == ["index.json"]


def test_the_anchor_is_kept_and_tomorrows_delta_starts_there(
    registry: Registry, state: StateFolder
) -> None:
    registry.publish(2, anchors=(1,), whole=2)
    first = sync(registry.folder, state)
    assert [file.name for file in first.fetched] == ["1.cose", "1-2.delta"]
    registry.publish(3, anchors=(1,))
    registry.change(lambda index: index["deltas"].pop(1))  # 2 was nobody's base for long
    registry.change(lambda index: index["deltas"].append(_delta(registry, 1, 3)))
    assert [file.name for file in sync(registry.folder, state).fetched] == ["1-3.delta"]
    assert state.bundle_path.read_bytes() == registry.bundles[3]


def _delta(registry: Registry, base: int, version: int) -> dict[str, object]:
    from credentials.bundle_delta import sign_delta
    from samples.keys import SampleSigner

    data = sign_delta(registry.bundles[base], registry.bundles[version], SampleSigner("root"))
    return registry._write(f"{base}-{version}.delta", data, version) | {"base": base}


@pytest.mark.parametrize("fault", ["cut 9000", "nolength 9000", "cut 0", "503", "429"])
def test_a_broken_line_is_taken_up_where_it_broke(
    fault: str, registry: Registry, state: StateFolder
) -> None:
    with serving(registry.folder) as server:
        server.faults = [f"1.cose:{fault}"] * 2
        assert sync(over(server), state).changed
        if fault.endswith("9000"):
            assert server.asked[1:] == ["1.cose", "1.cose bytes=9000-", "1.cose bytes=18000-"]
            assert server.sent - len(registry.bundles[1]) < 1500  # the index


def test_what_came_before_a_break_is_used_by_the_next_run(
    registry: Registry, state: StateFolder
) -> None:
    with serving(registry.folder) as server:
        server.faults = ["1.cose:cut 9000", "1.cose:cut 0", "1.cose:cut 0"]
        failing("SYNC_BROKEN", over(server, tries=1), state)
        assert sync(over(server), state).changed
        assert server.asked[-1] == "1.cose bytes=9000-"


@pytest.mark.parametrize("fault", ["norange", "wrongrange", "flipped", "416"])
def test_a_server_that_resumes_badly_costs_only_time(
    fault: str, registry: Registry, state: StateFolder
) -> None:
    with serving(registry.folder) as server:
        server.faults = ["1.cose:cut 9000", "1.cose:cut 0"]
        failing("SYNC_BROKEN", over(server, tries=0), state)
        server.faults = [f"1.cose:{fault}"]
        assert sync(over(server), state).changed
    assert state.bundle_path.read_bytes() == registry.bundles[1]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("index.json:page", "SYNC_PAGE"),
        ("index.json:404", "SYNC_NOT_FOUND"),
        ("index.json:403", "SYNC_REFUSED"),
        ("index.json:500", "SYNC_UNREACHABLE"),
        ("index.json:cut 20", "SYNC_UNREACHABLE"),
        ("index.json:nolength 20", "SYNC_NOT_AN_INDEX"),
        ("index.json:redirect ftp://127.0.0.1/x", "SYNC_REFUSED"),
        ("index.json:redirect file:///etc/passwd", "SYNC_REFUSED"),
        ("index.json:redirect http://[", "SYNC_REFUSED"),
        ("index.json:redirect http://a..b/", "SYNC_REFUSED"),
        ("2.cose:page", "SYNC_PAGE"),
        ("2.cose:404", "SYNC_NOT_FOUND"),
        ("2.cose:longer", "SYNC_DAMAGED"),
        ("2.cose:flipped", "SYNC_DAMAGED"),
        ("2.cose:cut 0", "SYNC_BROKEN"),
    ],
)
def test_whatever_else_comes_the_bundle_in_use_stays(
    fault: str, code: str, registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    registry.publish(2)
    registry.change(lambda index: index.update(deltas=[]))
    with serving(registry.folder) as server:
        server.faults = [fault] * 9
        failing(code, over(server), state)
        server.faults = []
        assert sync(over(server), state).bundle.version == 2


@pytest.mark.parametrize("fault", ["flipped", "longer", "404"])
def test_where_a_delta_does_not_serve_the_whole_bundle_comes(
    fault: str, registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    registry.publish(2)
    with serving(registry.folder) as server:
        server.faults = [f"1-2.delta:{fault}"] * 2
        assert [file.name for file in sync(over(server), state).fetched] == ["2.cose"]


def test_a_delta_for_other_bytes_is_not_applied(registry: Registry, state: StateFolder) -> None:
    """The same version number, other content: perhaps published twice, perhaps an attack."""
    other = Registry(registry.folder.parent / "other", NOW)
    other.bundles[1] = made(1, NOW, revoked=1)
    other.publish(2)
    sync(registry.folder, state)
    assert [file.name for file in sync(other.folder, state).fetched] == ["2.cose"]
    assert state.bundle_path.read_bytes() == other.bundles[2]


def test_an_older_source_is_refused(registry: Registry, state: StateFolder) -> None:
    old = shutil.copytree(registry.folder, registry.folder.parent / "old")
    registry.publish(2)
    sync(registry.folder, state)
    with pytest.raises(BundleError, match="BUNDLE_ROLLED_BACK"):
        sync(old, state)
    assert in_use(state).version == 2


def test_an_index_that_lies_about_a_version_changes_nothing(
    registry: Registry, state: StateFolder
) -> None:
    registry.publish(2)
    sync(registry.folder, state)
    shutil.copy(registry.folder / "1.cose", registry.folder / "9.cose")

    def lie(index: dict[str, object]) -> None:
        index["deltas"] = []
        index["version"] = 9
        whole = json.loads(json.dumps(index["bundles"]))[0]
        data = registry.bundles[1]
        import hashlib

        whole |= {"version": 9, "file": "9.cose", "size": len(data)}
        whole["sha256"] = hashlib.sha256(data).hexdigest()
        index["bundles"] = [whole]

    registry.change(lie)
    with pytest.raises(BundleError, match="BUNDLE_ROLLED_BACK"):
        sync(registry.folder, state)
    assert in_use(state).version == 2


def test_a_bundle_of_another_root_or_past_its_end_is_not_installed(
    registry: Registry, state: StateFolder
) -> None:
    source = open_source(str(registry.folder))
    late = AT + timedelta(days=2)
    with pytest.raises(BundleError, match="BUNDLE_EXPIRED"):
        synchronise(source, state, root=ROOT, now=late, progress=Silent())
    assert not state.bundle_path.exists()


def test_a_source_that_stands_still_is_no_success_once_the_bundle_is_over(
    registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    source, late = open_source(str(registry.folder)), AT + timedelta(days=2)
    with pytest.raises(BundleError, match="BUNDLE_EXPIRED"):
        synchronise(source, state, root=ROOT, now=late, progress=Silent())
    assert in_use(state).version == 1


@pytest.mark.parametrize("etag", ["*", '"' + "x" * 20_000 + '"', '"a", "b"', "bare"])
def test_no_forged_etag_hides_the_next_index(
    etag: str, registry: Registry, state: StateFolder
) -> None:
    """Somebody on the way answers once for the registry; the registry answers from then on."""
    sync(registry.folder, state)
    with serving(registry.folder) as server:
        server.faults = [f"index.json:etag {etag}"]
        assert not sync(over(server), state).changed
        registry.publish(2)
        assert sync(over(server), state).bundle.version == 2


def test_no_index_makes_a_terminal_fetch_without_end(
    registry: Registry, state: StateFolder
) -> None:
    sync(registry.folder, state)
    registry.publish(2)
    names = {"size": MAX_SIZE, "sha256": "0" * 64}
    deltas = [
        {"base": one, "version": one + 1, "file": f"{one}-{one + 1}.delta", **names}
        for one in range(1, 4)
    ]
    registry.change(lambda index: index.update(version=4, bundles=[], deltas=deltas))
    failing("SYNC_NOTHING_FITS", open_source(str(registry.folder)), state)


def test_a_damaged_bundle_in_use_is_replaced(registry: Registry, state: StateFolder) -> None:
    sync(registry.folder, state)
    data = bytearray(state.bundle_path.read_bytes())
    data[-1] ^= 1
    state.bundle_path.write_bytes(bytes(data))
    assert sync(registry.folder, state).changed
    assert in_use(state).version == 1
    registry.publish(2)
    state.bundle_path.write_bytes(bytes(data))
    assert sync(registry.folder, state).bundle.version == 2


def test_nobody_there(registry: Registry, state: StateFolder) -> None:
    with serving(registry.folder) as server:
        url = server.url
    failing("SYNC_UNREACHABLE", WebSource(url, waits=(), timeout=2), state)


def test_one_sync_at_a_time(registry: Registry, state: StateFolder) -> None:
    from verifier.sync.procedure import _alone

    with _alone(state.workplace), pytest.raises(SyncError, match="SYNC_BUSY"):
        sync(registry.folder, state)
    assert sync(registry.folder, state).changed
