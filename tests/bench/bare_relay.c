/* A baseline for the relay: LISTEN, read the new rows, produce. Rows are not marked, ordered or
 * retried. bare_relay DATABASE_URL BOOTSTRAP TOPIC */
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bare_relay: %s\n", what);
    exit(1);
}

static void produce_new(PGconn *pg, rd_kafka_topic_t *topic, char last[32]) {
    const char *params[] = {last};
    PGresult *rows = PQexecPrepared(pg, "new", 1, params, NULL, NULL, 0);
    check(PQresultStatus(rows) == PGRES_TUPLES_OK, "select");
    for (int i = 0; i < PQntuples(rows); i++) {
        char *payload = PQgetvalue(rows, i, 1);
        rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, payload,
                         strlen(payload), PQgetvalue(rows, i, 2), strlen(PQgetvalue(rows, i, 2)),
                         NULL);
        snprintf(last, 32, "%s", PQgetvalue(rows, i, 0));
    }
    PQclear(rows);
}

int main(int argc, char **argv) {
    check(argc == 4, "usage: bare_relay DATABASE_URL BOOTSTRAP TOPIC");
    char why[256], last[32] = "0";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", argv[2], why, sizeof why);
    rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    check(client != NULL, why);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[3], NULL);
    PGconn *pg = PQconnectdb(argv[1]);
    check(PQstatus(pg) == CONNECTION_OK, "connect");
    PQclear(PQexec(pg, "LISTEN bare_outbox"));
    PQclear(PQprepare(pg, "new",
                      "SELECT seq, payload, aggregateid FROM bare_outbox WHERE seq > $1::bigint "
                      "ORDER BY seq",
                      1, NULL));
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd fd = {.fd = PQsocket(pg), .events = POLLIN};
        poll(&fd, 1, 1000);
        check(PQconsumeInput(pg), "connection lost");
        int any = 0;
        for (PGnotify *note; (note = PQnotifies(pg)); PQfreemem(note))
            any = 1;
        if (any)
            produce_new(pg, topic, last);
        rd_kafka_poll(client, 0);
    }
}
