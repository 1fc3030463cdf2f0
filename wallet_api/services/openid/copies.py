"""Credentials of foreign wallets and their keys as columns: statements made once (hot path)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import (
    Connection,
    Insert,
    bindparam,
    case,
    exists,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from wallet_api.db import Statements
from wallet_api.models import Credential, Device, ForeignKeyHeld, Person, Wallet, table_of
from wallet_api.services.deps import Deps
from wallet_api.services.issued import INTENT, SIGNED
from wallet_api.services.openid.key_proofs import HeldKey

_credential, _wallet, _person, _key, _device = (
    table_of(model).c for model in (Credential, Wallet, Person, ForeignKeyHeld, Device)
)
_KEPT: Final = (
    select(
        _person.id,
        _person.dek,
        _person.answer_sealed,
        _person.answer_hash,
        _person.portrait_sealed,
    )
    .join(table_of(Wallet), _wallet.person_id == _person.id)
    .where(_wallet.id == bindparam("wallet"))
)
# Locked: a wallet that closes meanwhile either sees the intents or stops them (C19).
_LOCK: Final = (
    select(
        _wallet.state,
        exists().where(_device.jkt.in_(bindparam("keys", expanding=True))).label("taken"),
    )
    .where(_wallet.id == bindparam("wallet"))
    .with_for_update(key_share=True, of=table_of(Wallet))
)
_PLAN: Final = insert(table_of(Credential)).inline()
_SIGNED: Final = (
    update(table_of(Credential))
    .where(_credential.id == bindparam("of_id"), _credential.stage == INTENT)
    .values(signed_digest=bindparam("digest"), stage=SIGNED)
)


class Holder(Protocol):
    """Whose keys are held: an order, by its structure."""

    @property
    def wallet(self) -> str:
        """The resident's wallet."""
        ...

    @property
    def client_id(self) -> str:
        """The foreign wallet's name, empty when it has none."""
        ...

    @property
    def keys(self) -> tuple[HeldKey, ...]:
        """Its keys."""
        ...


def read_kept(db: Statements, wallet_id: str) -> Any:
    """Read what is kept of the wallet's person, as columns that `people` opens."""
    return db.execute(_KEPT, {"wallet": wallet_id}).one()


def lock_wallet(db: Statements, wallet_id: str, keys: Sequence[str]) -> tuple[str, bool]:
    """Hold the wallet until the transaction ends; say its state, and if a key is a device's."""
    row = db.execute(_LOCK, {"wallet": wallet_id, "keys": list(keys)}).one()
    return row.state, row.taken


def hold_keys(db: Connection, deps: Deps, holder: Holder) -> None:
    """Record the keys; ``IntegrityError`` of their table when one is another wallet's, or ended.

    Nothing comes back, so that it can travel with other writes.
    """
    now = deps.now()
    rows = [
        {
            "jkt": jkt,
            "wallet_id": holder.wallet,
            "client_id": holder.client_id,
            "first_at": now,
            "last_at": now,
        }
        for jkt in sorted(key.jkt for key in holder.keys)  # in one order: no two wait for another
    ]
    db.execute(_HOLD[db.dialect.name], rows)


def store_intents(db: Statements, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store what is about to be signed."""
    db.execute(_PLAN, rows)


def store_digests(db: Connection, digests: Mapping[str, bytes]) -> None:
    """Store that the intents were signed; a digest that a crash loses is no loss of a plan."""
    if db.dialect.name == "postgresql":
        # The intents are safe already: nobody waits for the disk a second time.
        db.exec_driver_sql("SET LOCAL synchronous_commit = off")
    db.execute(_SIGNED, [{"of_id": one, "digest": digest} for one, digest in digests.items()])


def _holding(dialect: Any) -> Insert:
    statement = dialect.insert(table_of(ForeignKeyHeld)).inline()
    same = (_key.wallet_id == statement.excluded.wallet_id) & _key.ended_at.is_(None)
    made: Insert = statement.on_conflict_do_update(
        index_elements=["jkt"],
        set_={
            "last_at": statement.excluded.last_at,
            # Whose wallet it is must not change: no wallet at all breaks the row.
            "wallet_id": case((same, _key.wallet_id), else_=null()),
        },
    )
    return made


_HOLD: Final = {"sqlite": _holding(sqlite), "postgresql": _holding(postgresql)}
