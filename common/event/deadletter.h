/* The dead letter of a rejected record: the record, or its first bytes, with topic, partition,
 * offset and reason added to its headers, under the names of Kafka Connect (KIP-298). */
#ifndef LBX_EVENT_DEADLETTER_H
#define LBX_EVENT_DEADLETTER_H

#include "base/arena.h"
#include "event/record.h"

struct lbx_rejected {
    const char *topic, *reason;
    int64_t partition, offset;
    struct lbx_record record; /* key and value; headers in lbx_record_headers_encode's form: */
    const void *headers;
    size_t headers_len;
    int64_t whole_bytes; /* size of a record that was cut; 0: it is whole */
    const char *whole_hash;
};

/* The record to publish: it borrows from *rejected, and new parts are in the arena.
 * LBX_ERR_INVALID: the headers are malformed. */
enum lbx_err lbx_dead_letter(const struct lbx_rejected *rejected, struct lbx_arena *arena,
                             struct lbx_record *ret_record) LBX_MUST_CHECK;

#endif
