/* The dead letter of a record that was rejected: the record untouched, or the first of it, with where it stood and why behind its own
 * headers, as Kafka Connect names them (KIP-298).
 */
#ifndef LBX_EVENT_DEADLETTER_H
#define LBX_EVENT_DEADLETTER_H

#include "base/arena.h"
#include "event/record.h"

struct lbx_rejected {
    const char *topic, *reason;
    int64_t partition, offset;
    struct lbx_record
        record; /* its key and value; its headers as lbx_record_headers_encode wrote them: */
    const void *headers;
    size_t headers_len;
    int64_t whole_bytes; /* of a record that was cut; 0: it is whole */
    const char *whole_hash;
};

/* The record to publish, which borrows from *rejected; the rest is in the arena. LBX_ERR_INVALID: the headers are not of
 * that form. */
enum lbx_err lbx_dead_letter(const struct lbx_rejected *rejected, struct lbx_arena *arena,
                             struct lbx_record *ret_record) LBX_MUST_CHECK;

#endif
