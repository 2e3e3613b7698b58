#!/bin/sh
# guided_fuzzing.sh: put atheris into var/fuzz/lib, exactly what requirements-fuzz.lock says, hashes checked.
set -eu
lock=requirements-fuzz.lock lib=var/fuzz/lib
if cmp -s "$lock" "$lib/made-of"; then exit 0; fi
rm -rf "$lib"
mkdir -p "$lib"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
    --target "$lib" -r "$lock"
cp "$lock" "$lib/made-of"
