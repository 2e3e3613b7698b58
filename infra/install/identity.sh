#!/bin/sh
# Install the identity provider that tests log in by, from its npm lock, integrity checked, no scripts run.
# The system's npm where there is one; else the one that infra/install/frontend.sh has put into .venv.
set -eu

if ! command -v npm >/dev/null 2>&1 || ! npm --version >/dev/null 2>&1; then
    PATH="$PWD/.venv/bin:$PATH"
fi
echo "Installing the tests' identity provider"
cd tests/identity
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
