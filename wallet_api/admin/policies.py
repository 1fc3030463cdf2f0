"""`admin policies`."""

from __future__ import annotations

from argparse import Namespace

from credentials.errors import LintError
from wallet_api import bootstrap
from wallet_api.errors import ConfigurationError
from wallet_api.services import recommended_policies


def show(_: Namespace) -> str:
    """List the policies that the next bundle carries, or say why it cannot."""
    with bootstrap.opened_deps() as deps:
        try:
            return "\n".join(recommended_policies.names(deps)) or "none"
        except LintError as error:
            why = f"{error.code} {error.detail}".rstrip()
        except OSError as error:
            why = type(error).__name__
    raise ConfigurationError(errors=[f"WALLET_BUNDLE_POLICIES_DIR: {why}"])
