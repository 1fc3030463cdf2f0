"""Receipts: a signed, hash-chained record of every check of a desk, instead of a photocopy.

`record` is one receipt, `frames` and `segments` the files, `book` writes them, `exports` hands a
part to an auditor, `audit` is what the auditor does with it. Knows nothing of the page: the desk
brings what a check came to, and answers nobody before the receipt is on the disk.
"""
