"""Runs the clients of others, which are processes in environments of their own.

`scripts/interop.sh`, which `make test` calls, has installed them.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NODE = HERE / ".env" / "bin" / "node"
PYTHON = HERE / ".env" / "bin" / "python"
# Nothing of the product's own environment reaches them.
ENVIRONMENT = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}

Job = tuple[str, dict[str, Any]]


class RefusedError(Exception):
    """A client refused; its words."""


class Client:
    """One process that does jobs with the formats, a JSON line each, as long as it lives."""

    def __init__(self, program: Path, script: str) -> None:
        self._process = subprocess.Popen(
            [program, HERE / script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
            text=True,
        )

    def do(self, *jobs: Job) -> list[Any]:
        """Return what comes of each job; raise RefusedError with the first refusal."""
        answers = [self._answer(job) for job in jobs]
        for answer in answers:
            if "error" in answer:
                raise RefusedError(answer["error"])
        return [answer["result"] for answer in answers]

    def refusals(self, *jobs: Job) -> list[str]:
        """Return what the client says of each job, all of which it must refuse."""
        answers = [self._answer(job) for job in jobs]
        assert [answer for answer in answers if "error" not in answer] == []
        return [answer["error"] for answer in answers]

    def close(self) -> None:
        """End the process; it must not have failed."""
        self._process.communicate(timeout=30)
        assert self._process.returncode == 0

    def _answer(self, job: Job) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer
