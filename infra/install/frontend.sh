#!/bin/sh
# Install the pages' map, type and API reference from the npm lock, integrity checked, no scripts run.
# The system's npm where there is one; else the one of a Python wheel, in .venv.
set -eu

if command -v npm >/dev/null 2>&1 && npm --version >/dev/null 2>&1; then
    npm=npm
else
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock
    npm="$PWD/.venv/bin/npm"
    PATH="$PWD/.venv/bin:$PATH"
fi
echo "Installing the pages' map and type"
cd services/web
"$npm" ci --ignore-scripts --no-audit --no-fund --loglevel=error
