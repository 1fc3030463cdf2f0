"""Through the proxy of a company's network, to a registry whose certificate is checked here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from samples.vectors_world import NOW
from tests.verifier.conftest import AT, Run
from tests.verifier.sync.proxy import HOST, PASSWORD, SIGN_IN, USER, certified, tunnelling
from tests.verifier.sync.stand import Registry, serving
from verifier.errors import SyncError
from verifier.roots import load_root
from verifier.state import StateFolder
from verifier.sync import Outcome, Silent, open_source, synchronise
from verifier.sync.sources import Source
from verifier.sync.web import WebSource

SIGNED_IN = f"{USER}:{quote(PASSWORD)}@"
CONNECT = f"CONNECT {HOST}:443"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    one = Registry(tmp_path / "published", NOW)
    one.publish(1)
    return one


@pytest.fixture(autouse=True)
def _no_other_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "all_proxy", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def sync(source: Source, folder: Path) -> Outcome:
    state = StateFolder(folder)
    return synchronise(source, state, root=load_root(), now=AT, progress=Silent())


def port(url: str) -> int:
    return urlsplit(url).port or 0


def test_http_goes_to_the_proxy_that_the_environment_names(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(registry.folder) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/bundles"))
        assert sync(open_source("http://registry.invalid/bundles"), tmp_path / "state").changed
        assert proxy.asked == ["index.json", "1.cose"]


def test_https_goes_through_a_tunnel_of_a_proxy_with_a_sign_in(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the line breaks in the middle: the rest comes through another tunnel."""
    tls, ca = certified(tmp_path / "tls", HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with serving(registry.folder, tls=tls) as server, tunnelling(port(server.url)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{SIGNED_IN}127.0.0.1:{proxy.port}")
        server.faults = ["1.cose:cut 9000"]
        source = WebSource(f"https://{HOST}/bundles", waits=(0.0,))
        assert sync(source, tmp_path / "state").changed
        assert server.asked == ["index.json", "1.cose", "1.cose bytes=9000-"]
        assert set(proxy.asked) == {(CONNECT, SIGN_IN)}
    assert StateFolder(tmp_path / "state").bundle_path.read_bytes() == registry.bundles[1]


def test_a_proxy_that_says_no_is_named_and_only_asked_again_where_that_may_help(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sign_in, refuse, code, asked in (
        ("", 0, "SYNC_PROXY", 1),
        ("teller:guess@", 0, "SYNC_PROXY", 1),
        (SIGNED_IN, 403, "SYNC_REFUSED", 1),
        (SIGNED_IN, 502, "SYNC_UNREACHABLE", 2),
    ):
        with serving(registry.folder) as server:
            with tunnelling(port(server.url), refuse=refuse) as proxy:
                monkeypatch.setenv("HTTPS_PROXY", f"http://{sign_in}127.0.0.1:{proxy.port}")
                with pytest.raises(SyncError) as caught:
                    sync(WebSource(f"https://{HOST}/bundles", waits=(0.0,)), tmp_path / "state")
            assert (caught.value.code, len(proxy.asked), server.asked) == (code, asked, [])


@pytest.mark.parametrize("wrong", ["another host", "another CA"])
def test_a_wrong_certificate_is_refused_in_clear_words(
    wrong: str,
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Run],
) -> None:
    """Somebody on the way, perhaps the proxy itself, answers in the registry's place."""
    tls, ca = certified(tmp_path / "tls", "evil.example" if wrong == "another host" else HOST)
    if wrong == "another CA":
        _, ca = certified(tmp_path / "other", HOST)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    with serving(registry.folder, tls=tls) as server, tunnelling(port(server.url)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{SIGNED_IN}127.0.0.1:{proxy.port}")
        done = run("sync", f"https://{HOST}/bundles", "--state", tmp_path / "s", "--lang", "en")
        assert done.code == 2
        assert done.err.startswith("SYNC_CERTIFICATE: The server's certificate is not trusted")
        assert (server.asked, len(proxy.asked)) == ([], 1)
    assert not StateFolder(tmp_path / "s").bundle_path.exists()
