/* Rows of audit.event in the binary form of COPY … TO STDOUT, and checks of a row: its leaf hash
 * and columns must be those of its record. */
#ifndef LOCKBOXCTL_AUDIT_EVENT_ROW_H
#define LOCKBOXCTL_AUDIT_EVENT_ROW_H

#include "base/arena.h"
#include "event/record.h"
#include "tlog/tree.h"

/* The partition of a row, the same for all rows of a log. */
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

/* The columns of a row, borrowed from its bytes; the record's headers are in an arena. */
struct row {
    struct lbx_record record;
    struct cell headers; /* in the form that is hashed */
    struct lbx_hash leaf_hash;
    struct cell cells[CELL_COUNT];
    int64_t event_time_us;
    bool has_event_time;
};

/* Reads a row. False: *ret_wrong, static, says what is wrong with it. The record's offset is set
 * even then, to -1 if the row is too short. Headers are always checked, and decoded if
 * want_headers. */
bool row_read(const struct place *place, const char *bytes, size_t len, bool want_headers,
              struct lbx_arena *arena, struct row *ret_row, const char **ret_wrong);

/* The offset, which is the first column. */
int64_t row_offset(const char *bytes, size_t len);

/* Computes the leaf hash of a row's record; scratch is overwritten. */
void row_leaf_hash(const struct row *row, struct lbx_buf *scratch, struct lbx_hash *ret_hash);

/* Computes the leaf hash of any record. */
void record_leaf_hash(const struct lbx_record *record, struct lbx_buf *scratch,
                      struct lbx_hash *ret_hash);

/* How the columns differ from the record, static. NULL: they agree. */
const char *row_columns_wrong(const struct row *row, struct lbx_arena *arena);

#endif
