"""The one error of every rule: which field broke it, and a stable code.

Why here: rules are pure and know neither HTTP nor languages, so they name what is wrong with a
code and leave the words to the views. The text of the error is the code alone: rules look at
personal data, and an error text travels into logs.
"""

from __future__ import annotations


class RuleError(Exception):
    """A value breaks a rule.

    `field` is the name of the input field ("nik", "email", "phone", …), `code` the stable
    upper-case code that the problem table and the tests know. Never carries the value.
    """

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
