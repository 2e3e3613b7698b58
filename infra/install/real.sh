#!/bin/sh
# What the real stack and its measurements run on, from Debian: Mosquitto, a Java and Maven for Kafka, and the C tools
# that `make bench-stream` compares us with. PostgreSQL is not installed: the stack unpacks its own.
# Quick when all is there; where we may not install, it says what to install and leaves it to the tests to skip or fail.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin

missing=""
need() { # need PACKAGE COMMAND...: note the package where the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_java() { java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | { read -r version && [ "$version" -ge 17 ]; }; }

need mosquitto command -v mosquitto
need mosquitto-dev test -e /usr/include/mosquitto_plugin.h
need mosquitto-clients command -v mosquitto_sub
need gcc command -v gcc
need libc6-dev test -e /usr/include/stdio.h
need default-jre-headless has_java
need maven command -v mvn
need kcat command -v kcat
need postgresql-client command -v psql
need tzdata test -d /usr/share/zoneinfo
need debian-archive-keyring test -e /usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$missing" ] || exit 0

told="the real stack (Mosquitto, Apache Kafka, TimescaleDB) needs: apt install$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This is no Debian; $told" >&2
    exit 0
elif [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "No right to install; $told" >&2
    exit 0
fi

# A package's own service must not come up beside ours: not now, and not at the next boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap '$as_root rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
fi
echo "Installing what the real stack runs on:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086  # one word a package
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
case "$missing " in
    *" mosquitto "*)
        if command -v systemctl >/dev/null 2>&1; then
            $as_root systemctl disable --quiet mosquitto.service 2>/dev/null || echo "Mosquitto's own service: not disabled" >&2
        fi
        ;;
esac
