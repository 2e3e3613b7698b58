#!/bin/sh
# Print the path of a Python that Tournée can run on (3.12 or 3.13), or say what is missing and fail.
# PATH first, then pyenv's versions: a shim may be on PATH and refuse, so each candidate is asked.
set -eu

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

pyenv_root=${PYENV_ROOT:-$HOME/.pyenv}
for candidate in python3.12 python3.13 python3 python \
    "$pyenv_root"/versions/3.12*/bin/python "$pyenv_root"/versions/3.13*/bin/python; do
    found=$(command -v "$candidate" 2>/dev/null) || continue
    if suits "$found"; then
        echo "$found"
        exit 0
    fi
done

cat >&2 <<'TEXT'
Tournée needs Python 3.12 or 3.13 (with venv) and found neither on PATH nor among pyenv's versions.
  With pyenv:    pyenv install 3.12
  With uv:       uv python install 3.12   and put it on PATH
  Debian 13 and later: apt install python3 python3-venv
Python 3.11 of Debian 12 is too old for the libraries of this project; it stays as it is.
TEXT
exit 1
