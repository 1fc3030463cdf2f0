#!/bin/sh
# Installs the Debian packages that are missing:  scripts/system-packages.sh python|test
#
#   python   what a virtual environment needs (python3, python3-venv)
#   test     the same, and what the tests start themselves (PostgreSQL, Chromium, nginx)
#
# Installs as root or with a sudo that asks no password; otherwise prints what to install and
# exits 1. Asks the package index only when something is missing.
set -eu
cd "$(dirname "$0")/.."

missing_for_python() {
    [ ! -x .venv/bin/python ] || return 0
    if ! python="$(scripts/find-python.sh 2>/dev/null)"; then
        echo python3 python3-venv
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo python3-venv
    fi
}

missing_for_test() {
    missing_for_python
    # Debian keeps the server's programs out of PATH, one folder a version.
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
    command -v chromium >/dev/null || echo chromium
    # Playwright's driver is a node that needs it; Debian's Chromium does not bring it.
    ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || echo libatomic1
    # Chromium without any font draws boxes.
    ls /usr/share/fonts/truetype/*/*.ttf >/dev/null 2>&1 || echo fonts-dejavu-core
    command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || echo nginx
}

case "${1:-}" in
python) missing="$(missing_for_python)" ;;
test) missing="$(missing_for_test)" ;;
*)
    echo "usage: scripts/system-packages.sh python|test" >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2086  # one word a package from here on
set -- $missing
[ $# -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root="env"
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    as_root=""
fi
if [ -z "$as_root" ] || ! command -v apt-get >/dev/null; then
    echo "setup: these Debian packages are missing, and this user may not install them:" >&2
    printf '    %s\n' "$@" >&2
    echo "setup: as root:  apt-get update && apt-get install $*" >&2
    exit 1
fi

apt_install() {
    $as_root DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

echo "setup: installing Debian packages: $* (a minute or so)"
if ! apt_install "$@"; then
    echo "setup: refreshing the package index first"
    $as_root apt-get update -qq
    # This time with all that it says, should it fail again.
    $as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
fi
