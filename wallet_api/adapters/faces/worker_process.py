"""The pool's handle on one worker process: start, ask, kill."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import wallet_api
from wallet_api.adapters.faces import wire
from wallet_api.adapters.faces.confinement import STARVED

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
FATAL: Final = (
    "FACE_ENGINE_FAILED",
    "FACE_ENGINE_NOT_INSTALLED",
    "FACE_ENGINE_NOT_LOADED",
    "FACE_MEMORY",
    "FACE_MODEL_ALTERED",
    "FACE_MODEL_MISSING",
)
"""What a worker may say of its own end: it becomes a label of a metric."""
_SOON: Final = 0.02
_PAGE: Final = resource.getpagesize()
_OUTSIDE: Final = (-signal.SIGKILL, -signal.SIGTERM)


class WorkerLost(Exception):
    """The worker said that it cannot go on; the text is a stable code."""


class WorkerProcess:
    """Starts at once and loads its models meanwhile. One caller at a time; any thread may ``kill``.

    ``entry`` as ``module:function``; ``start_within`` and ``seconds`` limit the loading and each
    job. The worker keeps both limits itself, for the case that nobody is left to watch it.
    """

    def __init__(self, entry: str, *, start_within: float, seconds: float) -> None:
        self._seconds = seconds
        self._ready_by = time.monotonic() + start_within
        self._sock, theirs = socket.socketpair()
        kept = {name: os.environ[name] for name in _ENVIRONMENT_KEPT if name in os.environ}
        numbers = (theirs.fileno(), start_within, seconds)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    *(sys.executable, "-P", "-m", "wallet_api.adapters.faces.worker", entry),
                    *map(str, numbers),
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
                # A group of its own: Ctrl-C is for the service, and what a worker may have started
                # ends with it. Not a session: Linux shares the processor out among sessions first,
                # and the worker's low priority would count within its own only.
                process_group=0,
            )
        except OSError:
            self._sock.close()
            raise
        finally:
            theirs.close()
        self._ending = threading.Lock()
        self.ready = False

    @property
    def pid(self) -> int:
        """Process id, for memory figures."""
        return self._process.pid

    def await_ready(self, *, seconds: float) -> bool:
        """Wait ``seconds`` at most; say whether the models are loaded.

        Raises WorkerLost or WireError when they do not load, or not within ``start_within``.
        """
        if not self.ready:
            left = self._ready_by - time.monotonic()
            spoken = self._has_said_something(min(seconds, left))
            if not spoken and seconds < left:
                return False
            self._receive(1.0 if spoken else 0.0)
            self.ready = True
        return True

    def is_at_hand(self) -> bool:
        """Whether it may be asked: not ended meanwhile, nor saying what nobody asked."""
        return not self._has_said_something(0)

    def ask(
        self, header: dict[str, Any], blobs: list[bytes], *, answer_size: int
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send one job; return its answer, with blobs of ``answer_size`` bytes in all at most.

        Raises WorkerLost, WireError. Time in which the machine had no processor for the worker does
        not count, up to ``STARVED`` times the limit in all: to kill what only waits its turn would
        make an overloaded machine do everything twice.

        Job and answer carry the same random number: what a worker, or a process that it left
        behind, says of an earlier job is never taken for this one.
        """
        number = secrets.token_hex(8)
        began, starved = time.monotonic(), self._seconds_starved()
        wire.send(self._sock, {**header, "job": number}, blobs, seconds=self._seconds)
        until = began + self._seconds
        while not self._has_said_something(until - time.monotonic()):
            given = min(self._seconds_starved() - starved, (STARVED - 1) * self._seconds)
            until = began + self._seconds + given
            if time.monotonic() > until - _SOON:
                break
        answer, out = self._receive(max(_SOON, until - time.monotonic()), answer_size)
        if answer.pop("job", None) != number:
            raise wire.WireError("FACE_WORKER_ODD")
        return answer, out

    def memory(self) -> int:
        """Return the resident bytes, 0 when the process is gone."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * _PAGE

    def _seconds_starved(self) -> float:
        """Return how long in its life the worker could have run and had to wait (Linux)."""
        try:
            waited = Path(f"/proc/{self.pid}/schedstat").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0.0
        return int(waited) / 1e9

    def kill(self) -> bool:
        """End the process and its group now and reap it; from any thread.

        Return whether somebody else had ended it before, the kernel for want of memory or an
        administrator: that is not the fault of the job it had.
        """
        with self._ending:
            if self._process.returncode is None:  # not reaped: the number is still its own
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)
            return self._process.wait() in _OUTSIDE

    def close(self) -> None:
        """Let the socket go. Only who may ask: another thread's wait would be for a stranger."""
        self._sock.close()

    def let_go(self) -> None:
        """In a forked child: close the copy of the parent's socket, leave the process alone."""
        with contextlib.suppress(OSError):
            self._sock.close()
        self._process.returncode = 0  # not ours to reap

    def _has_said_something(self, seconds: float) -> bool:
        waiter = select.poll()
        waiter.register(self._sock, select.POLLIN)
        return bool(waiter.poll(max(0.0, seconds) * 1000))

    def _receive(self, seconds: float, answer_size: int = 0) -> tuple[dict[str, Any], list[bytes]]:
        header, blobs = wire.receive(self._sock, seconds=seconds, most=answer_size)
        if "fatal" in header:
            told = header["fatal"]
            unknown = "FACE_WORKER_ODD" if self.ready else "FACE_ENGINE_NOT_LOADED"
            raise WorkerLost(told if told in FATAL else unknown)
        return header, blobs
