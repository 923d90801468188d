/* The quarantine: records that no rule can act on, kept with the reason until somebody replays or discards them. */
#ifndef LBX_STORE_QUARANTINE_H
#define LBX_STORE_QUARANTINE_H

#include "event/record.h"
#include "io/pg.h"

/* Adds a record to the rows of quarantine.sql, and logs its place and the reason, never its bytes. */
void lbx_quarantine_add(struct lbx_rows *rows, const struct lbx_record *record, const char *reason);

#endif
