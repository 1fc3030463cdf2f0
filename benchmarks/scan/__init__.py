"""How well codes are read from a screen in a hand: frames of a simulated camera, and a film.

`make bench-scan` runs it; docs/scanning.md tells what came out.
"""
