"""The wallet: PIN attempts, blocking, issuing, lists."""

from __future__ import annotations

from wallet_api.errors.root import NotFound, WalletError


class PinWrong(WalletError):
    """The PIN proof does not verify; ``attempts_left``, ``wait_seconds``."""

    code = "PIN_WRONG"


class PinWait(WalletError):
    """The attempt ladder asks to wait."""

    code = "PIN_WAIT"


class WalletBlocked(WalletError):
    """Blocked by the holder, an operator, or ten wrong PINs."""

    code = "WALLET_BLOCKED"


class WalletClosed(WalletError):
    """Replaced by another activation, or closed: final."""

    code = "WALLET_CLOSED"


class WalletNotFound(NotFound):
    """No wallet with this id for this device."""

    code = "WALLET_NOT_FOUND"


class HolderKeysInvalid(WalletError):
    """Too few holder keys, or a proof of one does not verify."""

    code = "HOLDER_KEYS_INVALID"


class IssuingStopped(WalletError):
    """The kill switch is on: no credential is signed."""

    code = "ISSUING_STOPPED"


class RegistryDown(WalletError):
    """The civil registry does not answer: try later."""

    code = "REGISTRY_DOWN"


class NotPublished(NotFound):
    """No bundle or list has been published yet."""

    code = "NOT_PUBLISHED"


class LinkInvalid(NotFound):
    """The link of a notice is unknown, used or over."""

    code = "LINK_INVALID"
