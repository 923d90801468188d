/* A record's attributes and data, parsed once, whatever the mode: shared by envelope.c and glance.c. */
#ifndef LBX_EVENT_OPEN_H
#define LBX_EVENT_OPEN_H

#include "event/envelope.h"
#include "json/fields_json.h"

/* The struct of lbx_attribute_table. */
struct attributes {
    const char *specversion, *id, *source, *type, *subject;
    int64_t time;
    const char *datacontenttype, *sequence, *causationid, *traceparent;
};

struct lbx_opened {
    json_t *value, *headers; /* held */
    const json_t *attributes, *data;
};

enum lbx_mode { LBX_MODE_STRUCTURED, LBX_MODE_BINARY, LBX_MODE_NEITHER };

enum lbx_mode lbx_mode_of(const struct lbx_record *record);

/* Whether a media type is JSON's, as CloudEvents 1.0 says of datacontenttype: the subtype is json or
 * ends in +json. */
bool lbx_media_is_json(const char *text, size_t len);

/* Fills *in, which is zeroed. On failure it holds what could be read; lbx_opened_done releases it in
 * any case. */
enum lbx_err lbx_open(const struct lbx_record *record, size_t max_bytes, struct lbx_opened *in,
                      struct lbx_reason *ret_reason) LBX_MUST_CHECK;
void lbx_opened_done(struct lbx_opened *in);

/* What a glance sees of it, however much of it could be read. */
void lbx_opened_glance(const struct lbx_opened *in, struct lbx_arena *arena,
                       struct lbx_event_glance *ret_glance);

/* The two ways to a glance, which see the same: false where skimming leaves the record to a parser. */
bool lbx_glance_skimming(const struct lbx_record *record, struct lbx_arena *arena,
                         struct lbx_event_glance *ret_glance);
void lbx_glance_parsing(const struct lbx_record *record, struct lbx_arena *arena,
                        struct lbx_event_glance *ret_glance);

/* Writes the reason; always false, so that a reader can return it. */
bool lbx_wrong(struct lbx_reason *reason, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
