/* A baseline for the authorizer: a thread and a database connection for each client, one primary-key lookup a request.
 * No body is read or checked.
 * bare_review DATABASE_URL PORT CERTIFICATE KEY */
#include "bare_server.h"

#include <libpq-fe.h>
#include <stdio.h>

enum { IDS_MAX = 5000 };

static const char *url;
static char ids[IDS_MAX][37];
static int id_count;
static _Thread_local PGconn *pg;
static _Thread_local unsigned asked;

static PGconn *connect_database(void) {
    PGconn *connection = PQconnectdb(url);
    bare_check(PQstatus(connection) == CONNECTION_OK, "no database");
    PQclear(
        PQprepare(connection, "find",
                  "SELECT expires_at FROM lockbox.access_item WHERE request_id = $1 AND number = 1",
                  1, NULL));
    return connection;
}

static void look_up(const struct lbx_buf *body) {
    (void)body;
    if (!pg)
        pg = connect_database();
    const char *id = ids[asked++ * 7919u % (unsigned)id_count];
    PGresult *row = PQexecPrepared(pg, "find", 1, &id, NULL, NULL, 1);
    bare_check(PQresultStatus(row) == PGRES_TUPLES_OK, "no row");
    PQclear(row);
}

static void read_ids(void) {
    PGconn *connection = connect_database();
    PGresult *rows = PQexec(connection, "SELECT request_id FROM lockbox.access_item LIMIT 5000");
    id_count = PQntuples(rows);
    for (int i = 0; i < id_count; i++)
        snprintf(ids[i], sizeof ids[i], "%s", PQgetvalue(rows, i, 0));
    bare_check(id_count > 0, "no rows");
    PQclear(rows);
    PQfinish(connection);
}

int main(int argc, char **argv) {
    bare_check(argc == 5, "usage: bare_review DATABASE_URL PORT CERTIFICATE KEY");
    url = argv[1];
    read_ids();
    bare_serve(&(struct bare_server){
        argv[2], argv[3], argv[4],
        "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"status\":{\"allowed\":true}}",
        false, look_up});
    return 0;
}
