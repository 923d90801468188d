/* The quarantine: records that no rule accepts, kept with the reason until an operator replays or discards them. */
#ifndef LBX_STORE_QUARANTINE_H
#define LBX_STORE_QUARANTINE_H

#include "event/record.h"
#include "event/trace.h"
#include "io/pg.h"

/* Most bytes of a value; a longer one is cut, and its length and hash are kept. A quarter of it for the key, and for the headers. */
enum { LBX_QUARANTINE_BYTES = 256 << 10 };

/* Adds a record to the rows of quarantine.sql. Logs its topic, partition, offset, trace and reason, never its bytes. */
void lbx_quarantine_add(struct lbx_pg_arrays *rows, const struct lbx_record *record,
                        const struct lbx_trace *trace, const char *reason);

#endif
