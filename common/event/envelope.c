/* Decodes and encodes events. Promises that id and source are given even of a malformed event, if they can
 * be read: quarantine names the event by them. Fails with a reason where a record breaks the contract. */
#include "event/envelope.h"

#include "base/text.h"
#include "base/time.h"
#include "event/open.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- decoding ---- */

static bool key_is(const struct lbx_record *record, const char *text) {
    return text && record->key && record->key_len == strlen(text) &&
           memcmp(record->key, text, record->key_len) == 0;
}

/* The payload's member that must equal the record's key; each table of the topic requires it. */
static const char *key_member(const struct lbx_table *table, const void *data, const char *name) {
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->fields[i].name, name) == 0)
            return *(const char *const *)((const char *)data + table->fields[i].offset);
    return NULL;
}

/* Leaves the data in in->data, in either content mode. */
static bool read_attributes(const struct lbx_record *record, struct lbx_opened *in,
                            struct lbx_arena *arena, struct lbx_attributes *a,
                            struct lbx_reason *reason) {
    if (lbx_json_read_value(&lbx_envelope_table, &in->attributes, LBX_JSON_STRICT, "", arena, a,
                            reason) != LBX_OK)
        return false;
    if (in->mode != LBX_MODE_BINARY)
        in->data = a->data;
    if (strcmp(a->specversion, "1.0") != 0)
        return lbx_wrong(reason, "/specversion: not 1.0");
    enum lbx_event_type type = lbx_event_type_find(a->type);
    if (type == LBX_EVENT_NONE)
        return lbx_wrong(reason, "/type: unknown");
    if (lbx_event_type_info(type)->topic != record->topic)
        return lbx_wrong(reason, "/type: belongs to another topic");
    if (a->datacontenttype && !lbx_media_is_json(a->datacontenttype, strlen(a->datacontenttype)))
        return lbx_wrong(reason, "/datacontenttype: not JSON");
    return !lbx_json_is_absent(&in->data) || lbx_wrong(reason, "/data: missing");
}

static bool check_key(const struct lbx_record *record, const char *subject,
                      const struct lbx_table *table, const void *data, struct lbx_reason *reason) {
    if (record->topic == LBX_TOPIC_EVENTS) {
        if (!subject)
            return lbx_wrong(reason, "/subject: missing");
        return key_is(record, subject) || lbx_wrong(reason, "key: differs from /subject");
    }
    const char *name = lbx_topic_key(record->topic);
    return key_is(record, key_member(table, data, name)) ||
           lbx_wrong(reason, "key: differs from /data/%s", name);
}

/* Refuses an event with two signatures: they could be about two things. */
static bool check_signatures(enum lbx_event_type type, const void *data,
                             struct lbx_reason *reason) {
    if (type != LBX_EVENT_DECISION_SUBMITTED)
        return true;
    const struct lbx_signature_in *signature =
        &((const struct lbx_decision_submitted *)data)->signature;
    return !signature->jws || !signature->assertion.payload ||
           lbx_wrong(reason, "/data: both signature and assertion");
}

static bool read_event(const struct lbx_record *record, struct lbx_opened *in,
                       struct lbx_arena *arena, struct lbx_event *event,
                       struct lbx_reason *reason) {
    struct lbx_attributes a;
    if (!read_attributes(record, in, arena, &a, reason))
        return false;
    const enum lbx_event_type type = lbx_event_type_find(a.type);
    const struct lbx_table *table = lbx_event_type_info(type)->data;
    void *data = lbx_arena_alloc(arena, table->size);
    if (lbx_json_read_value(table, &in->data, LBX_JSON_STRICT, "/data", arena, data, reason) !=
            LBX_OK ||
        !check_key(record, a.subject, table, data, reason) || !check_signatures(type, data, reason))
        return false;
    *event = (struct lbx_event){.type = type,
                                .id = a.id,
                                .source = a.source,
                                .subject = a.subject,
                                .time = a.time,
                                .sequence = a.sequence,
                                .causationid = a.causationid,
                                .trace = lbx_trace_of(a.traceparent, a.tracestate),
                                .data = data};
    return true;
}

enum lbx_err lbx_opened_decode(const struct lbx_record *record, struct lbx_opened *in,
                               enum lbx_err opened, struct lbx_arena *arena,
                               struct lbx_event *ret_event, struct lbx_reason *ret_reason) {
    if (opened == LBX_OK && read_event(record, in, arena, ret_event, ret_reason))
        return LBX_OK;
    struct lbx_attributes a;
    lbx_opened_read(&lbx_attribute_table, &in->attributes, arena, &a);
    *ret_event = (struct lbx_event){
        .id = a.id, .source = a.source, .trace = lbx_trace_of(a.traceparent, a.tracestate)};
    return opened == LBX_OK ? LBX_ERR_INVALID : opened;
}

enum lbx_err lbx_event_decode(const struct lbx_record *record, size_t max_bytes,
                              struct lbx_arena *arena, struct lbx_event *ret_event,
                              struct lbx_reason *ret_reason) {
    struct lbx_opened in LBX_CLEANUP(lbx_opened_done) = {0};
    enum lbx_err err = lbx_open(record, max_bytes, &in, ret_reason);
    return lbx_opened_decode(record, &in, err, arena, ret_event, ret_reason);
}

/* ---- identity ---- */

static int by_name(const void *a, const void *b) {
    const struct lbx_header *const *left = a, *const *right = b;
    int order = lbx_compare_text((*left)->name, (*right)->name);
    /* headers of one name keep their order */
    return order ? order : (*left > *right) - (*left < *right);
}

void lbx_event_identity(const struct lbx_record *record, struct lbx_buf *out) {
    if (lbx_mode_of(record) == LBX_MODE_BINARY) {
        const struct lbx_header **kept LBX_FREE = lbx_calloc(record->header_count * sizeof *kept);
        size_t count = 0;
        for (size_t i = 0; i < record->header_count; i++)
            if (record->headers[i].name_len == 0 &&
                (lbx_same_start(record->headers[i].name, "ce_", 3) ||
                 lbx_same_text(record->headers[i].name, "content-type")))
                kept[count++] = &record->headers[i];
        qsort(kept, count, sizeof *kept, by_name);
        for (size_t i = 0; i < count; i++) {
            size_t len = strlen(kept[i]->name);
            lbx_buf_be32(out, (uint32_t)len);
            for (const char *c = kept[i]->name; *c; c++)
                lbx_buf_char(out, lbx_lower(*c));
            lbx_buf_field(out, kept[i]->value, kept[i]->len);
        }
    }
    lbx_buf_field(out, record->value, record->value_len);
}

/* ---- encoding ---- */

static void add_text(struct lbx_buf *out, const char *name, const char *text) {
    if (!text)
        return;
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, text, strlen(text));
}

void lbx_event_encode(const struct lbx_event_out *event, struct lbx_buf *out) {
    char text[LBX_TIME_SIZE];
    lbx_buf_str(out, "{\"specversion\":\"1.0\"");
    add_text(out, "id", event->id);
    add_text(out, "source", event->source);
    add_text(out, "type", lbx_event_type_info(event->type)->name);
    add_text(out, "subject", event->subject);
    lbx_time_format(event->time, text);
    add_text(out, "time", text);
    add_text(out, "datacontenttype", "application/json");
    if (event->sequence)
        lbx_buf_printf(out, ",\"sequence\":\"%020" PRId64 "\"", event->sequence);
    add_text(out, "causationid", event->causationid);
    add_text(out, "traceparent", event->trace.parent);
    add_text(out, "tracestate", event->trace.state);
    lbx_buf_str(out, ",\"data\":");
    lbx_json_write(lbx_event_type_info(event->type)->data, event->data, out);
    lbx_buf_char(out, '}');
}
