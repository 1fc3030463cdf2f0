"""What goes wrong with receipts, apart from what an audit finds in them."""

from __future__ import annotations

from verifier.errors import VerifierError


class ReceiptError(VerifierError):
    """A receipt cannot be written, or a file of receipts cannot be used."""
