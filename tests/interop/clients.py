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


class Wallet:
    """The wallet of `node/wallet.mjs`, switched on anew for each command."""

    def __init__(self, folder: Path, root: Path, *options: str) -> None:
        held = ("--wallet", str(folder / "wallet.json"))
        self._options = ["--json", *held, "--root", str(root), *options]

    def run(self, *words: str) -> Any:
        """Return what a command tells; raise RefusedError with what it complains of."""
        process = self.start(*words)
        return self.finish(process)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command that waits for something; what it says comes on its stderr."""
        return subprocess.Popen(
            [NODE, HERE / "node" / "wallet.mjs", *self._options, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Any:
        """Wait for a command that was started."""
        told, complaint = process.communicate(timeout=60)
        if process.returncode:
            raise RefusedError(complaint)
        return json.loads(told)
