/* Takes and renews leases by one round trip every three seconds. A lease is a row of PostgreSQL
 * that says which process does a thing. Promises that no two processes act on one lease: a
 * process counts its time from before the request, and uses less of it than was granted. Fails
 * as the round trip. */
#include "store/leases.h"

#include "base/clock.h"
#include "base/random.h"
#include "sql_leases.h"

#include <string.h>

#define KEEP_EVERY_US (3 * LBX_SECOND_US)
#define GIVE_WITHIN_US (200 * LBX_MS_US)
#define HELD_US (10 * LBX_SECOND_US) /* the table grants 12 */

const struct lbx_sql *const *const lbx_leases_statements = sql_leases_all;

void lbx_leases_init(struct lbx_leases *leases, const char *name) {
    unsigned char random[LBX_UUID_RANDOM];
    lbx_random_bytes(random, sizeof random);
    *leases = (struct lbx_leases){.name = name};
    lbx_uuid_v7(lbx_realtime_us(), random, leases->holder);
}

void lbx_leases_forget(struct lbx_leases *leases) {
    memset(leases->held, 0, sizeof leases->held);
    memset(leases->giving, 0, sizeof leases->giving);
    leases->until_us = leases->keep_us = 0;
}

bool lbx_leases_hold(const struct lbx_leases *leases) {
    return lbx_monotonic_us() < leases->until_us;
}

size_t lbx_leases_count(const struct lbx_leases *leases) {
    size_t count = 0;
    for (size_t i = 0; i < LBX_LEASE_PARTS_MAX; i++)
        count += leases->held[i];
    return count;
}

/* Reads the parts that are held. Any other part is lost, except those given back. */
static bool read_held(struct lbx_leases *leases, const struct lbx_pg *pg, size_t call,
                      const bool *given) {
    bool held[LBX_LEASE_PARTS_MAX] = {0}, lost = false, over = false;
    size_t count = lbx_pg_row_count(pg, call), share = LBX_LEASE_PARTS_MAX;
    for (size_t row = 0; row < count; row++) {
        const struct sql_leases_keep_answer it = LBX_PG_READ(pg, call, row, leases_keep, NULL);
        share = (size_t)it.share;
        held[it.part] = true;
    }
    for (size_t i = LBX_LEASE_PARTS_MAX; i-- > 0;) {
        lost |= leases->held[i] && !held[i] && !given[i];
        leases->giving[i] = held[i] && count > share;
        count -= leases->giving[i];
        over |= leases->giving[i];
    }
    if (over)
        leases->keep_us = lbx_monotonic_us() + GIVE_WITHIN_US;
    memcpy(leases->held, held, sizeof held);
    return lost;
}

enum lbx_err lbx_leases_keep(struct lbx_leases *leases, struct lbx_pg *pg,
                             lbx_lease_idle_fn *is_idle, const void *context, bool *ret_lost) {
    struct lbx_pg_arrays rows LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    struct lbx_pg_pipeline calls = {0};
    bool given[LBX_LEASE_PARTS_MAX] = {0};
    const int64_t asked_us = lbx_monotonic_us();
    *ret_lost = false;
    if (asked_us < leases->keep_us)
        return LBX_OK;
    for (size_t i = 0; i < LBX_LEASE_PARTS_MAX; i++) {
        given[i] = leases->giving[i] && (!is_idle || is_idle(context, i));
        if (given[i])
            lbx_pg_array_int(&rows, (int64_t)i);
    }
    size_t call = LBX_PG_CALL(&calls, leases_keep, .name = leases->name, .holder = leases->holder,
                              .giving = &rows);
    enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return err;
    leases->until_us = asked_us + HELD_US;
    leases->keep_us = asked_us + KEEP_EVERY_US;
    *ret_lost = read_held(leases, pg, call, given);
    return LBX_OK;
}

void lbx_leases_leave(struct lbx_leases *leases, struct lbx_pg *pg) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, leases_leave, .name = leases->name, .holder = leases->holder);
    if (lbx_pg_run(pg, &calls) == LBX_OK)
        lbx_leases_forget(leases);
}
