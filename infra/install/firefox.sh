#!/bin/sh
# A Firefox for tests/browser/test_firefox.py: the one that is there, or Debian's where we may install it; and what drives
# it, from its npm lock, integrity checked, no scripts run.
set -eu

if ! command -v firefox-esr >/dev/null 2>&1 && ! command -v firefox >/dev/null 2>&1; then
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "No Firefox here: the test that needs it will be skipped." >&2
        exit 0
    fi
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "No Firefox, and no right to install one: the test that needs it will be skipped (apt install firefox-esr)." >&2
        exit 0
    fi
    echo "Installing Firefox for the browser tests"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends firefox-esr >/dev/null
fi
if ! command -v npm >/dev/null 2>&1 || ! npm --version >/dev/null 2>&1; then
    PATH="$PWD/.venv/bin:$PATH"
fi
echo "Installing what drives Firefox"
cd tests/firefox
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
