"""Status indices: random, never twice, and what they say.

A list counts up in its row; a keyed permutation of the 20-bit counter scatters
the indices, so that they tell neither order nor person (threat T25). Unique by
arithmetic, and once more by constraint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from credentials.status_list import LIST_SIZE
from wallet_api.audit import record
from wallet_api.db import Statements
from wallet_api.errors import InputInvalid
from wallet_api.models import Credential, StatusList, table_of
from wallet_api.services.deps import Deps

GOOD, REVOKED, SUSPENDED = "good", "revoked", "suspended"
ROUNDS: Final = 4
HALF_BITS: Final = 10
HALF: Final = (1 << HALF_BITS) - 1
RESERVED: Final = 64
"""Slots that a process takes at once where it takes them in advance."""
WORDS_A_HASH: Final = 16  # of two bytes

FROM: Final = {REVOKED: (GOOD, SUSPENDED), SUSPENDED: (GOOD,), GOOD: (SUSPENDED,)}
"""Which statuses lead to which: a revoked credential never returns."""

_list = table_of(StatusList).c
_FIRST_OPEN: Final = (
    select(_list.number).where(_list.closed.is_(False)).order_by(_list.number).limit(1)
)
_TAKE: Final = (
    update(table_of(StatusList))
    .where(
        _list.number == _FIRST_OPEN.scalar_subquery(),
        _list.closed.is_(False),
        _list.issued <= LIST_SIZE - bindparam("wanted"),
    )
    .values(issued=_list.issued + bindparam("wanted"))
    .returning(_list.number, _list.issued)
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One entry of one list."""

    number: int
    index: int


def allocate(db: Statements, deps: Deps, count: int) -> list[Slot]:
    """Take ``count`` fresh slots in the caller's transaction (C10: with the intents)."""
    slots: list[Slot] = []
    while len(slots) < count:
        wanted = min(count - len(slots), LIST_SIZE)
        taken = db.execute(_TAKE, {"wanted": wanted}).first()
        if taken is None:
            _turn_page(db, deps, wanted)
            continue
        word = partial(keyed_word, deps, taken.number)
        counters = range(taken.issued - wanted, taken.issued)
        slots += [Slot(taken.number, permute(at, word)) for at in counters]
    return slots


def draw(deps: Deps, count: int) -> list[Slot]:
    """Take ``count`` fresh slots that this process has in reserve: outside any transaction.

    A slot whose credential is not planned after all is never used: another decoy.
    """

    def fetch(wanted: int) -> list[tuple[int, int]]:
        with deps.statements() as db:
            return [(slot.number, slot.index) for slot in allocate(db, deps, wanted)]

    return [Slot(*held) for held in deps.reserve.draw(count, fetch, at_least=RESERVED)]


def _turn_page(db: Statements, deps: Deps, wanted: int) -> None:
    """Open a list where there is none; else close the one too full: its rest stays, as decoys."""
    number = db.scalar(_FIRST_OPEN)
    if number is None:
        _open_list(db, deps)
        return
    full = (StatusList.number == number, StatusList.issued > LIST_SIZE - wanted)
    db.execute(update(StatusList).where(*full).values(closed=True))


def _open_list(db: Statements, deps: Deps) -> None:
    last = db.scalar(select(func.max(StatusList.number)))
    number = 0 if last is None else last + 1
    dialect = (db if isinstance(db, Connection) else db.connection()).dialect
    insert: Any = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    row = insert(StatusList).values(number=number, issued=0, closed=False, created_at=deps.now())
    db.execute(row.on_conflict_do_nothing(index_elements=["number"]))  # another worker opened it


def scatter(deps: Deps, number: int, counter: int) -> int:
    """Permute a 20-bit counter with a Feistel network under the list's own key."""
    return int(permute(counter, partial(keyed_word, deps, number)))


def permute(counter: Any, word: Callable[[int, Any], Any]) -> Any:
    """Run the network: a bijection of 20 bits, whatever ``word`` says (Luby and Rackoff).

    ``counter`` is an int, or many of them in an array.
    """
    left, right = counter >> HALF_BITS, counter & HALF
    for turn in range(ROUNDS):
        left, right = right, left ^ word(turn, right)
    return (left << HALF_BITS) | right


def keyed_word(deps: Deps, number: int, turn: int, half: int) -> int:
    """Return ten keyed bits for one half of the counter."""
    return _round_words(deps.vault.mac, number)[turn][half]


@lru_cache(maxsize=8)
def _round_words(mac: Callable[[str, bytes], bytes], number: int) -> tuple[tuple[int, ...], ...]:
    """Return the words of each round for every half, sixteen from one keyed hash.

    Kept for the few lists that are open: a set of credentials takes four for each.
    """
    return tuple(
        tuple(
            int.from_bytes(block[at : at + 2]) & HALF
            for first in range(0, HALF + 1, WORDS_A_HASH)
            for block in (mac("status index", f"{number}|{turn}|{first}".encode()),)
            for at in range(0, 2 * WORDS_A_HASH, 2)
        )
        for turn in range(ROUNDS)
    )


def change_status(
    db: Session,
    deps: Deps,
    credential_ids: list[str],
    status: str,
    *,
    reason: str,
    actor: str,
) -> list[str]:
    """Revoke, suspend or resume in the caller's transaction; return the ids that changed."""
    now = deps.now()
    changed = db.scalars(
        update(Credential)
        .where(Credential.id.in_(credential_ids), Credential.status.in_(FROM[status]))
        .values(status=status, status_reason=reason, status_at=now)
        .returning(Credential.id)
        .execution_options(synchronize_session=False)
    ).all()
    for credential_id in changed:
        record(
            db,
            "credential.status_changed",
            at=now,
            actor=actor,
            subject=credential_id,
            status=status,
            reason=reason,
        )
    return list(changed)


def change_by_command(
    deps: Deps, credential_ids: list[str], status: str, *, reason: str, actor: str
) -> list[str]:
    """Change statuses as one act of an administrator; raises ``InputInvalid`` for none."""
    if status not in FROM or not reason:
        raise InputInvalid(errors=[{"field": "status", "code": "FIELD_INVALID"}])
    with deps.transaction() as db:
        return change_status(db, deps, credential_ids, status, reason=reason, actor=actor)
