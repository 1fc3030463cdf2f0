"""`python -m wallet_api`."""

from __future__ import annotations

import sys

from wallet_api.cli import main

sys.exit(main())
