#!/bin/sh
# Installs the wallets and verifiers of others that tests/interop tries the product with:
# scripts/interop.sh
#
# Python packages, node among them, go into tests/interop/.env, JavaScript packages into
# tests/interop/node/node_modules; both are locked with hashes, and nothing of them is run while
# installing. A stamp holds the hash of both lock files, so a second call takes a moment.
set -eu
cd "$(dirname "$0")/../tests/interop"

fingerprint() {
    { pwd -P && cat .env/pyvenv.cfg python/requirements.txt node/package-lock.json node/.npmrc; } |
        sha256sum | cut -d ' ' -f 1
}

if [ -f .env/stamp ] && [ -d node/node_modules ] && [ "$(cat .env/stamp)" = "$(fingerprint)" ]; then
    exit 0
fi
../../scripts/setup.sh runtime
echo "setup: installing the wallets and verifiers of others (a minute or so)"
rm -rf .env
../../.venv/bin/python -m venv .env
.env/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-deps --only-binary=:all: -r python/requirements.txt
PATH="$PWD/.env/bin:$PATH"
(cd node && npm ci --loglevel=error)
fingerprint >.env/stamp
