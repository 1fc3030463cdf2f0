"""Prepared codes to try a desk with: good, revoked since yesterday, forged, a screenshot.

`python -m samples.codes` makes a stick with today's bundle, a terminal that has yesterday's, and
shows the codes one at a time as a phone would, signed at that moment. It needs no network.
"""
