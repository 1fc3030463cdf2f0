"""What an administrator does from the command line: one function a command, plain text back.

Each takes the parsed options and returns what to print; refusals are errors of
the tree. Personal data is never printed.
"""

from __future__ import annotations
