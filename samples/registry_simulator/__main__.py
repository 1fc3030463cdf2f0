"""Serves the sample people as the national registry would.

python -m samples.registry_simulator --port 8099 --db var/demo/registry.db [--bend NIK=slow …]
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from werkzeug.serving import make_server

from samples.registry_simulator.server import PASSWORD, USER, Bend, Simulator, create_app


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    options = _parser().parse_args(arguments)
    simulator = Simulator(options.db.resolve(), slow_seconds=options.slow_seconds)
    for pair in options.bend:
        nik, _, how = pair.partition("=")
        simulator.bend(nik, how)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server(options.host, options.port, create_app(simulator), threaded=True)
    print(f"http://{options.host}:{server.server_port}", flush=True)
    print(f"  user {USER}, password {PASSWORD}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        simulator.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m samples.registry_simulator")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--db", type=Path, required=True, help="made by python -m samples.people")
    parser.add_argument(
        "--bend",
        action="append",
        default=[],
        metavar="NIK=HOW",
        help=f"NIK or *; one of {', '.join(Bend)}",
    )
    parser.add_argument("--slow-seconds", type=float, default=10.0)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
