"""The civil registry's service: enrolment, activation, wallet, issuing, revocation."""

from __future__ import annotations
