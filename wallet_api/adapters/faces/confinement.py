"""What a face worker may not do, whatever a picture makes it do.

Set by the worker on itself once its models are warm. The pool's own deadline comes first; these
limits hold where the pool cannot see, or is no longer there: memory, processor, files, processes.
"""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HEADROOM_BYTES: Final = 640 * 1024 * 1024
"""Address space a job may take beyond the warmed models: a 16-megapixel photo needs a third."""
MOST_FILES: Final = 64
NICENESS: Final = 5
"""Comparing gives way to whoever answers requests: a third of the weight."""
STARVED: Final = 3
"""A job may last so many times its limit where other programs kept the processor."""
_LATE: Final = 1.0
_DEVNULL: Final = "/dev/null"


def yield_to_requests() -> None:
    """Lower this process's priority."""
    os.nice(NICENESS)


def confine() -> None:
    """Limit memory, files and processes from now on; nothing that follows can lift it again.

    No file can be written (a picture may not stay anywhere), no other process started, and what a
    decoder prints of a picture goes nowhere.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _lower(resource.RLIMIT_AS, pages * resource.getpagesize() + HEADROOM_BYTES)
    _lower(resource.RLIMIT_CORE, 0)  # a core file would hold faces
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, MOST_FILES)
    _lower(resource.RLIMIT_NPROC, 0)
    os.register_at_fork(after_in_child=_end)  # root may fork whatever the limit says
    nowhere = os.open(_DEVNULL, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


@contextmanager
def watched(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Let the kernel end this process, whatever it does, when the pool is gone or time is over.

    The pool says nothing while a job is done: what happens on ``sock`` then is its end. The
    ``seconds`` (and a little) are for what else may go wrong.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    flags = fcntl.fcntl(sock, fcntl.F_GETFL)
    fcntl.fcntl(sock, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(sock, fcntl.F_SETFL, flags | os.O_ASYNC)
    signal.setitimer(signal.ITIMER_REAL, seconds + _LATE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        fcntl.fcntl(sock, fcntl.F_SETFL, flags)


def limit_processor(seconds: float) -> None:
    """Allow ``seconds`` more of processor time; past it the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds + _LATE) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(which, (limit, limit))


def _end() -> None:
    os._exit(1)
