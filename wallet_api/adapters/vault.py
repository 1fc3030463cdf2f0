"""AES-256-GCM envelope encryption with key-encryption keys from a file.

A data key belongs to a row; it is stored sealed by the current key-encryption
key and names which one, so that rotation can go row by row. The place a value
is stored at is authenticated: a ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import hmac
import json
import secrets
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wallet_api.ports.vault import VaultError

NONCE_BYTES = 12
KEY_ID_BYTES = 4


class FileVault:
    """``Vault`` over ``vault.json``: current key id, keys by id, index key, MAC key (hex)."""

    def __init__(self, path: Path) -> None:
        """Read the key file; raises ``OSError``, ``ValueError`` or ``KeyError`` if unusable."""
        held = json.loads(path.read_text())
        self._current = str(held["current"]).encode()
        self._keys = {
            name.encode(): AESGCM(bytes.fromhex(key)) for name, key in held["keys"].items()
        }
        self._index_key = bytes.fromhex(held["index"])
        self._mac_key = bytes.fromhex(held["mac"])
        if self._current not in self._keys or any(len(n) != KEY_ID_BYTES for n in self._keys):
            message = "vault key ids have four characters and the current one is among them"
            raise ValueError(message)
        self._open_data_key = lru_cache(maxsize=4096)(self._unseal_data_key)

    @staticmethod
    def new_key_file() -> str:
        """Return the text of a fresh key file."""
        return json.dumps(
            {
                "current": "k001",
                "keys": {"k001": secrets.token_hex(32)},
                "index": secrets.token_hex(32),
                "mac": secrets.token_hex(32),
            },
            indent=1,
        )

    def new_data_key(self) -> bytes:
        """Make a data key and return it sealed: key id, nonce, ciphertext."""
        return self._seal_with_current(b"data key", secrets.token_bytes(32))

    def seal(self, data_key: bytes, place: str, plain: bytes) -> bytes:
        """Encrypt under the row's data key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._open_data_key(data_key).encrypt(nonce, plain, place.encode())

    def open(self, data_key: bytes, place: str, sealed: bytes) -> bytes:
        """Decrypt; raises ``VaultError``."""
        cipher = self._open_data_key(data_key)
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise VaultError from None

    def seal_message(self, place: str, plain: bytes) -> bytes:
        """Encrypt directly under the current key-encryption key."""
        return self._seal_with_current(b"message|" + place.encode(), plain)

    def open_message(self, place: str, sealed: bytes) -> bytes:
        """Decrypt what ``seal_message`` made; raises ``VaultError``."""
        return self._open_with_named(b"message|" + place.encode(), sealed)

    def blind_index(self, kind: str, text: str) -> bytes:
        """HMAC-SHA256 under a key of its own, with the kind of value inside."""
        return hmac.digest(self._index_key, f"{kind}|{text}".encode(), sha256)

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA256 with the purpose inside."""
        return hmac.digest(self._mac_key, purpose.encode() + b"|" + data, sha256)

    def _seal_with_current(self, context: bytes, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return self._current + nonce + self._keys[self._current].encrypt(nonce, plain, context)

    def _open_with_named(self, context: bytes, sealed: bytes) -> bytes:
        name, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        try:
            return self._keys[name].decrypt(nonce, sealed[KEY_ID_BYTES + NONCE_BYTES :], context)
        except (KeyError, InvalidTag, ValueError):
            raise VaultError from None

    def _unseal_data_key(self, data_key: bytes) -> AESGCM:
        return AESGCM(self._open_with_named(b"data key", data_key))
