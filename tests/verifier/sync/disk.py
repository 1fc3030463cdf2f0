"""A disk that forgets what was not flushed: every state that a power cut could leave of a folder.

While code runs, its flushes, renames and removals are written down, and at each of them what the
folder holds. From that follow the states: the content of a file is certain once it was flushed,
its name once the folder was flushed; before, any of it may be lost, half there, or zeros, and of
several names that are not certain yet any may be there without the others.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

State = dict[str, bytes]
Change = tuple[tuple[str, int | None], ...]  # names that change together: which file each has then


@dataclass
class Disk:
    """What is certain and what is not, of the files directly in `folder`."""

    folder: Path
    contents: dict[int, bytes] = field(default_factory=dict)  # as programs see it, by inode
    flushed: dict[int, bytes] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)  # as programs see it
    certain: dict[str, int] = field(default_factory=dict)
    pending: list[Change] = field(default_factory=list)
    states: dict[tuple[tuple[str, bytes], ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What is there at the beginning is certain."""
        self._look()
        self.certain, self.flushed = dict(self.names), dict(self.contents)
        self.pending.clear()

    def _look(self, *together: str) -> None:
        """Take in what the folder holds now; the names in `together` changed in one step."""
        seen: dict[str, int] = {}
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if path.is_file():
                seen[path.name] = path.stat().st_ino
                self.contents[path.stat().st_ino] = path.read_bytes()
        changed = [
            (name, seen.get(name))
            for name in sorted({*seen, *self.names})
            if seen.get(name) != self.names.get(name)
        ]
        one_step = tuple(change for change in changed if change[0] in together)
        self.pending += [(change,) for change in changed if change[0] not in together]
        if one_step:
            self.pending.append(one_step)
        self.names = seen

    def flush(self, handle: int) -> None:
        """Take note of an fsync."""
        self._look()
        inode = os.fstat(handle).st_ino
        if self.folder.exists() and inode == self.folder.stat().st_ino:
            self.certain, self.pending = dict(self.names), []
        elif inode in self.contents:
            self.flushed[inode] = self.contents[inode]

    def cut(self, moment: str) -> None:
        """Write down every state that a power cut now could leave."""
        self._look()
        for kept in itertools.product((True, False), repeat=len(self.pending)):
            names: dict[str, int | None] = dict(self.certain)
            for change in itertools.compress(self.pending, kept):
                names.update(change)
            there = {name: inode for name, inode in names.items() if inode is not None}
            for contents in itertools.product(*map(self._variants, there.values())):
                state = tuple(sorted(zip(there, contents, strict=True)))
                self.states.setdefault(state, moment)

    def _variants(self, inode: int) -> list[bytes]:
        now, safe = self.contents[inode], self.flushed.get(inode)
        if now == safe:
            return [now]
        return [safe or b"", now, now[: len(now) // 2], bytes(len(now))]


def watch(monkeypatch: pytest.MonkeyPatch, disk: Disk, run: Callable[[], Any]) -> list[State]:
    """Run code, and return every state of the folder that a power cut at any moment could leave."""

    def cut_around(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            disk.cut(f"before {name}")
            result = real(*arguments, **named)
            if name == "fsync":
                disk.flush(arguments[0])
            else:
                disk._look(*(Path(one).name for one in arguments))
            disk.cut(f"after {name}")
            return result

        return step

    with monkeypatch.context() as patched:
        for name in ("fsync", "replace", "rename", "unlink", "remove"):
            patched.setattr(os, name, cut_around(name, getattr(os, name)))
        run()
    disk.cut("at the end")
    return [dict(state) for state in disk.states]


def lay(state: State, folder: Path) -> Iterator[Path]:
    """Put a state into a folder."""
    folder.mkdir(parents=True)
    for name, content in state.items():
        (folder / name).write_bytes(content)
        yield folder / name
