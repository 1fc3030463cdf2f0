"""The vault: what was moved, altered or sealed under another key does not open (T30)."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wallet_api.simulators import NOON
from wallet_api.adapters.keys import PemKeyRing, make_keys
from wallet_api.adapters.vault import FileVault
from wallet_api.ports.vault import VaultError

PLACE = "person|nik|1"


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    return make_vault(tmp_path / "vault.json")


def make_vault(path: Path) -> FileVault:
    path.write_text(FileVault.new_key_file())
    return FileVault(path)


def test_what_was_sealed_opens_at_its_own_place_only(vault: FileVault) -> None:
    key, other = vault.new_data_key(), vault.new_data_key()
    sealed = vault.seal(key, PLACE, b"3174054512900001")
    assert vault.open(key, PLACE, sealed) == b"3174054512900001"
    for wrong_key, place in ((key, "person|nik|2"), (key, "person|name|1"), (other, PLACE)):
        with pytest.raises(VaultError):
            vault.open(wrong_key, place, sealed)


def test_t30_swapped_ciphertexts_fail(vault: FileVault) -> None:
    key = vault.new_data_key()
    nik, name = vault.seal(key, "p|nik|1", b"nik"), vault.seal(key, "p|name|1", b"name")
    for place, sealed in (("p|nik|1", name), ("p|name|1", nik)):
        with pytest.raises(VaultError):
            vault.open(key, place, sealed)


def test_t30_another_key_file_opens_nothing(vault: FileVault, tmp_path: Path) -> None:
    key = vault.new_data_key()
    sealed, message = vault.seal(key, PLACE, b"x"), vault.seal_message("m", b"x")
    stranger = make_vault(tmp_path / "other.json")
    with pytest.raises(VaultError):
        stranger.open(key, PLACE, sealed)
    with pytest.raises(VaultError):
        stranger.open_message("m", message)
    assert stranger.blind_index("nik", "1") != vault.blind_index("nik", "1")
    assert stranger.mac("p", b"1") != vault.mac("p", b"1")


def test_a_message_is_no_data_key_and_belongs_to_its_place(vault: FileVault) -> None:
    message = vault.seal_message("outbox|1", b"x" * 32)
    assert vault.open_message("outbox|1", message) == b"x" * 32
    with pytest.raises(VaultError):
        vault.open_message("outbox|2", message)
    with pytest.raises(VaultError):
        vault.seal(message, PLACE, b"x")


def test_equal_values_look_different_and_indices_are_kept_apart_by_kind(vault: FileVault) -> None:
    key = vault.new_data_key()
    assert vault.seal(key, PLACE, b"x") != vault.seal(key, PLACE, b"x")
    assert vault.blind_index("nik", "1") == vault.blind_index("nik", "1")
    assert vault.blind_index("nik", "1") != vault.blind_index("phone", "1")


def test_an_old_key_opens_what_it_sealed_after_the_next_became_current(tmp_path: Path) -> None:
    """C21: each row names its key."""
    path = tmp_path / "vault.json"
    old = make_vault(path)
    key = old.new_data_key()
    sealed = old.seal(key, PLACE, b"x")
    held = json.loads(path.read_text())
    held["keys"]["k002"], held["current"] = "ab" * 32, "k002"
    path.write_text(json.dumps(held))
    new = FileVault(path)
    assert new.open(key, PLACE, sealed) == b"x"
    assert new.new_data_key().startswith(b"k002")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_the_one_error(sealed: bytes) -> None:
    with pytest.raises(VaultError):
        _VAULT.open(_KEY, PLACE, sealed)
    with pytest.raises(VaultError):
        _VAULT.open_message(PLACE, sealed)
    with pytest.raises(VaultError):
        _VAULT.open(sealed, PLACE, b"x" * 40)


@given(st.binary(max_size=100), st.integers(0, 127), st.integers(1, 255))
def test_any_altered_byte_is_noticed(plain: bytes, at: int, change: int) -> None:
    sealed = bytearray(_VAULT.seal(_KEY, PLACE, plain))
    sealed[at % len(sealed)] ^= change
    with pytest.raises(VaultError):
        _VAULT.open(_KEY, PLACE, bytes(sealed))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"current": "k001"}', '{"current":"x","keys":{},"index":"","mac":""}']
)
def test_an_unusable_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vault.json"
    path.write_text(text)
    with pytest.raises((ValueError, KeyError, TypeError)):
        FileVault(path)


def test_keys_are_made_once_private_and_for_two_years(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert len(make_keys(folder, ("id_card",), now=NOON)) >= 9
    before = {path.name: path.read_bytes() for path in folder.glob("*.pem")}
    assert make_keys(folder, ("id_card",), now=NOON) == []
    made = make_keys(folder, ("id_card", "tax_number"), now=NOON)
    assert made == ["issuer-tax_number-2026", "issuer-tax_number-2027", "key set"]
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*.pem")} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    ring = PemKeyRing(folder)
    assert len(ring.issuer_keys()) == 4
    assert ring.issuer_for("id_card", NOON).not_before.year == 2026
    with pytest.raises(LookupError):
        ring.issuer_for("id_card", NOON.replace(year=2028))
    with pytest.raises(LookupError):
        ring.issuer_for("family_card", NOON)


def _fixed_vault() -> FileVault:
    with TemporaryDirectory() as folder:
        return make_vault(Path(folder) / "vault.json")


_VAULT = _fixed_vault()
_KEY = _VAULT.new_data_key()
