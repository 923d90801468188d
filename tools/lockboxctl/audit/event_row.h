/* Rows of audit.event as COPY … TO STDOUT in binary form sends them, and whether a row is what
 * it says: its leaf hash that of the record in it, its columns what the record says.
 */
#ifndef LOCKBOXCTL_AUDIT_EVENT_ROW_H
#define LOCKBOXCTL_AUDIT_EVENT_ROW_H

#include "base/arena.h"
#include "event/record.h"
#include "tlog/tree.h"

/* The partition that a row is of: the same for all rows of a log, so it is not repeated in each. */
struct place {
    enum lbx_topic topic;
    const char *topic_name;
    int32_t partition;
};

/* A text column; len -1: NULL. */
struct cell {
    const char *bytes;
    int32_t len;
};

enum {
    CELL_EVENT_ID,
    CELL_SOURCE,
    CELL_TYPE,
    CELL_SUBJECT,
    CELL_TENANT_ID,
    CELL_SUBSCRIPTION_ID,
    CELL_REQUEST_ID,
    CELL_TICKET_ID,
    CELL_ACTOR,
    CELL_TRACEPARENT,
    CELL_TRACESTATE,
    CELL_COUNT
};

/* What stands in a row; all of it borrowed from the row's bytes, the record's headers from an
 * arena. */
struct row {
    struct lbx_record record;
    struct cell headers; /* as they are hashed */
    struct lbx_hash leaf_hash;
    struct cell cells[CELL_COUNT];
    int64_t event_time_us;
    bool has_event_time;
};

/* Reads a row. False: *ret_wrong says in what the row is none that the auditor writes, static. The
 * record's offset is set even then, -1 where the row is too short for one. Headers are checked
 * always, and decoded if want_headers. */
bool row_read(const struct place *place, const char *bytes, size_t len, bool want_headers,
              struct lbx_arena *arena, struct row *ret_row, const char **ret_wrong);

/* The offset alone: the first column. */
int64_t row_offset(const char *bytes, size_t len);

/* The leaf hash of the record in a row, computed; scratch is overwritten. */
void row_leaf_hash(const struct row *row, struct lbx_buf *scratch, struct lbx_hash *ret_hash);

/* The same of a record from elsewhere. */
void record_leaf_hash(const struct lbx_record *record, struct lbx_buf *scratch,
                      struct lbx_hash *ret_hash);

/* NULL, or how the columns differ from the record, static. */
const char *row_columns_wrong(const struct row *row, struct lbx_arena *arena);

#endif
