#!/bin/sh
# Run once by the image, when the store is made: the owner of the services' database. The role owns that database
# and nothing else; the superuser's password is given to no service.
set -eu
# The password stands in the services' database URL as it is.
case ${TOURNEE_DATABASE_PASSWORD:?set it in .env} in *[!A-Za-z0-9_-]*)
    echo "100_tournee.sh: TOURNEE_DATABASE_PASSWORD may hold letters, digits, - and _ only" >&2
    exit 1 ;;
esac
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:?}" --dbname postgres <<'SQL'
\getenv password TOURNEE_DATABASE_PASSWORD
CREATE ROLE tournee LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE tournee OWNER tournee;
REVOKE CONNECT, TEMPORARY ON DATABASE tournee, postgres FROM PUBLIC;
SQL
