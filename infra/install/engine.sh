#!/bin/sh
# What `make compose-test` runs a Docker engine of its own with, from Debian. Docker's own service does not come up by it.
# Quick when all is there; where we may not install, it says what to install and leaves the rest to the tests.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin

missing=""
for pair in docker.io:dockerd docker.io:docker iptables:iptables debootstrap:debootstrap iproute2:ip e2fsprogs:mkfs.ext4; do
    command -v "${pair#*:}" >/dev/null 2>&1 || missing="$missing ${pair%:*}"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "A Docker engine of our own needs root and: apt install$missing" >&2
    exit 0
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
echo "Installing what a Docker engine runs on:$missing"
apt-get update -qq
# shellcheck disable=SC2086  # one word a package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
