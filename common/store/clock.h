/* The clock that decides: the database's, read behind the statements that take the locks. */
#ifndef LBX_STORE_CLOCK_H
#define LBX_STORE_CLOCK_H

#include "io/pg.h"

#include <stdint.h>

/* Adds the statement; returns the call's index. */
size_t lbx_clock_add(struct lbx_calls *calls);

/* Microseconds since the Unix epoch. */
int64_t lbx_clock_read(const struct lbx_pg *pg, size_t call);

#endif
