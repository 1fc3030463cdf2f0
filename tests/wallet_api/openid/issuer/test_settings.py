"""What production does not let an issuer be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from tests.wallet_api.simulators import make_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_production_refuses_lenient(tmp_path: Path) -> None:
    real = {
        "environment": "production",
        "public_url": "https://wallet.example",
        "registry_url": "https://registry.example",
        "mail_url": "smtps://mail.example",
        "sms_url": "https://sms.example",
    }
    url = "postgresql+psycopg://db/wallet"
    assert make_settings(url, tmp_path, **real).openid_encryption == "strict"
    with pytest.raises(ValidationError, match="openid_encryption is strict"):
        make_settings(url, tmp_path, **real, openid_encryption="lenient")
