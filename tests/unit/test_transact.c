/* One transaction of a handler: what it sends in which round trip, and how each way out of it ends.
 */
#include "worker/transact.h"

#include "check.h"

/* ---- a database that answers as the row says ---- */

enum { TRIPS_MAX = 2 };

static struct {
    enum lbx_err trips[TRIPS_MAX]; /* what each round trip brings */
    size_t fence_rows;
    char said[256]; /* what was done, in order */
} database;

static void say(const char *what) {
    size_t len = strlen(database.said);
    (void)snprintf(database.said + len, sizeof database.said - len, "%s ", what);
}

static const char *short_name(const struct lbx_sql *sql) {
    const char *underscore = strchr(sql->name, '_');
    return underscore ? underscore + 1 : sql->name;
}

enum lbx_err __wrap_lbx_pg_run(struct lbx_pg *pg, const struct lbx_pg_pipeline *calls);
size_t __wrap_lbx_pg_row_count(const struct lbx_pg *pg, size_t call);
void __wrap_lbx_pg_rollback(struct lbx_pg *pg);

enum lbx_err __wrap_lbx_pg_run(struct lbx_pg *pg, const struct lbx_pg_pipeline *calls) {
    (void)pg;
    static size_t trip;
    trip = strstr(database.said, "| ") ? 1 : 0;
    for (size_t i = 0; i < calls->count; i++)
        say(short_name(calls->list[i].sql));
    say("|");
    return database.trips[trip];
}

size_t __wrap_lbx_pg_row_count(const struct lbx_pg *pg, size_t call) {
    (void)pg;
    assert_int_equal(call, 1); /* the fence, behind BEGIN */
    return database.fence_rows;
}

void __wrap_lbx_pg_rollback(struct lbx_pg *pg) {
    (void)pg;
    say("rollback");
}

/* ---- a handler that tells when it is asked ---- */

static const struct lbx_sql read_sql = {.name = "test_read"}, write_sql = {.name = "test_write"};
static enum lbx_err written, ended;

static void read_some(struct lbx_handler *handler, const struct lbx_records *records,
                      struct lbx_pg_pipeline *calls) {
    (void)handler;
    (void)records;
    lbx_pg_call(calls, &read_sql, NULL);
}

static enum lbx_err write_some(struct lbx_handler *handler, const struct lbx_records *records,
                               struct lbx_pg_pipeline *calls) {
    (void)handler;
    (void)records;
    lbx_pg_call(calls, &write_sql, NULL);
    return written;
}

static void end(struct lbx_handler *handler, const struct lbx_records *records, enum lbx_err err) {
    (void)handler;
    (void)records;
    ended = err;
    say("end");
}

static struct lbx_handler handler = {
    .batch = {read_some, write_some, end},
    .checkpoint = {read_some, write_some, NULL},
};

/* ---- the rows ---- */

#define FIRST "begin fence read | "

static const struct row {
    const char *what;
    enum lbx_err trips[TRIPS_MAX];
    size_t fence_rows; /* of the two partitions that the batch moves */
    enum lbx_err written, err;
    const char *said;
} rows[] = {
    {"committed", {LBX_OK, LBX_OK}, 2, LBX_OK, LBX_OK, FIRST "write commit | end "},
    {"a newer owner of one", {LBX_OK, LBX_OK}, 1, LBX_OK, LBX_ERR_FENCED, FIRST "rollback end "},
    {"a contradiction", {LBX_OK}, 2, LBX_ERR_CONFLICT, LBX_ERR_CONFLICT, FIRST "rollback end "},
    {"the first trip breaks", {LBX_ERR_UNAVAILABLE}, 2, LBX_OK, LBX_ERR_UNAVAILABLE, FIRST "end "},
    {"a read is refused", {LBX_ERR_INVALID}, 2, LBX_OK, LBX_ERR_UNAVAILABLE, FIRST "end "},
    {"a row cannot be read",
     {LBX_OK},
     2,
     LBX_ERR_INTERNAL,
     LBX_ERR_INTERNAL,
     FIRST "rollback end "},
    {"COMMIT fails for another reason",
     {LBX_OK, LBX_ERR_INTERNAL},
     2,
     LBX_OK,
     LBX_ERR_UNAVAILABLE,
     FIRST "write commit | end "},
    {"COMMIT is refused",
     {LBX_OK, LBX_ERR_INVALID},
     2,
     LBX_OK,
     LBX_ERR_INVALID,
     FIRST "write commit | end "},
};

static char topic[] = "t.tickets.v1";
/* The batch holds records of two of these. */
static const struct lbx_claim claims[] = {
    {topic, NULL, 0, 7, 10, 12},
    {topic, NULL, 1, 7, 10, 10},
    {topic, NULL, 2, 7, 0, 1},
};
static struct lbx_worker worker;
static const struct lbx_records records = {
    .worker = &worker, .group = "g", .claims = claims, .claim_count = COUNT(claims)};
static struct lbx_pg_pipeline calls;

static void every_way_out(void **unused) {
    (void)unused;
    int bad = 0;
    for (const struct row *row = rows; row < rows + COUNT(rows); row++) {
        memset(&database, 0, sizeof database);
        memcpy(database.trips, row->trips, sizeof database.trips);
        database.fence_rows = row->fence_rows;
        written = row->written;
        enum lbx_err err = lbx_transact_batch(&handler, &records, &calls);
        CHECK_ROW(&bad, row->what, err == row->err, "%s", lbx_err_text(err));
        CHECK_ROW(&bad, row->what, ended == row->err, "the handler is told %s",
                  lbx_err_text(ended));
        CHECK_ROW(&bad, row->what, same(database.said, row->said), "%s", database.said);
    }
    assert_int_equal(bad, 0);
}

/* Nothing moves, so that each partition held has to answer. */
static void a_checkpoint_holds_all_partitions(void **unused) {
    (void)unused;
    memset(&database, 0, sizeof database);
    written = LBX_OK;
    database.fence_rows = COUNT(claims);
    assert_int_equal(lbx_transact_checkpoint(&handler, &records, &calls), LBX_OK);
    assert_string_equal(database.said, "begin hold read | write commit | ");

    memset(&database, 0, sizeof database);
    database.fence_rows = COUNT(claims) - 1;
    assert_int_equal(lbx_transact_checkpoint(&handler, &records, &calls), LBX_ERR_FENCED);
    assert_string_equal(database.said, "begin hold read | rollback ");
}

static void a_control_writes_nothing_of_records(void **unused) {
    (void)unused;
    static const struct control {
        enum lbx_err trip;
        size_t rows;
        enum lbx_err err;
    } controls[] = {
        {LBX_OK, COUNT(claims), LBX_OK},
        {LBX_OK, COUNT(claims) - 1, LBX_ERR_FENCED},
        {LBX_ERR_INTERNAL, COUNT(claims), LBX_ERR_UNAVAILABLE},
    };
    for (size_t i = 0; i < COUNT(controls); i++) {
        memset(&database, 0, sizeof database);
        database.trips[0] = controls[i].trip;
        database.fence_rows = controls[i].rows;
        assert_int_equal(lbx_transact_control(&records, &calls), controls[i].err);
        assert_string_equal(database.said, "begin hold commit | ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_out),
        cmocka_unit_test(a_checkpoint_holds_all_partitions),
        cmocka_unit_test(a_control_writes_nothing_of_records),
    };
    return cmocka_run_group_tests_name("transact", tests, NULL, NULL);
}
