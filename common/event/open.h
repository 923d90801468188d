/* A record split into attributes and data, in either content mode: shared by envelope.c and
 * summary.c. */
#ifndef LBX_EVENT_OPEN_H
#define LBX_EVENT_OPEN_H

#include "event/envelope.h"

#include "base/cleanup.h"

/* The struct of lbx_attribute_table. */
struct lbx_attributes {
    const char *specversion, *id, *source, *type, *subject;
    int64_t time;
    const char *datacontenttype, *sequence, *causationid, *traceparent, *tracestate;
    struct lbx_json data; /* read by lbx_envelope_table only */
};

/* The attributes with data: a structured event. */
extern const struct lbx_table lbx_envelope_table;

/* Rows of the attributes about an event's origin and subject. at: path of the struct
 * lbx_attributes in owner, ending in a dot. */
#define LBX_ORIGIN_ROWS(owner, at)                                                                 \
    LBX_ATTRIBUTE_ROW(owner, at, id, 128, .required = true),                                       \
        LBX_ATTRIBUTE_ROW(owner, at, source, 256, .required = true),                               \
        LBX_ATTRIBUTE_ROW(owner, at, type, 256, .required = true),                                 \
        LBX_ATTRIBUTE_ROW(owner, at, subject, 256, .required = false),                             \
        LBX_ROW_AS("time", owner, at time, LBX_T_TIME, int64_t, .required = false)
/* Rows of the trace attributes. */
#define LBX_TRACE_ROWS(owner, at)                                                                  \
    LBX_ATTRIBUTE_ROW(owner, at, traceparent, LBX_TRACEPARENT_MAX, .required = false),             \
        LBX_ATTRIBUTE_ROW(owner, at, tracestate, LBX_TRACESTATE_MAX, .required = false,            \
                          .lenient = true)
#define LBX_ATTRIBUTE_ROW(owner, at, member, most, ...)                                            \
    LBX_ROW_AS(#member, owner, at member, LBX_T_TEXT, const char *, .min = 1, .max = (most),       \
               __VA_ARGS__)

enum lbx_mode { LBX_MODE_STRUCTURED, LBX_MODE_BINARY, LBX_MODE_NEITHER };

struct lbx_opened {
    enum lbx_mode mode;
    struct lbx_buf headers;     /* binary mode: the attributes as a JSON object */
    struct lbx_json attributes; /* that object, or the record's value */
    struct lbx_json data; /* binary mode: the record's value; otherwise set by lbx_opened_decode */
};

/* The content mode of a record, by its headers. */
enum lbx_mode lbx_mode_of(const struct lbx_record *record);

/* Whether a media type is JSON's, by CloudEvents 1.0's rule for datacontenttype: the subtype is
 * json or ends in +json. */
bool lbx_media_is_json(const char *text, size_t len);

/* Fills *in, which is zeroed. After a failure *in has what can still be read; the caller always
 * calls lbx_opened_done. Errors as lbx_event_decode, for checks that need no attributes or data. */
enum lbx_err lbx_open(const struct lbx_record *record, size_t max_bytes, struct lbx_opened *in,
                      struct lbx_reason *ret_reason) LBX_MUST_CHECK;
void lbx_opened_done(struct lbx_opened *in);

/* Reads attributes or data in mode LBX_JSON_PARTIAL. */
void lbx_opened_read(const struct lbx_table *table, struct lbx_json *part, struct lbx_arena *arena,
                     void *ret_struct);

/* Completes lbx_event_decode after lbx_open, which returned `opened`. */
enum lbx_err lbx_opened_decode(const struct lbx_record *record, struct lbx_opened *in,
                               enum lbx_err opened, struct lbx_arena *arena,
                               struct lbx_event *ret_event, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;

/* Writes the reason. Always false, for use in a return statement. */
bool lbx_wrong(struct lbx_reason *reason, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
