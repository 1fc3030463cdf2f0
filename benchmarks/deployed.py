"""The API as it is deployed, for measurements over HTTP: gunicorn with deploy/gunicorn.conf.py."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def running_api(
    url: str, folder: Path, *, workers: int, **changes: object
) -> Iterator[tuple[Path, int]]:
    """Run the API on the database at `url`; yield its socket and process id.

    `changes` to the settings; keys, registry, lists and messages are below `folder`.
    """
    settings = {
        "database_url": url,
        "keys_dir": folder / "keys",
        "public_url": "https://wallet.test",  # as the keys of a test world name it
        "registry_url": f"sqlite:///{folder}/registry.db",
        "publish_dir": folder / "published",
        "mail_url": f"file://{folder}/outbox",
        "sms_url": f"file://{folder}/outbox",
        **changes,
    }
    env = {f"WALLET_{name.upper()}": str(value) for name, value in settings.items()}
    address = folder / "api.sock"
    command = [
        *(sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn.conf.py")),
        *("--workers", str(workers), "--bind", f"unix:{address}"),
        "wallet_api.app:create_app()",
    ]
    with (folder / "api.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(60)
