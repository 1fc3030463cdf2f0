"""The reference phone: what a wallet app does, written to be read by whoever builds one.

`python -m samples.phone --home DIR …` takes a resident through the whole journey by hand. The
modules follow the order in which an app needs them: keys, pin_rules, proofs, transport, enrolment,
counter, wallet, present. See samples/README.md for the order and docs/api.md for the calls.
"""

from __future__ import annotations
