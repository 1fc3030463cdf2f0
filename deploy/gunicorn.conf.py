"""How gunicorn runs the API: gunicorn -c deploy/gunicorn.conf.py "wallet_api.app:create_app()".

Address and number of workers can be changed without touching this file, through
gunicorn's own GUNICORN_CMD_ARGS, e.g. "--bind 127.0.0.1:9000 --workers 8".
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

bind = ["127.0.0.1:8000"]
workers = max(2, os.cpu_count() or 2)
worker_class = "gthread"
threads = 8

# With threads this is a heartbeat of the worker, not a limit of a request (crash point C28). The
# limits are elsewhere: 5 s a statement and 2 s a lock in the database, 3 s a registry call, the
# matcher's own deadline, 30 s in nginx.
timeout = 60
graceful_timeout = 30
keepalive = 20  # longer than nginx keeps an idle connection: it is nginx that closes

# A slow leak never grows old; not all workers at once.
max_requests = 50_000
max_requests_jitter = 5_000

limit_request_line = 2048
limit_request_fields = 40
limit_request_field_size = 8190


class WithoutAccessLog(Logger):
    """The application writes one line a request, without personal data; ours would have paths."""

    @property
    def access_log_enabled(self) -> bool:
        """Say no: with a `logconfig_dict` the line is put together even where nobody takes it."""
        return False


logger_class = WithoutAccessLog
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "wallet_api.adapters.json_logs.JsonLines"}},
    "handlers": {
        "out": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        }
    },
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["out"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
    },
}

# Workers add their counters up in this folder; it has to be known before any of them imports
# prometheus_client, and is emptied at each start.
METRICS = os.environ.setdefault(
    "PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="wallet-metrics-")
)


def on_starting(_server: Any) -> None:
    """Begin with empty counters."""
    folder = Path(METRICS)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)


def child_exit(_server: Any, worker: Any) -> None:
    """Let a dead worker's gauges end; its counters go on counting."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - after the folder is known

    multiprocess.mark_process_dead(worker.pid)
