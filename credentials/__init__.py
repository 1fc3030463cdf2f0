"""The language all three programs share: bytes to typed values and back, for every signed thing.

Pure on purpose: no clock, no network, no files, no environment. Whoever calls passes the time and
the bytes in, so the same code runs in the registry, at the counter and in a teller's offline PC.
"""

from __future__ import annotations
