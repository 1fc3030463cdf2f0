"""`python -m samples.build [PART …]`: make everything generated under samples/ again.

Byte for byte: keys are derived from fixed texts, signatures are deterministic, and what a run of
the services leaves behind is described instead of kept. Parts: keys, people, vectors, client,
pictures, http. Without a part: all of them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable


def build_keys() -> None:
    """The published sample keys."""
    from samples import keys

    keys.build()


def build_people() -> None:
    """The sample people's records, from the cast."""
    from samples.people import generate

    generate.main()


def build_vectors() -> None:
    """Vectors for verifiers."""
    from samples import vectors_build

    vectors_build.build()


def build_client_vectors() -> None:
    """Vectors for phone makers."""
    from samples import client_vectors

    client_vectors.build()


def build_pictures() -> None:
    """Rendered QRs of the valid vectors, and a drawn card."""
    from samples import rendered

    rendered.build()


def build_http() -> None:
    """One request and answer for every endpoint; starts all services for about a minute."""
    from samples import http_capture

    http_capture.build()


PARTS: dict[str, Callable[[], None]] = {
    "keys": build_keys,
    "people": build_people,
    "vectors": build_vectors,
    "client": build_client_vectors,
    "pictures": build_pictures,
    "http": build_http,
}


def main() -> int:
    """Build the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m samples.build", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART")
    parts = parser.parse_args().parts or list(PARTS)
    for part in parts:
        begin = time.monotonic()
        PARTS[part]()
        print(f"{part:<10} {time.monotonic() - begin:6.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
