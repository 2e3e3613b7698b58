#!/bin/sh
# The image's: the extension in its first databases, and no word to its makers where telemetry is off.
set -eu
for database in postgres template1; do
    psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$database" --quiet \
        -c "CREATE EXTENSION IF NOT EXISTS timescaledb CASCADE"
done
if [ "${TIMESCALEDB_TELEMETRY:-on}" = off ]; then
    echo "timescaledb.telemetry_level=off" >>"$PGDATA/postgresql.conf"
fi
