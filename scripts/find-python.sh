#!/bin/sh
# Prints the path of the Python 3.11 (or newer) that the virtual environment is made from.
set -eu
for name in python3.11 python3; do
    if command -v "$name" >/dev/null &&
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        command -v "$name"
        exit 0
    fi
done
echo "setup: no Python 3.11 or newer was found" >&2
exit 1
