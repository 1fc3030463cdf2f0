"""An administrator's open shell: many `python -m wallet_api …` commands in one process.

Each command line starts Python and loads the whole service again, which takes longer than what it
does. `Administrator` keeps one process that runs them one after the other, by the same function as
the command line: `python -m samples.administrator` reads a JSON list of words a line, and answers
with the exit code and what was printed.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from samples.processes import ROOT, ProcessFailed, python


class Administrator:
    """The process, as a context manager."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        """Take the settings of the service."""
        self._env = dict(env)
        self._log = log

    def __enter__(self) -> Self:
        """Start the process."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                python("-m", "samples.administrator"),
                cwd=ROOT,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        return self

    def __exit__(self, *_exc: object) -> None:
        """Close its input, which ends it."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=5)
        self._process.kill()
        self._process.wait()

    def run(self, *words: str) -> str:
        """Run one command; return what it printed. ProcessFailed when it was refused."""
        if self._process.stdin is None or self._process.stdout is None:
            raise ProcessFailed("the administrator's process has no input")
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise ProcessFailed(f"the administrator's process ended; see {self._log}")
        answer = json.loads(line)
        if answer["exit"]:
            said = answer["said"] + answer["complained"]
            raise ProcessFailed(f"wallet_api {' '.join(words[:3])} …: {said}")
        return str(answer["said"])


def main() -> int:
    """Run the commands that come in, until the input ends."""
    from wallet_api.cli import main as wallet_api

    for line in sys.stdin:
        said, complained = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            try:
                code = wallet_api(json.loads(line))
            except SystemExit as end:  # a wrong command line
                code = int(end.code or 0) if isinstance(end.code, int | None) else 1
        answer = {"exit": code, "said": said.getvalue(), "complained": complained.getvalue()}
        print(json.dumps(answer), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
