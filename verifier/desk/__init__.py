"""The desk: a page on this computer that says at one glance what a shown code is worth.

`python -m verifier desk` serves it to this computer only, with no network. Needs the extra `desk`.
What a check means is decided by `verifier.verify`; here it is taken in, told and remembered.
"""
