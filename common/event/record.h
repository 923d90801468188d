/* A Kafka record as plain values, from any client. All of it is borrowed. */
#ifndef LBX_EVENT_RECORD_H
#define LBX_EVENT_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The topics (without LOCKBOX_TOPIC_PREFIX), and the member that their key repeats. */
#define LBX_TOPICS(X)                                                                              \
    X(TICKETS, "tickets.v1", "ticket_id")                                                          \
    X(TENANTS, "tenants.v1", "tenant_id")                                                          \
    X(DECISIONS, "decisions.v1", "request_id")                                                     \
    X(ACCESSES, "accesses.v1", "engineer_id")                                                      \
    X(EVENTS, "events.v1", "request_id")                                                           \
    X(DEADLETTER, "deadletter.v1", NULL)                                                           \
    X(CHECKPOINTS, "checkpoints.v1", "origin")

enum lbx_topic {
#define LBX_TOPIC_ENUM(name, text, key) LBX_TOPIC_##name,
    LBX_TOPICS(LBX_TOPIC_ENUM)
#undef LBX_TOPIC_ENUM
        LBX_TOPIC_COUNT
};

/* The topic's name without prefix, static. */
const char *lbx_topic_name(enum lbx_topic topic);

/* The topic of a name on the broker or of a log; LBX_TOPIC_COUNT: none of ours. prefix NULL:
 * under any prefix, as no topic's name ends with another's. */
enum lbx_topic lbx_topic_of(const char *name, const char *prefix); /* or of a log's name */

/* The payload's member that must equal the key, static; NULL: any key. */
const char *lbx_topic_key(enum lbx_topic topic);

/* The topic's name within a log's name, and the log's number as text in ret_number ("0" for the first). After a
 * partition's log was replaced, the n-th log is named "n~" and the topic's name, which no topic can have. */
enum { LBX_LOG_NUMBER_SIZE = 24 };
const char *lbx_log_topic(const char *log);
void lbx_log_number(const char *log, char ret_number[LBX_LOG_NUMBER_SIZE]);

struct lbx_header {
    const char *name;
    const void *value; /* NULL: a null value */
    size_t len;
    size_t name_len; /* size of a name that has a NUL; 0: the name ends at its first NUL */
};

/* Bytes of a header's name, which may have any bytes. */
size_t lbx_header_name_len(const struct lbx_header *header);

/* Whether a header's name is this text, compared without case. */
bool lbx_header_is(const struct lbx_header *header, const char *name);

struct lbx_record {
    enum lbx_topic topic;
    const char *topic_name; /* with prefix, as on the broker */
    const char *log_name;   /* NULL: the partition's first log, named as the topic */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* set by the producer: any number */
    const void *key;      /* NULL: no key */
    size_t key_len;
    const void *value; /* NULL: no value */
    size_t value_len;
    const struct lbx_header *headers;
    size_t header_count;
};

static inline const char *lbx_record_log(const struct lbx_record *record) {
    return record->log_name ? record->log_name : record->topic_name;
}

/* The timestamp in microseconds since the Unix epoch; 0: outside the years 1970 to 9999. */
int64_t lbx_record_time(const struct lbx_record *record);

/* Encodes headers: uint32 big-endian count, then name and value of each, in order, as
 * length-prefixed fields (lbx_buf_field). The database stores this form, and the transparency
 * log's leaf has it. */
void lbx_record_headers_encode(const struct lbx_header *headers, size_t count, struct lbx_buf *out);

/* Decodes headers; values point into bytes, names are copied into the arena. LBX_ERR_INVALID:
 * malformed. */
enum lbx_err lbx_record_headers_decode(const void *bytes, size_t len, struct lbx_arena *arena,
                                       struct lbx_header **ret_headers, size_t *ret_count)
    LBX_MUST_CHECK;

/* Checks that headers are of that form. LBX_ERR_INVALID: malformed. */
enum lbx_err lbx_record_headers_check(const void *bytes, size_t len) LBX_MUST_CHECK;

/* Appends the record's leaf in the transparency log (RFC 6962 leaf input without its 0x00
 * prefix): topic, partition (int32), offset (int64), timestamp in ms (int64), key, headers,
 * value. Integers are big-endian; topic, key and value are length-prefixed. */
void lbx_record_leaf(const struct lbx_record *record, struct lbx_buf *out);
/* The same, with encoded headers instead of the record's. */
void lbx_record_leaf_encoded(const struct lbx_record *record, const void *headers, size_t len,
                             struct lbx_buf *out);

/* Decodes a leaf: key and values point into bytes, names are copied into the arena. The topic is
 * found under any prefix. LBX_ERR_INVALID: malformed. */
enum lbx_err lbx_record_leaf_read(const void *bytes, size_t len, struct lbx_arena *arena,
                                  struct lbx_record *ret_record) LBX_MUST_CHECK;

#endif
