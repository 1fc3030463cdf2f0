"""The pool's handle on one worker process: start, ask, kill."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import wallet_api
from wallet_api.adapters.faces import wire

_ROOT: Final = str(Path(wallet_api.__file__).parents[1])
_ENVIRONMENT_KEPT: Final = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
)
"""All a worker learns of the service's environment, where secrets are."""


class WorkerLost(Exception):
    """The worker said that it cannot go on; the text is a stable code."""


class WorkerProcess:
    """Starts at once and loads its models meanwhile. One caller at a time.

    ``entry`` as ``module:function``; ``cpu_seconds``: processor time allowed a job.
    """

    def __init__(self, entry: str, *, cpu_seconds: int) -> None:
        ours, theirs = socket.socketpair()
        kept = {name: os.environ[name] for name in _ENVIRONMENT_KEPT if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "wallet_api.adapters.faces.worker",
                    str(theirs.fileno()),
                    entry,
                    str(cpu_seconds),
                ],
                env={
                    **kept,
                    "PYTHONPATH": _ROOT,
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for the service, which then ends its workers
            )
        self._sock = ours
        self._ready = False

    @property
    def pid(self) -> int:
        """Process id, for memory figures."""
        return self._process.pid

    def await_ready(self, *, seconds: float) -> None:
        """Wait until the models are loaded. Raises WorkerLost or WireError."""
        if not self._ready:
            self._receive(seconds)
            self._ready = True

    def ask(
        self, header: dict[str, Any], blobs: list[bytes], *, seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send one job and return its answer within ``seconds``. Raises WorkerLost, WireError."""
        wire.send(self._sock, header, blobs, seconds=seconds)
        return self._receive(seconds)

    def kill(self) -> None:
        """End the process now and reap it."""
        self._process.kill()
        self._process.wait()
        self._sock.close()

    def let_go(self) -> None:
        """In a forked child: close the copy of the parent's socket, leave the process alone."""
        with contextlib.suppress(OSError):
            self._sock.close()
        self._process.returncode = 0  # not ours to reap

    def _receive(self, seconds: float) -> tuple[dict[str, Any], list[bytes]]:
        header, blobs = wire.receive(self._sock, seconds=seconds)
        if "fatal" in header:
            raise WorkerLost(str(header["fatal"]))
        return header, blobs
