#!/bin/bash
# Makes the cluster before its first use: superuser postgres with POSTGRES_PASSWORD_FILE, and the database POSTGRES_DB.
set -euo pipefail

if [ ! -e "$PGDATA/PG_VERSION" ]; then
    trap 'find "$PGDATA" -mindepth 1 -delete' ERR
    # shellcheck disable=SC2086  # several options
    initdb -U postgres --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    pg_ctl -w start -o '-c listen_addresses='
    createdb -U postgres "$POSTGRES_DB"
    pg_ctl -w -m fast stop
fi
exec "$@"
