/* The quarantine: records that no rule can act on, kept with the reason until somebody replays or discards them. */
#ifndef LBX_STORE_QUARANTINE_H
#define LBX_STORE_QUARANTINE_H

#include "event/record.h"
#include "event/trace.h"
#include "io/pg.h"

/* What is kept of a value: of a longer one the first, with the record's length and hash; of key and headers a quarter of it. */
enum { LBX_QUARANTINE_BYTES = 256 << 10 };

/* Adds a record to the rows of quarantine.sql, and logs its place, trace and the reason, never its bytes. */
void lbx_quarantine_add(struct lbx_pg_arrays *rows, const struct lbx_record *record,
                        const struct lbx_trace *trace, const char *reason);

#endif
