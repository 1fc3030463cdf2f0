"""`receipt init | recipient | recipient-key | show | export | check | prune`.

Exit codes of `check`: 0 all that was looked at holds, 1 something does not, 2 nothing was decided.
"""

from __future__ import annotations

import json
import os
import re
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from credentials.errors import CredentialError
from verifier.bundle import read_bundle
from verifier.policy import load_policy
from verifier.receipts import keys
from verifier.receipts.audit import Audit
from verifier.receipts.book import (
    ReceiptBook,
    begin,
    parse_head,
    receipts_folder,
    set_recipient,
)
from verifier.receipts.errors import ReceiptError
from verifier.receipts.evidence import EvidenceCheck
from verifier.receipts.exports import export, find, frames_of
from verifier.receipts.record import Check, UnverifiedReceipt, parse_receipt, verify_receipt
from verifier.receipts.telling import (
    audit_lines,
    audit_members,
    receipt_members,
    receipt_rows,
    told,
)
from verifier.report import row
from verifier.roots import load_root

if TYPE_CHECKING:
    from verifier.cli import Console

_FINGERPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def init(options: Namespace, console: Console) -> int:
    """Begin a chain, and say the fingerprint that auditors compare."""
    sealed_for = _public(options.recipient) if options.recipient is not None else None
    folder = receipts_folder(options.state)
    signer = begin(folder, now=datetime.now(UTC))
    if sealed_for is not None:
        set_recipient(folder, sealed_for)
    members: dict[str, object] = {
        "key": keys.fingerprint(signer.public_key),
        "public_key": str(folder / keys.PUBLIC),
        "recipient": None if sealed_for is None else keys.fingerprint(sealed_for),
    }
    _say(console, members, "begun")
    return 0


def recipient(options: Namespace, console: Console) -> int:
    """Set whom the claims are sealed for, from the next start of the desk on."""
    folder = receipts_folder(options.state)
    keys.load_signer(folder)
    sealed_for = _public(options.file)
    set_recipient(folder, sealed_for)
    _say(console, {"recipient": keys.fingerprint(sealed_for)}, "recipient_set")
    return 0


def recipient_key(options: Namespace, console: Console) -> int:
    """Make a key pair; never over an existing file."""
    if Path(options.public).exists():
        raise ReceiptError("KEY_FILE_EXISTS", options.public)
    pem, public = keys.new_private_pem(_password(options))
    _write_new(Path(options.file), pem)
    _write_new(Path(options.public), keys.public_pem(public))
    members: dict[str, object] = {
        "recipient": keys.fingerprint(public),
        "private_key": options.file,
        "public_key": options.public,
    }
    _say(console, members, "key_made")
    return 0


def show(options: Namespace, console: Console) -> int:
    """Show how the chain stands, or one receipt; with --open what is sealed in it."""
    folder = receipts_folder(options.state)
    signer = keys.load_signer(folder)
    if options.number is None:
        book = ReceiptBook(folder, now=datetime.now(UTC))
        sealed_for = book.recipient
        members: dict[str, object] = {
            "number": book.head.number,
            "head": book.head.text,
            "key": keys.fingerprint(signer.public_key),
            "recipient": None if sealed_for is None else keys.fingerprint(sealed_for),
        }
        book.close()
        _say(console, members, "chain")
        return 0
    data = find(folder, options.number)
    if data is None:
        raise ReceiptError("RECEIPT_NOT_FOUND", str(options.number))
    evidence = None
    try:
        receipt = verify_receipt(parse_receipt(data), signer.public_key)
        if options.open is not None and isinstance(receipt.record.body, Check):
            evidence = EvidenceCheck(_private(options)).open(receipt.record, receipt.record.body)
    except CredentialError as problem:
        raise ReceiptError("RECEIPT_INVALID", problem.code) from None
    if console.as_json:
        console.say(json.dumps(receipt_members(receipt, evidence), ensure_ascii=False))
    else:
        lines = [row(*one) for one in receipt_rows(receipt, console.words, evidence)]
        console.say("\n".join(lines))
    return 0


def export_part(options: Namespace, console: Console) -> int:
    """Write a part of the chain into a new file."""
    exported = export(
        receipts_folder(options.state),
        Path(options.file),
        begins=_bound(options.begin, from_here=True),
        ends=_bound(options.end, from_here=False),
    )
    members: dict[str, object] = {
        "file": options.file,
        "first": exported.first,
        "last": exported.last,
        "records": exported.count,
    }
    _say(console, members, "exported")
    return 0


def check(options: Namespace, console: Console) -> int:
    """Audit files, or a folder in place. Exit 1 when anything does not hold."""
    evidence = None
    bundle = None
    if options.bundle is not None:
        bundle = read_bundle(options.bundle, root=load_root(options.root))
    if options.open is not None:
        evidence = EvidenceCheck(_private(options), bundle)
    elif bundle is not None:
        raise ReceiptError("RECEIPT_OPEN_NEEDED")
    heads = [parse_head(text) for text in options.head]
    policies = [load_policy(file).digest for file in options.policy]
    audit = Audit(key=_key(options.key), heads=heads, evidence=evidence, policies=policies)
    for file in options.files:
        audit.read(frames_of(Path(file)))
    result = audit.finish()
    if console.as_json:
        console.say(json.dumps(audit_members(result), ensure_ascii=False))
    else:
        console.say(
            "\n".join(audit_lines(result, console.words, key_given=options.key is not None))
        )
    return 0 if result.intact else 1


def prune(options: Namespace, console: Console) -> int:
    """Delete whole months before a month."""
    if not _MONTH.fullmatch(options.before):
        raise ReceiptError("RECEIPT_RANGE", "--before")
    now = datetime.now(UTC)
    book = ReceiptBook(receipts_folder(options.state), now=now)
    try:
        gone = book.prune(options.before, now)
    finally:
        book.close()
    _say(console, {"months": list(gone)}, "pruned" if gone else "pruned_none")
    return 0


def _say(console: Console, members: dict[str, object], label: str) -> None:
    if console.as_json:
        console.say(json.dumps(members, ensure_ascii=False))
        return
    language = console.words.language
    lines = [told(label, language)]
    for name, value in members.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        text = told("none", language) if shown in (None, "") else str(shown)
        lines.append(row(told(f"member_{name}", language), text))
    console.say("\n".join(lines))


def _public(path: str) -> keys.PublicKey:
    return keys.load_public(Path(path), code="RECIPIENT_INVALID")


def _private(options: Namespace) -> keys.PrivateKey:
    return keys.load_private(Path(options.open), _password(options))


def _password(options: Namespace) -> bytes | None:
    if options.password_file is None:
        return None
    try:
        lines = Path(options.password_file).read_bytes().splitlines()
    except OSError:
        raise ReceiptError("RECIPIENT_KEY_INVALID", "password file") from None
    return lines[0] if lines and lines[0] else None


def _key(given: str | None) -> str | None:
    """Return the fingerprint that was given, as such or as a key's file."""
    if given is None or (_FINGERPRINT.fullmatch(given) and not Path(given).exists()):
        return given
    return keys.fingerprint(keys.load_public(Path(given), code="RECEIPT_KEY_INVALID"))


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise ReceiptError("KEY_FILE_EXISTS", path.name) from None
    except OSError:
        raise ReceiptError("RECEIPTS_NOT_WRITABLE", path.name) from None


def _bound(given: str | None, *, from_here: bool) -> Callable[[UnverifiedReceipt], bool]:
    if given is None:
        return lambda _one: True
    if given.isascii() and given.isdigit() and len(given) <= 15:
        number = int(given)
        if from_here:
            return lambda one: one.record.number >= number
        return lambda one: one.record.number <= number
    try:
        day = datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC).timestamp()
    except ValueError:
        raise ReceiptError("RECEIPT_RANGE", "--from" if from_here else "--to") from None
    if from_here:
        return lambda one: one.record.at >= day
    return lambda one: one.record.at < day + 86400
