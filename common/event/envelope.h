/* CloudEvents 1.0 over Kafka (CloudEvents Kafka protocol binding 1.0.2): structured and binary in,
 * structured out. */
#ifndef LBX_EVENT_ENVELOPE_H
#define LBX_EVENT_ENVELOPE_H

#include "event/payload.h"
#include "event/trace.h"

/* An event as read. Everything lives in the arena given to lbx_event_decode. */
struct lbx_event {
    enum lbx_event_type type;
    const char *id, *source; /* required, 1 to 128 bytes and 1 to 256 bytes */
    const char *subject;     /* optional, at most 256 bytes */
    int64_t time;            /* optional */
    const char *sequence;    /* optional */
    const char *causationid; /* optional */
    struct lbx_trace trace;  /* optional, passed through */
    const void *data;        /* the struct of the type's table */
};

/* The attributes that are read, in either mode; for the test against the schemas. */
extern const struct lbx_table lbx_attribute_table;

/* Reads a record of one of the incoming topics or of events.v1.
 *
 * Structured mode where the content-type header is "application/cloudevents+json" (parameters may
 * follow); binary mode where a ce_specversion header stands; structured mode where there is neither
 * and the content-type is absent or JSON's (the CloudEvents SDK for Python writes structured events
 * so). Another event format and a batch ("application/cloudevents-batch+json") are rejected. data
 * must be JSON (an absent datacontenttype, or one whose subtype is json or ends in +json). Reasons
 * name attributes by their JSON pointer in binary mode too.
 *
 * LBX_ERR_LIMIT: more than max_bytes of value. LBX_ERR_INVALID: not JSON, duplicate members, not a
 * CloudEvent 1.0, unknown type, a type of another topic, a field against its table, a key that
 * differs from the payload's, an empty value. Both set *ret_reason; *ret_event then holds id,
 * source and trace if they could be read, else NULL.
 */
enum lbx_err lbx_event_decode(const struct lbx_record *record, size_t max_bytes,
                              struct lbx_arena *arena, struct lbx_event *ret_event,
                              struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* The bytes that make two records the same event: in structured mode the value, in binary mode the
 * content-type and ce_* headers, sorted by name (in lower case), and the value, each
 * length-prefixed. */
void lbx_event_identity(const struct lbx_record *record, struct lbx_buf *out);

/* An event to publish. */
struct lbx_event_out {
    enum lbx_event_type type;
    const char *id;      /* UUIDv7 */
    const char *source;  /* "/lockbox/<worker>" */
    const char *subject; /* request id, else the subject's id */
    int64_t time;
    int64_t sequence;        /* the request's version, written as 20 zero-padded digits; 0: none */
    const char *causationid; /* NULL: time caused it */
    struct lbx_trace trace;  /* that the cause belongs to */
    const void *data;        /* the struct of the type's table */
};

/* Appends the structured-mode JSON object. */
void lbx_event_encode(const struct lbx_event_out *event, struct lbx_buf *out);

#endif
