#!/bin/sh
# Run by the image when the store is made, and by hand after a new password or an upgrade (docs/deployment.md): a role for
# each service. What each may do `tournee db migrate` says (infra/accounts/store.py); none owns anything.
set -eu
for account in bridge edges writer planner ledger web webhook backup reader; do
    variable=TOURNEE_PASSWORD_OF_$(echo "$account" | tr a-z A-Z)
    eval "password=\${$variable:?set it in .env}"
    # The password stands in the services' database URL as it is.
    case $password in *[!A-Za-z0-9_-]*)
        echo "120_accounts.sh: $variable may hold letters, digits, - and _ only" >&2
        exit 1 ;;
    esac
    role=tournee_$account password=$password psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet \
        --username "${POSTGRES_USER:?}" --dbname postgres <<'SQL'
\getenv role role
\getenv password password
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
