/* A queue of polled records, in order. Promises to find the record that the database refuses:
 * after each refusal a batch takes fewer records. Cannot fail. */
#include "worker/backlog.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of memory that a record takes: its key, value and headers, and the structs for them. */
static size_t bytes_of(const struct lbx_record *record) {
    size_t bytes = sizeof *record + record->value_len + record->key_len;
    for (size_t i = 0; i < record->header_count; i++)
        bytes += sizeof record->headers[i] + lbx_header_name_len(&record->headers[i]) +
                 record->headers[i].len;
    return bytes;
}

static void grow(struct lbx_backlog *backlog) {
    backlog->cap = backlog->cap ? backlog->cap * 2 : 64;
    backlog->messages = lbx_realloc(backlog->messages, sizeof *backlog->messages * backlog->cap);
    backlog->records = lbx_realloc(backlog->records, sizeof *backlog->records * backlog->cap);
}

void lbx_backlog_add(struct lbx_backlog *backlog, struct lbx_message *message) {
    if (backlog->count == backlog->cap)
        grow(backlog);
    const struct lbx_record *record = lbx_message_record(message);
    backlog->records[backlog->count] = record;
    backlog->messages[backlog->count++] = message;
    backlog->bytes += bytes_of(record);
}

bool lbx_backlog_full(const struct lbx_backlog *backlog) {
    return backlog->count >= backlog->most_records || backlog->bytes >= backlog->most_bytes;
}

size_t lbx_backlog_next(const struct lbx_backlog *backlog) {
    size_t count = 0, bytes = 0;
    const size_t most = backlog->slice    ? backlog->slice
                        : backlog->gentle ? backlog->gentle
                                          : backlog->most_records;
    while (count < backlog->count && count < most && (count == 0 || bytes < backlog->most_bytes))
        bytes += bytes_of(backlog->records[count++]);
    return count;
}

void lbx_backlog_acquit(struct lbx_backlog *backlog) {
    backlog->suspected = backlog->refused = backlog->mute = false;
}

static void drop(struct lbx_backlog *backlog, size_t count) {
    for (size_t i = 0; i < count; i++) {
        backlog->bytes -= bytes_of(backlog->records[i]);
        lbx_message_free(backlog->messages[i]);
    }
    backlog->count -= count;
    backlog->slice = 0;
    lbx_backlog_acquit(backlog);
}

void lbx_backlog_committed(struct lbx_backlog *backlog, size_t count) {
    backlog->gentle = backlog->gentle * 2 < backlog->most_records ? backlog->gentle * 2 : 0;
    drop(backlog, count);
    if (backlog->count == 0)
        return;
    memmove(backlog->messages, backlog->messages + count,
            sizeof *backlog->messages * backlog->count);
    memmove(backlog->records, backlog->records + count, sizeof *backlog->records * backlog->count);
}

void lbx_backlog_cut(struct lbx_backlog *backlog, size_t count) {
    backlog->slice = count > 8 ? count / 8 : 1;
}

bool lbx_backlog_refused(struct lbx_backlog *backlog, size_t count) {
    if (count > 1)
        lbx_backlog_cut(backlog, count);
    return count == 1;
}

void lbx_backlog_slow(struct lbx_backlog *backlog, size_t count) {
    if (count > 1)
        backlog->gentle = count / 2;
    backlog->slice = 0;
}

void lbx_backlog_clear(struct lbx_backlog *backlog) {
    drop(backlog, backlog->count);
}

void lbx_backlog_done(struct lbx_backlog *backlog) {
    lbx_backlog_clear(backlog);
    free(backlog->messages);
    free(backlog->records);
    *backlog = (struct lbx_backlog){0};
}
