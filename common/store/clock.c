/* Reads the database's clock. Cannot fail but with its round trip. */
#include "store/clock.h"

#include "sql_offsets.h"

size_t lbx_clock_add(struct lbx_calls *calls) {
    return lbx_pg_call(calls, &sql_offsets_clock, NULL);
}

int64_t lbx_clock_read(const struct lbx_pg *pg, size_t call) {
    return LBX_PG_READ(pg, call, 0, offsets_clock, NULL).now;
}
