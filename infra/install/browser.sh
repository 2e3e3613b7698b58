#!/bin/sh
# A Chromium for the browser tests: the one that is there, or Debian's where we may install it. Its lack is told, and
# the tests that need it are then skipped (on CI they fail).
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "No Chromium, and no right to install one: the browser tests will be skipped (apt install chromium)." >&2
        exit 0
    fi
    echo "Installing Chromium for the browser tests"
    $as_root apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "No Chromium here: the browser tests will be skipped." >&2
fi
