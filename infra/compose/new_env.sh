#!/bin/sh
# new_env.sh DOMAIN TLS: make .env from .env.example, with a long random value for each password. Never overwrites one.
# DOMAIN: what phones and offices open, like waste.example.org or 192.168.1.10.
# TLS: an e-mail address (a certificate from Let's Encrypt), or `internal` (one from Caddy's own authority).
# new_env.sh --more: after an upgrade, add to .env what .env.example has by now and .env has not.
set -eu
cd "$(dirname "$0")/../.."
if [ "$*" = --more ]; then
    umask 077
    more=0
    while IFS= read -r line; do
        case $line in TOURNEE_*=*)
            name=${line%%=*}
            grep -q "^$name=" .env && continue
            [ -n "${line#*=}" ] || line=$line$(openssl rand -hex 24)
            printf '%s\n' "$line" >>.env
            echo "added $name"
            more=1 ;;
        esac
    done <.env.example
    [ $more = 1 ] || echo "nothing to add: .env has all that .env.example has"
    exit 0
fi
if [ $# -ne 2 ]; then
    sed -n 's/^# //; 2,5p' "$0" >&2
    exit 2
fi
case $1$2 in *[!A-Za-z0-9.:@_+-]*)
    echo "new_env.sh: a domain and an e-mail address hold letters, digits and . : @ _ + - only" >&2
    exit 2 ;;
esac
if [ -e .env ]; then
    echo "new_env.sh: there is a .env already, with the passwords that the volumes were made with; it stays as it is" >&2
    exit 1
fi
umask 077
trap 'rm -f .env.making' EXIT
while IFS= read -r line; do
    case $line in
        TOURNEE_DOMAIN=) echo "$line$1" ;;
        TOURNEE_TLS=) echo "$line$2" ;;
        TOURNEE_*=) echo "$line$(openssl rand -hex 24)" ;;
        *) printf '%s\n' "$line" ;;
    esac
done <.env.example >.env.making
ln .env.making .env
echo "made .env: keep a copy where no one else reads it"
