"""The certificates that verifiers of the world's formats trust: made once, renewed in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from credentials.errors import SignatureError
from credentials.x509_chain import DOCUMENT_SIGNER, Anchors, Leaf, check_issuer, verify_chain
from samples.keys import sample_pem
from tests.wallet_api.faces.signed_calibration import sign_calibration
from tests.wallet_api.simulators import NOON
from tests.wallet_api.vault.test_production import REAL
from wallet_api import bootstrap
from wallet_api.adapters import issuer_certificates
from wallet_api.adapters.keys import PemKeyRing, make_keys
from wallet_api.config import Settings
from wallet_api.errors import ConfigurationError

ADDRESS = REAL["public_url"]
LEAVES = ("sd-jwt", "document-signer", "status")
EVERYTHING = [f"{name} certificate" for name in LEAVES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    init(tmp_path / "keys")
    return tmp_path / "keys"


def init(folder: Path, *, now: datetime = NOON, public_url: str | None = ADDRESS) -> list[str]:
    return make_keys(folder, (), now=now, public_url=public_url)


def settings_of(folder: Path, **changes: str) -> Settings:
    values = REAL | {"keys_dir": str(folder), "publish_dir": str(folder.parent / "published")}
    return Settings(**(values | changes))  # type: ignore[arg-type]


def leaf_of(folder: Path, name: str, *, at: datetime = NOON, usage: str | None = None) -> Leaf:
    ring = PemKeyRing(folder)
    certified = {
        "sd-jwt": ring.sd_jwt,
        "document-signer": ring.document_signer,
        "status": ring.status,
    }[name]
    anchor = ring.issuer_root.public_bytes(serialization.Encoding.DER)
    leaf = verify_chain(certified.chain, Anchors((anchor,)), now=int(at.timestamp()), usage=usage)
    assert leaf.public_key == certified.signer.public_key
    return leaf


@pytest.mark.parametrize("name", ["sd-jwt", "status"])
def test_leaves_lead_to_the_root_and_name_the_service(folder: Path, name: str) -> None:
    leaf = leaf_of(folder, name)
    check_issuer(leaf, ADDRESS)
    assert leaf.uris == {ADDRESS}
    with pytest.raises(SignatureError, match="LEAF_USAGE"):
        leaf_of(folder, name, usage=DOCUMENT_SIGNER)


def test_the_document_signer_is_one_of_the_same_country(folder: Path) -> None:
    leaf = leaf_of(folder, "document-signer", usage=DOCUMENT_SIGNER)
    assert (leaf.country, leaf.uris) == ("ID", frozenset())
    assert leaf.not_after - leaf.not_before <= timedelta(days=457).total_seconds()  # B.1.4


def test_every_key_is_another(folder: Path) -> None:
    ring = PemKeyRing(folder)
    keys = (
        *(one.signer.public_key for one in (ring.sd_jwt, ring.document_signer, ring.status)),
        *(one.public_key() for one in (ring.request_key, ring.token_key, ring.issuer_root)),
        ring.bundle_root.public_key,
    )
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    encoded = {key.public_bytes(serialization.Encoding.DER, form) for key in keys}
    assert len(encoded) == len(keys)


def test_an_older_installation_gets_what_it_lacks_and_keeps_the_rest(folder: Path) -> None:
    for path in {*folder.glob("issuer-root.*"), *folder.glob("*.crt")}:
        if path.name != "kiosk-ca.crt":
            path.unlink()
    for name in ("sd-jwt", "document-signer", "credential-request"):
        (folder / f"{name}.pem").unlink()
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    made = init(folder)
    assert made == [
        *("sd-jwt", "document-signer", "credential-request"),
        *("issuer-root", "issuer-root certificate"),
        *EVERYTHING,
    ]
    assert {path: path.read_bytes() for path in kept} == kept
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600} | {
        (folder / "keys.json").stat().st_mode & 0o777
    }
    leaf_of(folder, "status")
    assert init(folder) == []


def test_leaves_are_renewed_before_their_end_and_keep_their_keys(folder: Path) -> None:
    keys = {name: (folder / f"{name}.pem").read_bytes() for name in LEAVES}
    later = NOON + issuer_certificates.LEAF_LIFE - issuer_certificates.RENEWED
    assert "sd-jwt certificate" not in init(folder, now=later - timedelta(days=2))
    assert init(folder, now=later)[-4:] == [*EVERYTHING, "key set"]
    for name in LEAVES:
        assert (folder / f"{name}.pem").read_bytes() == keys[name]
        leaf_of(folder, name, at=later + issuer_certificates.LEAF_LIFE - timedelta(days=2))
    assert init(folder, now=later) == []


def test_another_address_is_certified_and_none_keeps_the_old_one(folder: Path) -> None:
    assert init(folder, public_url=None) == []
    moved = "https://wallet.example/ikd"
    assert init(folder, public_url=moved) == ["sd-jwt certificate", "status certificate"]
    assert leaf_of(folder, "sd-jwt").uris == leaf_of(folder, "status").uris == {moved}
    assert init(folder, public_url=None) == []


def test_a_new_key_and_a_new_root_are_certified(folder: Path) -> None:
    (folder / "sd-jwt.pem").unlink()
    assert init(folder) == ["sd-jwt", "sd-jwt certificate"]
    before = PemKeyRing(folder).issuer_root
    for path in folder.glob("issuer-root.*"):
        path.unlink()
    assert init(folder) == ["issuer-root", "issuer-root certificate", *EVERYTHING]
    assert PemKeyRing(folder).issuer_root != before
    leaf_of(folder, "document-signer", usage=DOCUMENT_SIGNER)


def test_the_roots_key_may_lie_in_a_safe_until_a_leaf_is_due(folder: Path) -> None:
    key = (folder / "issuer-root.pem").read_bytes()
    (folder / "issuer-root.pem").unlink()
    assert init(folder) == []
    (folder / "status.crt").unlink()
    with pytest.raises(ConfigurationError, match=r"put issuer-root\.pem into the folder"):
        bootstrap.init_keys(folder, now=NOON, public_url=ADDRESS)
    (folder / "issuer-root.pem").write_bytes(key)
    assert init(folder) == ["status certificate", "key set"]  # issuers came before it failed


def test_a_certificate_of_another_key_is_unusable(folder: Path) -> None:
    (folder / "sd-jwt.crt").write_bytes((folder / "status.crt").read_bytes())
    with pytest.raises(ValueError, match=r"sd-jwt\.crt is not for sd-jwt\.pem"):
        _ = PemKeyRing(folder).sd_jwt


@pytest.mark.parametrize("name", [*LEAVES, "issuer-root"])
def test_production_refuses_each_of_them_made_of_sample_keys(folder: Path, name: str) -> None:
    sign_calibration(folder)
    bootstrap.make_deps(settings_of(folder))
    (folder / f"{name}.pem").write_bytes(sample_pem("root"))
    if name == "issuer-root":
        (folder / "issuer-root.crt").unlink()
    init(folder)
    with pytest.raises(ConfigurationError, match="sample keys are public knowledge"):
        bootstrap.make_deps(settings_of(folder))


def test_the_service_does_not_start_under_another_address_or_without_certificates(
    folder: Path,
) -> None:
    sign_calibration(folder)
    elsewhere = settings_of(folder, public_url="https://elsewhere.example")
    with pytest.raises(ConfigurationError, match="name another address"):
        bootstrap.make_deps(elsewhere)
    bootstrap.make_deps(elsewhere, with_faces=False)  # an administrator can still revoke
    (folder / "status.crt").unlink()
    with pytest.raises(ConfigurationError, match="admin keys init"):
        bootstrap.make_deps(settings_of(folder))


@pytest.mark.parametrize(
    "address",
    ["https://wallet.example/", "wallet.example", "https://a@wallet.example", "https://w.id?x", ""],
)
def test_an_address_that_cannot_be_used_verbatim_is_refused(folder: Path, address: str) -> None:
    with pytest.raises(ValueError, match="public_url"):
        settings_of(folder, public_url=address)


def test_the_root_names_its_authority(folder: Path) -> None:
    root = PemKeyRing(folder).issuer_root
    assert "Kependudukan" in root.subject.rfc4514_string()
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
