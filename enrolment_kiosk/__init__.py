"""The program of an office counter: the rotating frame on the display, the operator's console.

It holds its own key and no database. What it knows of a resident it knows from the API, for as long
as the screen shows it, and never on disk. It never sees a PIN.
"""

from __future__ import annotations

VERSION = "1.0.0"
