"""What the services need from the world, as Protocols; adapters implement them."""

from __future__ import annotations
