/* A Kafka record as plain values, whichever client brought it. Everything in it is borrowed. */
#ifndef LBX_EVENT_RECORD_H
#define LBX_EVENT_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The topics (without LOCKBOX_TOPIC_PREFIX) and what their key is. */
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

/* Name without prefix, static. */
const char *lbx_topic_name(enum lbx_topic topic);

/* The topic of a name on the broker, LBX_TOPIC_COUNT where it is none of ours. prefix NULL: under any
 * prefix, as no topic's name is the end of another's. */
enum lbx_topic lbx_topic_of(const char *name, const char *prefix); /* or of a log's name */

/* The member that the topic's key repeats, static; NULL where the key is free. */
const char *lbx_topic_key(enum lbx_topic topic);

/* A partition whose log was replaced goes on as another log: of the nth the name is "n~" before the topic's, which no
 * topic's can have. The topic's name within a log's, and the number before it in text (ret_number; "0" of the first). */
enum { LBX_LOG_NUMBER_SIZE = 24 };
const char *lbx_log_topic(const char *log);
void lbx_log_number(const char *log, char ret_number[LBX_LOG_NUMBER_SIZE]);

struct lbx_header {
    const char *name;
    const void *value; /* NULL: a null value */
    size_t len;
    size_t name_len; /* where the name holds a NUL; 0: the name ends at its first */
};

/* The bytes of a header's name, whatever they are. */
size_t lbx_header_name_len(const struct lbx_header *header);

/* Whether a header's name is this text, without case. */
bool lbx_header_is(const struct lbx_header *header, const char *name);

struct lbx_record {
    enum lbx_topic topic;
    const char *topic_name; /* as on the broker, with prefix */
    const char *log_name;   /* NULL: of the topic's first log, whose name is the topic's */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* its writer's word: any number */
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

/* The record's time in microseconds since 1970; 0 where it is none of the years 1970 to 9999. */
int64_t lbx_record_time(const struct lbx_record *record);

/* The record's headers as bytes: uint32 big-endian count, then name and value of each as
 * length-prefixed fields (lbx_buf_field), in order. The form the transparency log hashes, and the
 * one the database keeps. */
void lbx_record_headers_encode(const struct lbx_header *headers, size_t count, struct lbx_buf *out);

/* The reverse; values point into bytes, names are copied into the arena. LBX_ERR_INVALID where
 * bytes are not of that form. */
enum lbx_err lbx_record_headers_decode(const void *bytes, size_t len, struct lbx_arena *arena,
                                       struct lbx_header **ret_headers, size_t *ret_count)
    LBX_MUST_CHECK;

/* Whether they are of that form, without decoding. */
enum lbx_err lbx_record_headers_check(const void *bytes, size_t len) LBX_MUST_CHECK;

/* A transparency log's leaf bytes (RFC 6962 leaf input without its 0x00 prefix): topic, partition
 * (int32), offset (int64), timestamp in ms (int64), key, headers, value; integers big-endian,
 * topic, key and value length-prefixed. */
void lbx_record_leaf(const struct lbx_record *record, struct lbx_buf *out);
/* The same with headers in their encoded form, instead of the record's. */
void lbx_record_leaf_encoded(const struct lbx_record *record, const void *headers, size_t len,
                             struct lbx_buf *out);

/* The record whose leaf bytes these are: key and values point into bytes, names are copied into the arena. Its topic is that
 * of the name under any prefix. LBX_ERR_INVALID: bytes of no leaf. */
enum lbx_err lbx_record_leaf_read(const void *bytes, size_t len, struct lbx_arena *arena,
                                  struct lbx_record *ret_record) LBX_MUST_CHECK;

#endif
