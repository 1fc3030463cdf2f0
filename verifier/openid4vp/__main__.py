"""`python -m verifier.openid4vp`."""

from __future__ import annotations

import sys

from verifier.openid4vp.cli import main

if __name__ == "__main__":
    sys.exit(main())
