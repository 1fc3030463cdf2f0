#!/bin/sh
# Makes .venv with the locked packages:  scripts/setup.sh runtime|dev|second-engine
#
# A stamp in .venv holds the hash of what was installed (lock file, interpreter, place of the
# folder), so a second call takes a moment and a changed lock file is noticed. The stamp is
# written last: an interrupted set-up is simply taken up again.
set -eu
cd "$(dirname "$0")/.."

# The interpreter's and the folder's places are baked into a virtual environment.
fingerprint() { # LOCKFILE
    { pwd -P && cat .venv/pyvenv.cfg "$1"; } | sha256sum | cut -d ' ' -f 1
}

installed() { # NAME LOCKFILE
    [ -x .venv/bin/python ] && [ -f ".venv/$1.stamp" ] &&
        [ "$(cat ".venv/$1.stamp")" = "$(fingerprint "$2")" ]
}

make_environment() {
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        return
    fi
    rm -rf .venv
    scripts/system-packages.sh python
    echo "setup: making the virtual environment in .venv"
    "$(scripts/find-python.sh)" -m venv .venv
}

install() { # NAME LOCKFILE
    if installed "$1" "$2"; then
        return
    fi
    make_environment
    echo "setup: installing the packages of $2 (a minute or so)"
    # --no-deps: the lock is complete; --only-binary: nothing is built or run while installing.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --only-binary=:all: -r "$2"
    fingerprint "$2" >".venv/$1.stamp"
}

# One of its packages is plain files in a source archive: packing them needs setuptools, which is
# installed first, so that nothing that takes part in it comes without a hash.
install_second_engine() {
    lock=requirements-face-recognition.txt
    if installed second-engine "$lock"; then
        return
    fi
    echo "setup: installing the packages of $lock (half a minute)"
    sed -n '/^setuptools==/,/# via/p' "$lock" >.venv/setuptools.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --only-binary=:all: -r .venv/setuptools.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps --no-build-isolation -r "$lock"
    fingerprint "$lock" >.venv/second-engine.stamp
}

case "${1:-}" in
runtime)
    install runtime requirements.txt
    ;;
dev)
    install runtime requirements.txt
    install dev requirements-dev.txt
    ;;
second-engine)
    install runtime requirements.txt
    install_second_engine
    ;;
*)
    echo "usage: scripts/setup.sh runtime|dev|second-engine" >&2
    exit 2
    ;;
esac
