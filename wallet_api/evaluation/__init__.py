"""How right the face matcher is, measured on labelled photographs and written down.

Not part of the service: nothing here is imported by it, no setting is read, no photo is kept.
Statistics are numpy only; plots need ``requirements-evaluation.txt``.
"""
