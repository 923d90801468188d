/* The outbox: events written in the transaction that causes them, and published by the relay. */
#ifndef LBX_STORE_OUTBOX_H
#define LBX_STORE_OUTBOX_H

#include "event/envelope.h"
#include "io/pg.h"

/* Adds an event to the rows of outbox.sql, in the order of publication. Returns the payload's size in bytes. */
size_t lbx_outbox_add(struct lbx_pg_arrays *rows, const struct lbx_event_out *event,
                      struct lbx_arena *arena);

#endif
