"""The typed bodies of requests and answers: what the OpenAPI document says."""

from __future__ import annotations
