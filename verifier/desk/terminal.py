"""What every check of a desk is held against: the bundle in use, the policy, the clock.

A desk runs all day while `sync` brings newer bundles beside it: the file is looked at before every
check, and read when it is another one. A newer file that cannot be used changes nothing. A policy
of the bundle changes with it; when a newer bundle has none of that name, nothing is checked any
more: the registry took it back, and no other one was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Literal

from verifier.bundle import TrustedBundle, map_bundle, read_bundle_bytes, trust_bundle
from verifier.clock import Clock
from verifier.errors import BundleError, PolicyError, VerifierError
from verifier.policy import Policy
from verifier.policy.bundled import PolicyChoice
from verifier.replay import MemoryReplay, ReplayMemory
from verifier.roots import Root
from verifier.state import StateFolder

__all__ = ["BundleAge", "Clock", "Terminal", "Terms"]

Age = Literal["fresh", "old", "too_old"]
LAST_HOURS = timedelta(hours=12)  # before the bundle's end, from when on it is called old


@dataclass(frozen=True, slots=True)
class BundleAge:
    """How old what we know is: `age` of the status, `left` until nothing may be checked with it."""

    state: Age
    age: timedelta
    left: timedelta
    version: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Bundle and policy that belong together: a check, its outcome and its receipt name the same.

    `problem` is there when the bundle does not hold the policy any more: then `policy` is the one
    before, to be named, and nothing may be accepted by it.
    """

    bundle: TrustedBundle
    policy: Policy
    problem: PolicyError | None = None

    def require_policy(self) -> Policy:
        """Return the policy to check by; PolicyError when there is none."""
        if self.problem is not None:
            raise self.problem
        return self.policy


class Terminal:
    """One terminal's bundle, policy, replay memory and clock."""

    def __init__(
        self,
        *,
        root: Root,
        policy: Policy | PolicyChoice,
        state: StateFolder | None,
        bundle: Path | None,
        clock: Clock | None = None,
    ) -> None:
        """Load the bundle from `bundle`, else from the state folder, and choose the policy.

        BundleError, StateError, PolicyError.
        """
        self._choose = (lambda _bundle: policy) if isinstance(policy, Policy) else policy
        self.clock = clock or Clock()
        self.clock_floor: datetime | None = None
        self.problem: VerifierError | None = None
        self.policy_problem: PolicyError | None = None
        self._root, self._state, self._given = root, state, bundle
        self._lock = Lock()
        self.replay: ReplayMemory = MemoryReplay() if state is None else state.replay()
        self._mark = _mark(self._path())
        self._bundle = self._load()
        self._policy = self._choose(self._bundle)

    @property
    def policy(self) -> Policy:
        """The policy in use; the last one that could be used, where there is a problem with it."""
        return self._policy

    def bundle(self) -> TrustedBundle:
        """Return the bundle in use, after a look at whether there is a newer one."""
        return self.terms().bundle

    def terms(self) -> Terms:
        """Return what a check is held against, after a look at whether there is a newer bundle."""
        with self._lock:
            try:
                mark = _mark(self._path())
                if mark != self._mark:
                    self._mark = mark
                    self._bundle = self._load()
                    self.problem = None
                    self._follow()
            except VerifierError as problem:
                self.problem = problem
            return Terms(self._bundle, self._policy, self.policy_problem)

    def bundle_age(self) -> BundleAge:
        """Return how old the bundle in use is, against the policy and its own end."""
        bundle, now = self.bundle(), self.clock.now()
        at = now.timestamp()
        age = timedelta(seconds=max(0.0, at - bundle.status_as_of))
        until_end = timedelta(seconds=bundle.expires_at - at)
        left = min(self.policy.status_max_age - age, until_end)
        state: Age = "fresh"
        if left <= timedelta(0):
            state = "too_old"
        elif age > self.policy.status_warn_age or until_end < LAST_HOURS:
            state = "old"
        return BundleAge(state, age, left, bundle.version)

    def _follow(self) -> None:
        """Take the policy of the bundle that is in use now."""
        try:
            self._policy, self.policy_problem = self._choose(self._bundle), None
        except PolicyError as problem:
            self.policy_problem = problem

    def _path(self) -> Path:
        if self._given is not None:
            return self._given
        if self._state is None or not self._state.bundle_path.is_file():
            raise BundleError("BUNDLE_NEEDED")
        return self._state.bundle_path

    def _load(self) -> TrustedBundle:
        own = self._given is None
        data = map_bundle(self._path()) if own else read_bundle_bytes(self._path())
        if self._state is None:
            return trust_bundle(data, root=self._root)
        known = self._state.load()
        bundle = trust_bundle(data, root=self._root, accepted=known.accepted)
        self._state.note(bundle)
        self.clock_floor = known.clock_floor
        return bundle


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
