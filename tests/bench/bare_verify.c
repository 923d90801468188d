/* A baseline for `lockboxctl audit verify`: the same COPY of the same columns, over several
 * connections, whose rows are only counted. Prints their number.
 *
 * bare_verify DATABASE_URL TOPIC PARTITIONS CONNECTIONS records|leaves */
#include "sql_proof.h"
#include "sql_proof_copy.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS_MAX = 16 };

static struct {
    const char *database, *topic;
    int partitions, connections;
    const struct lbx_sql *copy;
} job;

static void check(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bare_verify: %s\n", what);
    exit(1);
}

static void ask(PGconn *pg, const char *text, int count, const char *const *params) {
    PGresult *result = PQexecParams(pg, text, count, NULL, params, NULL, NULL, 0);
    check(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK,
          PQerrorMessage(pg));
    PQclear(result);
}

static long read_partition(PGconn *pg, int number) {
    char partition[16], *row;
    long rows = 0;
    snprintf(partition, sizeof partition, "%d", number);
    const char *const scope[] = {job.topic, partition, "-9223372036854775808",
                                 "9223372036854775807"};
    ask(pg, sql_proof_scope.text, 4, scope);
    PGresult *result = PQexec(pg, job.copy->text);
    check(PQresultStatus(result) == PGRES_COPY_OUT, PQerrorMessage(pg));
    PQclear(result);
    for (; PQgetCopyData(pg, &row, 0) > 0; PQfreemem(row))
        rows++;
    while ((result = PQgetResult(pg)))
        PQclear(result);
    return rows - 1; /* the trailer */
}

static void *run(void *context) {
    PGconn *pg = PQconnectdb(job.database);
    long rows = 0;
    check(PQstatus(pg) == CONNECTION_OK, "connect");
    ask(pg, "SET search_path = audit", 0, NULL);
    ask(pg, "SET enable_seqscan = off", 0, NULL);
    ask(pg, sql_proof_begin.text, 0, NULL);
    ask(pg, sql_proof_unbounded.text, 0, NULL);
    for (int p = (int)(intptr_t)context; p < job.partitions; p += job.connections)
        rows += read_partition(pg, p);
    PQfinish(pg);
    return (void *)(intptr_t)rows;
}

int main(int argc, char **argv) {
    check(argc == 6, "usage: bare_verify DATABASE_URL TOPIC PARTITIONS CONNECTIONS records|leaves");
    job.database = argv[1];
    job.topic = argv[2];
    job.partitions = atoi(argv[3]);
    job.connections = atoi(argv[4]);
    job.copy = strcmp(argv[5], "leaves") == 0 ? &sql_proof_copy_leaves : &sql_proof_copy_records;
    check(job.connections > 0 && job.connections <= CONNECTIONS_MAX, "CONNECTIONS");
    pthread_t threads[CONNECTIONS_MAX];
    long rows = 0;
    for (int i = 0; i < job.connections; i++)
        check(pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i) == 0, "thread");
    for (int i = 0; i < job.connections; i++) {
        void *read;
        pthread_join(threads[i], &read);
        rows += (long)(intptr_t)read;
    }
    printf("%ld\n", rows);
    return 0;
}
