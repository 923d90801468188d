/* The consuming part over a pretended broker: a handler gets each record once, in order, through
 * every trouble that a transaction can have. The transactions themselves are pretended: see
 * test_transact.c. */
#include "worker/consume_state.h"

#include "worker/transact.h"

#include "broker.h"
#include "io/consumer.h"

#include <poll.h>
#include <sys/eventfd.h>

static struct broker broker;
static rd_kafka_t *writer;
static struct lbx_worker worker = {.name = "test"};
static void *part;

/* ---- the database's side, pretended ---- */

enum { SEEN_MAX = 64 };

static struct {
    int takes;
    int64_t next_offset;      /* where it says to read on */
    enum lbx_err next_err[4]; /* of the next transactions; LBX_OK behind them */
    int err_at, transactions, checkpoints;
    int poison;                     /* the record that it refuses, with any other; -1: none */
    int seen[SEEN_MAX], seen_count; /* records committed, by their values */
    size_t slow;                    /* more records at once pass a time-out; 0: none do */
    int controls, uncommitting;     /* control transactions, and how many of the next fail */
    int rejected;                   /* the record that came as refused; -1: none */
    int64_t committed;              /* Kafka's offset of the group */
} database;

enum lbx_err __wrap_lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                                     struct lbx_claim *claims, size_t count);
enum lbx_err __wrap_lbx_offsets_skips(struct lbx_pg *pg, const struct lbx_claim *claims,
                                      size_t count, struct lbx_skips *ret_skips);
enum lbx_err __wrap_lbx_transact_batch(struct lbx_handler *handler,
                                       const struct lbx_records *records,
                                       struct lbx_pg_pipeline *calls);
enum lbx_err __wrap_lbx_transact_checkpoint(struct lbx_handler *handler,
                                            const struct lbx_records *records,
                                            struct lbx_pg_pipeline *calls);
void __wrap_lbx_pg_release(struct lbx_pg *pg);
enum lbx_err __wrap_lbx_transact_control(const struct lbx_records *records,
                                         struct lbx_pg_pipeline *calls);
bool __wrap_lbx_pg_alive(const struct lbx_pg *pg);
const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg);

enum lbx_err __wrap_lbx_offsets_take(struct lbx_pg *pg, const char *consumer, const char *owner,
                                     struct lbx_claim *claims, size_t count) {
    (void)pg;
    (void)owner;
    assert_string_equal(consumer, "g.test");
    database.takes++;
    for (size_t i = 0; i < count; i++) {
        claims[i].epoch++;
        claims[i].next_offset = database.next_offset;
    }
    return LBX_OK;
}

enum lbx_err __wrap_lbx_offsets_skips(struct lbx_pg *pg, const struct lbx_claim *claims,
                                      size_t count, struct lbx_skips *ret_skips) {
    (void)pg;
    (void)claims;
    (void)count;
    (void)ret_skips;
    return LBX_OK;
}

enum lbx_err __wrap_lbx_consumer_committed(struct lbx_consumer *consumer,
                                           const struct lbx_partition *partitions, size_t count,
                                           int64_t *ret_committed);
enum lbx_err __wrap_lbx_offsets_compare(struct lbx_pg *pg, const char *consumer,
                                        const struct lbx_claim *claims, const int64_t *committed,
                                        size_t count, size_t *ret_ahead);

enum lbx_err __wrap_lbx_consumer_committed(struct lbx_consumer *consumer,
                                           const struct lbx_partition *partitions, size_t count,
                                           int64_t *ret_committed) {
    (void)consumer;
    (void)partitions;
    for (size_t i = 0; i < count; i++)
        ret_committed[i] = database.committed;
    return LBX_OK;
}

enum lbx_err __wrap_lbx_offsets_compare(struct lbx_pg *pg, const char *consumer,
                                        const struct lbx_claim *claims, const int64_t *committed,
                                        size_t count, size_t *ret_ahead) {
    (void)pg;
    assert_string_equal(consumer, "g.test");
    *ret_ahead = 0;
    for (size_t i = 0; i < count; i++)
        *ret_ahead += committed[i] > claims[i].next_offset;
    return LBX_OK;
}

static int value_of(const struct lbx_record *record) {
    int value;
    assert_int_equal(record->value_len, sizeof value);
    memcpy(&value, record->value, sizeof value);
    return value;
}

static bool holds_poison(const struct lbx_records *records) {
    bool found = false;
    for (size_t i = 0; i < records->count; i++)
        found |= value_of(records->list[i]) == database.poison;
    return found;
}

enum lbx_err __wrap_lbx_transact_batch(struct lbx_handler *handler,
                                       const struct lbx_records *records,
                                       struct lbx_pg_pipeline *calls) {
    (void)handler;
    (void)calls;
    database.transactions++;
    assert_in_range(records->count, 1, handler->batch_records);
    enum lbx_err err = database.err_at < (int)COUNT(database.next_err)
                           ? database.next_err[database.err_at++]
                           : LBX_OK;
    if (err == LBX_OK && holds_poison(records) && !records->refused)
        err = LBX_ERR_INVALID;
    if (err == LBX_OK && database.slow && records->count > database.slow)
        err = LBX_ERR_UNAVAILABLE;
    if (err != LBX_OK)
        return err;
    assert_int_equal(records->claims[0].next_offset, records->list[0]->offset);
    assert_int_equal(records->claims[0].batch_end, records->list[records->count - 1]->offset + 1);
    if (records->refused)
        database.rejected = value_of(records->list[0]);
    for (size_t i = 0; i < records->count && database.seen_count < SEEN_MAX; i++)
        database.seen[database.seen_count++] = value_of(records->list[i]);
    database.next_offset = records->claims[0].batch_end;
    return LBX_OK;
}

enum lbx_err __wrap_lbx_transact_checkpoint(struct lbx_handler *handler,
                                            const struct lbx_records *records,
                                            struct lbx_pg_pipeline *calls) {
    (void)handler;
    (void)calls;
    assert_int_equal(records->count, 0);
    database.checkpoints++;
    return LBX_OK;
}

void __wrap_lbx_pg_release(struct lbx_pg *pg) {
    (void)pg;
}

enum lbx_err __wrap_lbx_transact_control(const struct lbx_records *records,
                                         struct lbx_pg_pipeline *calls) {
    (void)calls;
    assert_int_equal(records->claim_count, 1);
    database.controls++;
    return database.uncommitting-- > 0 ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

bool __wrap_lbx_pg_alive(const struct lbx_pg *pg) {
    (void)pg;
    return true;
}

const char *__wrap_lbx_pg_sqlstate(const struct lbx_pg *pg) {
    (void)pg;
    return "22023";
}

static int polls;

enum lbx_err __real_lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret);
enum lbx_err __wrap_lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret);

enum lbx_err __wrap_lbx_consumer_poll(struct lbx_consumer *consumer, struct lbx_message **ret) {
    polls++;
    return __real_lbx_consumer_poll(consumer, ret);
}

/* ---- the handler: only its limits count ---- */

static bool closed;

static void close_handler(struct lbx_handler *handler) {
    (void)handler;
    closed = true;
}

static void read_none(struct lbx_handler *handler, const struct lbx_records *records,
                      struct lbx_pg_pipeline *calls) {
    (void)handler;
    (void)records;
    (void)calls;
}

static struct lbx_handler handler = {
    .batch_records = 20,
    .batch_bytes = 1 << 20,
    .takes_refused = true,
    .checkpoint = {.read = read_none},
    .checkpoint_every_us = LBX_MS_US,
    .conflict = "a contradiction",
    .close = close_handler,
};

/* ---- before, between and after ---- */

static void *const connection = &database; /* only ever compared with NULL */

static int start(void **unused) {
    (void)unused;
    static const enum lbx_topic topics[] = {LBX_TOPIC_TICKETS, LBX_TOPIC_COUNT};
    static const char *const fast[] = {"session.timeout.ms", "4000", "heartbeat.interval.ms", "500",
                                       "fetch.wait.max.ms",  "100"};
    broker_start(&broker);
    for (size_t i = 0; i < COUNT(fast); i++)
        broker.properties[i] = (char *)fast[i];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker.settings.kafka_bootstrap_servers, NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    writer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
    assert_non_null(writer);
    worker.settings = broker.settings;
    worker.signals = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    database.poison = database.rejected = -1;
    return lbx_consume_open(&worker, topics, 0, &handler, &part) != LBX_OK;
}

static int stop(void **unused) {
    (void)unused;
    lbx_consume_close(part);
    rd_kafka_destroy(writer);
    broker_stop(&broker);
    return closed ? 0 : -1;
}

/* As the loop does: sleeps on the descriptor, not beyond what the part asks for. */
static void turn(void) {
    int64_t wake_us = LBX_NEVER_US;
    assert_int_equal(lbx_consume_serve(part, &wake_us), LBX_OK);
    int64_t left_us = wake_us - lbx_monotonic_us();
    struct pollfd fd = {.fd = lbx_consume_fd(part), .events = POLLIN};
    (void)poll(&fd, 1,
               left_us <= 0               ? 0
               : left_us > 50 * LBX_MS_US ? 50
                                          : 1 + (int)(left_us / 1000));
}

static int produced,
    expected; /* values are numbered; all before expected are committed and checked */

static void produce(int count) {
    for (int i = 0; i < count; i++, produced++)
        assert_int_equal(
            rd_kafka_producev(writer, RD_KAFKA_V_TOPIC("t.tickets.v1"), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(&produced, sizeof produced),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
            0);
    assert_int_equal(rd_kafka_flush(writer, PATIENCE_S * 1000), 0);
}

/* All that was produced is committed, once and in order. */
static void all_come(void) {
    UNTIL(database.seen_count == produced - expected, turn());
    for (int i = 0; i < database.seen_count; i++)
        assert_int_equal(database.seen[i], expected + i);
    expected = produced;
    database.seen_count = 0;
}

/* The next transactions fail like this. */
static void fails(enum lbx_err first, enum lbx_err second) {
    memset(database.next_err, 0, sizeof database.next_err);
    database.next_err[0] = first;
    database.next_err[1] = second;
    database.err_at = 0;
}

/* A metric of the part's. */
static int64_t shown(const char *name) {
    struct lbx_buf page LBX_BUF = {0};
    lbx_metrics_write("test", &page);
    char start[96];
    (void)snprintf(start, sizeof start, "\n%s{worker=\"test\"} ", name);
    const char *at = strstr(page.data, start);
    assert_non_null(at);
    return strtoll(at + strlen(start), NULL, 10);
}

/* ---- the tests, in this order ---- */

static void says_what_it_waits_for(void **unused) {
    (void)unused;
    assert_string_equal(lbx_consume_waiting_for(part), "waiting for Kafka to assign partitions");
    UNTIL(strstr(lbx_consume_waiting_for(part), "the database"), turn());
    assert_int_equal(database.takes, 0);
    worker.pg = connection;
    worker.pg_generation = 1;
    UNTIL(!lbx_consume_waiting_for(part), turn());
    assert_int_equal(database.takes, 1);
    assert_int_equal(shown("lockbox_partitions"), 1);
}

static void batches_come_in_order(void **unused) {
    (void)unused;
    produce(50); /* more than a batch */
    all_come();
    assert_true(database.transactions >= 3);
}

static void a_checkpoint_follows(void **unused) {
    (void)unused;
    const int before = database.checkpoints;
    produce(1);
    all_come();
    UNTIL(database.checkpoints > before, turn());
}

/* Kafka is polled meanwhile, though the batch in hand is full: the group takes a member for dead
 * that does not. */
static void what_is_down_is_waited_out(void **unused) {
    (void)unused;
    const int64_t retries = lbx_metric_value(&lbx_retries_metric);
    fails(LBX_ERR_UNAVAILABLE, LBX_ERR_UNAVAILABLE);
    produce(45);
    UNTIL(lbx_metric_value(&lbx_retries_metric) > retries, turn());
    polls = 0;
    turn();
    assert_true(polls > 0);
    all_come();
    assert_int_equal(lbx_metric_value(&lbx_retries_metric), retries + 2);
    assert_null(lbx_consume_waiting_for(part));
}

static void what_takes_too_long_is_halved(void **unused) {
    (void)unused;
    database.slow = 3;
    produce(40);
    all_come();
    database.slow = 0;
}

/* Each attempt is short, and none of them commits. */
static void attempts_that_all_fail_are_no_progress(void **unused) {
    (void)unused;
    struct lbx_consume *c = part;
    fails(LBX_ERR_UNAVAILABLE, LBX_OK);
    produce(1);
    UNTIL(c->failing_since_us, turn());
    assert_null(lbx_consume_waiting_for(part));
    c->failing_since_us -= 11 * LBX_SECOND_US;
    assert_non_null(strstr(lbx_consume_waiting_for(part), "take a batch"));
    all_come();
    assert_null(lbx_consume_waiting_for(part));
    assert_int_equal(c->failing_since_us, 0);
}

static void a_refused_record_is_found(void **unused) {
    (void)unused;
    database.poison = produced + 17;
    produce(40);
    all_come();
    assert_int_equal(database.rejected, database.poison);
    assert_int_equal(database.controls, 1);
    database.poison = database.rejected = -1;
}

/* What the database refuses while it commits nothing, or refuses once, it may take later. */
static void an_innocent_record_is_not_blamed(void **unused) {
    (void)unused;
    fails(LBX_ERR_INVALID, LBX_OK);
    produce(1);
    all_come();
    assert_int_equal(database.rejected, -1);
    fails(LBX_ERR_INVALID, LBX_ERR_UNAVAILABLE);
    database.next_err[2] = LBX_ERR_INVALID;
    produce(1);
    all_come();
    assert_int_equal(database.rejected, -1);
    fails(LBX_ERR_INVALID, LBX_ERR_INVALID);
    database.uncommitting = 1;
    produce(1);
    all_come();
    assert_int_equal(database.rejected, -1);
}

/* Its owner may have been another meanwhile: the database says where to read on. */
static void a_new_connection_takes_the_partitions_anew(void **unused) {
    (void)unused;
    const int takes = database.takes;
    worker.pg = NULL;
    turn();
    assert_non_null(lbx_consume_waiting_for(part));
    produce(10);
    turn();
    worker.pg = connection;
    worker.pg_generation++;
    all_come();
    assert_int_equal(database.takes, takes + 1);
}

/* What it decided is not known to it: nothing is read until it knows, or an operator accepts that. */
static void a_database_that_was_set_back_reads_nothing(void **unused) {
    (void)unused;
    database.committed = database.next_offset + 1;
    worker.pg_generation++;
    produce(3);
    UNTIL(lbx_consume_waiting_for(part) && strstr(lbx_consume_waiting_for(part), "set back"),
          turn());
    assert_int_equal(shown("lockbox_set_back_partitions"), 1);
    assert_int_equal(database.seen_count, 0);
    database.committed = database.next_offset;
    all_come();
    assert_null(lbx_consume_waiting_for(part));
    assert_int_equal(shown("lockbox_set_back_partitions"), 0);
}

static void a_newer_owner_is_given_way(void **unused) {
    (void)unused;
    const int takes = database.takes;
    fails(LBX_ERR_FENCED, LBX_OK);
    produce(5);
    all_come();
    assert_int_equal(shown("lockbox_fenced_total"), 1);
    assert_true(database.takes > takes); /* the group gave the partition again */
}

static void a_contradiction_halts(void **unused) {
    (void)unused;
    fails(LBX_ERR_CONFLICT, LBX_OK);
    produce(5);
    UNTIL(lbx_worker_halted(&worker), turn());
    const int transactions = database.transactions;
    turn();
    turn();
    assert_int_equal(database.transactions, transactions);
    assert_int_equal(database.seen_count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_it_waits_for),
        cmocka_unit_test(batches_come_in_order),
        cmocka_unit_test(a_checkpoint_follows),
        cmocka_unit_test(what_is_down_is_waited_out),
        cmocka_unit_test(what_takes_too_long_is_halved),
        cmocka_unit_test(attempts_that_all_fail_are_no_progress),
        cmocka_unit_test(a_refused_record_is_found),
        cmocka_unit_test(an_innocent_record_is_not_blamed),
        cmocka_unit_test(a_new_connection_takes_the_partitions_anew),
        cmocka_unit_test(a_database_that_was_set_back_reads_nothing),
        cmocka_unit_test(a_newer_owner_is_given_way),
        cmocka_unit_test(a_contradiction_halts),
    };
    return cmocka_run_group_tests_name("consume", tests, start, stop);
}
