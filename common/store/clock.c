/* Reads the database's clock, compares it with this machine's, and keeps its mark. Promises that
 * a wrong clock is logged once when it begins and once when it ends, by whichever thread. Fails
 * as the round trip. */
#include "store/clock.h"

#include "base/clock.h"
#include "base/log.h"
#include "sql_store.h"

#include <stdatomic.h>

#define RAISE_EVERY_US LBX_SECOND_US

static _Atomic(const char *) trouble; /* NULL: the clock is right */
static const char
    off[] =
        "nothing is decided: the database's clock differs from this machine's, or is behind its "
        "mark, by more than 30 s",
    older[] =
        "nothing is decided: the database was set back, and is older than what it committed once";

struct lbx_metric lbx_clock_metric = {
    .type = LBX_GAUGE,
    .name = "clock_off_seconds",
    .help = "How far the database's clock was from this machine's, or behind its mark"};

size_t lbx_clock_add(struct lbx_pg_pipeline *calls) {
    return lbx_pg_call(calls, &sql_store_clock, NULL);
}

struct lbx_clock lbx_clock_read(const struct lbx_pg *pg, size_t call) {
    const struct sql_store_clock_answer it = LBX_PG_READ(pg, call, 0, store_clock, NULL);
    return (struct lbx_clock){.now = it.now, .mark = it.mark, .set_back = it.set_back};
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static void tell(const char *why, struct lbx_clock clock, int64_t own_us) {
    if (atomic_exchange(&trouble, why) == why)
        return;
    lbx_log(why ? LBX_LOG_ERROR : LBX_LOG_INFO, why ? why : "what is due is decided again",
            LBX_N("ahead_of_this_machine_ms", (clock.now - own_us) / LBX_MS_US),
            LBX_N("behind_its_mark_ms", larger(0, clock.mark - clock.now) / LBX_MS_US));
}

enum lbx_err lbx_clock_judge(struct lbx_clock clock, int64_t own_us) {
    const int64_t apart = larger(clock.now - own_us, own_us - clock.now);
    const int64_t off_us = larger(apart, clock.mark - clock.now);
    const char *why = off_us > LBX_CLOCK_TOLERANCE_US ? off : clock.set_back ? older : NULL;
    lbx_metric_set(&lbx_clock_metric, 0, off_us / LBX_SECOND_US);
    tell(why, clock, own_us);
    return why ? LBX_ERR_UNAVAILABLE : LBX_OK;
}

const char *lbx_clock_trouble(void) {
    return atomic_load(&trouble);
}

void lbx_clock_raise(struct lbx_clock clock, struct lbx_pg_pipeline *calls) {
    if (clock.now - clock.mark >= RAISE_EVERY_US)
        LBX_PG_CALL(calls, store_raise_mark, .reached = clock.now);
}
