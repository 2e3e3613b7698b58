#!/bin/sh
# venv.sh LOCK: make .venv where there is none, and install exactly what LOCK says, hashes checked.
set -eu
lock=$1

if [ ! -x .venv/bin/python ]; then
    python=$(sh infra/install/python.sh)
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi
echo "Installing the packages of $lock (the first time this takes about a minute)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
# The project itself, in place. Its build tool comes from the lock too.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# Where Python may not keep bytecode (PYTHONDONTWRITEBYTECODE), each of a dozen processes would compile all of it.
.venv/bin/python -m compileall -q services simulators routing
echo "Compiling the search (the first time this takes about a minute)"
.venv/bin/python -m routing.engine
