/* CloudEvents 1.0 over Kafka (CloudEvents Kafka protocol binding 1.0.2): reads structured and
 * binary content mode, and writes structured mode. */
#ifndef LBX_EVENT_ENVELOPE_H
#define LBX_EVENT_ENVELOPE_H

#include "event/payload.h"
#include "event/trace.h"

/* A decoded event. All of it is in the arena of lbx_event_decode. */
struct lbx_event {
    enum lbx_event_type type;
    const char *id, *source; /* required, 1 to 128 bytes and 1 to 256 bytes */
    const char *subject;     /* optional, at most 256 bytes */
    int64_t time;            /* optional */
    const char *sequence;    /* optional */
    const char *causationid; /* optional */
    struct lbx_trace trace;  /* optional, passed on */
    const void *data;        /* the struct of the type's table */
};

/* The attributes that are read, in either mode; for the test against the schemas. */
extern const struct lbx_table lbx_attribute_table;

/* Decodes a record of an input topic or of events.v1.
 *
 * Structured mode, if the content-type header is "application/cloudevents+json" (with or without
 * parameters); otherwise binary mode, if there is a ce_specversion header; otherwise structured
 * mode, if the content-type is absent or JSON's (the CloudEvents SDK for Python writes such
 * events). Other event formats and batches ("application/cloudevents-batch+json") are refused. data
 * must be JSON (datacontenttype is absent, or its subtype is json or ends in +json). Reasons name
 * attributes by JSON pointer in binary mode, too.
 *
 * LBX_ERR_LIMIT: the value is longer than max_bytes. LBX_ERR_INVALID: not JSON, duplicate
 * members, no CloudEvent 1.0, an unknown type, another topic's type, a field against its table,
 * a key other than the payload's, an empty value. Both set *ret_reason; *ret_event then has id,
 * source and trace if these can be read, else NULL. */
enum lbx_err lbx_event_decode(const struct lbx_record *record, size_t max_bytes,
                              struct lbx_arena *arena, struct lbx_event *ret_event,
                              struct lbx_reason *ret_reason) LBX_MUST_CHECK;

/* Appends the bytes that identify an event: in structured mode the value; in binary mode the
 * content-type and ce_* headers, sorted by name (in lower case), and the value, each
 * length-prefixed. Equal bytes are the same event. */
void lbx_event_identity(const struct lbx_record *record, struct lbx_buf *out);

/* An event to publish. */
struct lbx_event_out {
    enum lbx_event_type type;
    const char *id;      /* UUIDv7 */
    const char *source;  /* "/lockbox/<worker>" */
    const char *subject; /* request id, else the subject's id */
    int64_t time;
    int64_t sequence;        /* request's version, written as 20 digits; 0: none */
    const char *causationid; /* NULL: time caused it */
    struct lbx_trace trace;  /* the trace of its cause */
    const void *data;        /* the struct of the type's table */
};

/* Appends the event in structured mode. */
void lbx_event_encode(const struct lbx_event_out *event, struct lbx_buf *out);

#endif
