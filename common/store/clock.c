/* Reads the database's clock. Cannot fail but with its round trip. */
#include "store/clock.h"

#include "base/time.h"
#include "sql_offsets.h"

#include <assert.h>

size_t lbx_clock_add(struct lbx_calls *calls) {
    return lbx_calls_add(calls, &sql_offsets_clock, 0, NULL);
}

int64_t lbx_clock_read(const struct lbx_pg *pg, size_t call) {
    int64_t at_us = 0;
    enum lbx_err err = lbx_time_parse(lbx_pg_cell(pg, call, 0, 0), &at_us);
    assert(err == LBX_OK);
    (void)err;
    return at_us;
}
