"""`python -m samples.phone --home DIR …`: the reference phone as a command."""

from __future__ import annotations

import sys

from samples.phone.commands import main

sys.exit(main())
