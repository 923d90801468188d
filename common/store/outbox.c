/* Writes events as rows of the outbox, in the columns of Debezium's outbox event router: one row
 * for each event. Cannot fail. */
#include "store/outbox.h"

#include "sql_store.h"

#include <string.h>

/* "lockbox.request.created.v1" → "request". */
static const char *aggregate_type(struct lbx_arena *arena, const char *type) {
    const char *at = strchr(type, '.') + 1;
    return lbx_arena_memdup(arena, at, strcspn(at, "."));
}

size_t lbx_outbox_add(struct lbx_pg_arrays *rows, const struct lbx_event_out *event,
                      struct lbx_arena *arena) {
    struct lbx_buf payload LBX_BUF = {0};
    const char *type = lbx_event_type_info(event->type)->name;
    lbx_event_encode(event, &payload);
    LBX_PG_ADD(rows, store_outbox_given, .id = event->id,
               .aggregatetype = aggregate_type(arena, type), .aggregateid = event->subject,
               .type = type, .payload = payload.data);
    return payload.len;
}
