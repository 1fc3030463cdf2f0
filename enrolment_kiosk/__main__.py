"""`python -m enrolment_kiosk`."""

from __future__ import annotations

import sys

from enrolment_kiosk.cli import main

if __name__ == "__main__":
    sys.exit(main())
