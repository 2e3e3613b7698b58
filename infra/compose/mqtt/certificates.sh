#!/bin/sh
# certificates.sh [--into FOLDER] NAME...: certificates for Mosquitto's TLS, signed by an authority of your own.
# NAME: each name or address under which devices reach this machine. Run again, it renews Mosquitto's certificate with
# the same authority, so that devices go on trusting it. Run as root: Mosquitto's user must be able to read its key.
set -eu
cd "$(dirname "$0")/../../.."
into=infra/compose/secrets
if [ "${1:-}" = --into ]; then
    into=$2
    shift 2
fi
if [ $# -eq 0 ]; then
    sed -n 's/^# //; 2,4p' "$0" >&2
    exit 2
fi
authority_days=7300 # devices carry the authority's certificate, some of them for life
server_days=1825
mosquitto_user=1883 # in its image

names=
for name in "$@"; do
    case $name in
        *[!A-Za-z0-9.:-]* | -*) echo "certificates.sh: $name is neither a name nor an address" >&2; exit 2 ;;
        *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) kind=IP ;;
        *) kind=DNS ;;
    esac
    names=$names${names:+,}$kind:$name
done

umask 077
mkdir -p "$into/authority" "$into/mqtt"
chmod 755 "$into/mqtt"
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
if [ ! -e "$into/authority/ca.key" ]; then
    # shellcheck disable=SC2086 # words on purpose
    openssl req -x509 $key -keyout "$into/authority/ca.key" -out "$into/authority/ca.crt" -days $authority_days \
        -subj "/CN=Tournee MQTT authority" -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
        -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
    echo "made an authority: $into/authority/ca.key signs certificates; keep it, and better not on this machine"
fi
making=$(mktemp -d "$into/making.XXXXXX")
trap 'rm -rf "$making"' EXIT
cat >"$making/extensions" <<TEXT
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $names
TEXT
# shellcheck disable=SC2086
openssl req -new $key -keyout "$making/server.key" -out "$making/request" -subj "/CN=$1" 2>/dev/null
openssl x509 -req -in "$making/request" -CA "$into/authority/ca.crt" -CAkey "$into/authority/ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -days $server_days -extfile "$making/extensions" \
    -out "$making/server.crt" 2>/dev/null
cp "$into/authority/ca.crt" "$making/ca.crt"
chmod 644 "$making/ca.crt" "$making/server.crt"
if [ "$(id -u)" = 0 ]; then
    chown $mosquitto_user:$mosquitto_user "$making/server.key"
else
    echo "certificates.sh: not root: make $into/mqtt/server.key readable for the user id $mosquitto_user" >&2
fi
mv "$making/server.key" "$making/server.crt" "$making/ca.crt" "$into/mqtt/"
echo "made a certificate for $names, good until $(openssl x509 -in "$into/mqtt/server.crt" -noout -enddate | cut -d= -f2)"
echo "devices trust $into/mqtt/ca.crt; where Mosquitto runs already: docker compose exec mqtt kill -HUP 1"
