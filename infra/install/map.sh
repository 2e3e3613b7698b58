#!/bin/sh
# Install tilemaker, which makes map tiles of an OpenStreetMap extract. Debian's own package; needs root.
set -eu

if command -v tilemaker >/dev/null 2>&1; then
    echo "tilemaker is there already: $(command -v tilemaker)"
    exit 0
fi
if ! command -v apt-get >/dev/null 2>&1; then
    echo "No apt-get here: install tilemaker 2.2 or later yourself (https://tilemaker.org), on the PATH." >&2
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "tilemaker needs root to install: run  sudo sh infra/install/map.sh" >&2
    echo "Without it, 'tournee map build' makes a map of streets and water alone." >&2
    exit 0
fi
apt-get update -qq
apt-get install -y --no-install-recommends tilemaker
