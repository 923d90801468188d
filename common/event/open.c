#include "event/open.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT(member, most, ...)                                                                    \
    LBX_ROW_TEXT(attributes, member, .min = 1, .max = (most), __VA_ARGS__)

static const struct lbx_field attribute_rows[] = {
    TEXT(specversion, 16, .required = true),
    TEXT(id, 128, .required = true),
    TEXT(source, 256, .required = true),
    TEXT(type, 256, .required = true),
    TEXT(subject, 256, .required = false),
    LBX_ROW_TIME(attributes, time, .required = false),
    TEXT(datacontenttype, 256, .required = false),
    TEXT(sequence, 64, .required = false),
    TEXT(causationid, 128, .required = false),
    TEXT(traceparent, 128, .required = false),
};
const struct lbx_table lbx_attribute_table = LBX_TABLE("envelope", attributes, attribute_rows);

void lbx_opened_done(struct lbx_opened *in) {
    json_decref(in->value);
    json_decref(in->headers);
}

static const struct lbx_header *find_header(const struct lbx_record *record, const char *name) {
    for (size_t i = 0; i < record->header_count; i++)
        if (record->headers[i].value && strcasecmp(record->headers[i].name, name) == 0)
            return &record->headers[i];
    return NULL;
}

/* Whether a media type, its parameters left aside, is `wanted`, or ends so where wanted begins with
 * "*". */
static bool media_type_is(const char *text, size_t len, const char *wanted) {
    const char *parameters = memchr(text, ';', len);
    if (parameters)
        len = (size_t)(parameters - text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (*wanted == '*') {
        size_t tail = strlen(++wanted);
        if (len <= tail)
            return false;
        text += len - tail;
        len = tail;
    }
    return len == strlen(wanted) && strncasecmp(text, wanted, len) == 0;
}

bool lbx_media_is_json(const char *text, size_t len) {
    return media_type_is(text, len, "*/json") || media_type_is(text, len, "*+json");
}

/* Structured mode where the content-type says so. Where it says application/json, and no
 * ce_specversion stands, too: so the CloudEvents SDK for Python writes structured events. */
enum lbx_mode lbx_mode_of(const struct lbx_record *record) {
    static const char family[] = "application/cloudevents";
    const struct lbx_header *type = find_header(record, "content-type");
    if (type && media_type_is(type->value, type->len, "application/cloudevents+json"))
        return LBX_MODE_STRUCTURED;
    if (type && type->len >= sizeof family - 1 &&
        strncasecmp(type->value, family, sizeof family - 1) == 0)
        return LBX_MODE_NEITHER;
    if (find_header(record, "ce_specversion"))
        return LBX_MODE_BINARY;
    return !type || lbx_media_is_json(type->value, type->len) ? LBX_MODE_STRUCTURED
                                                              : LBX_MODE_NEITHER;
}

bool lbx_wrong(struct lbx_reason *reason, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason->text, sizeof reason->text, format, args);
    va_end(args);
    return false;
}

/* The attribute a header carries, NULL for none that we read. */
static const char *attribute_of(const char *header) {
    if (strcasecmp(header, "content-type") == 0)
        return "datacontenttype";
    if (strncasecmp(header, "ce_", 3) != 0 || strcasecmp(header, "ce_datacontenttype") == 0)
        return NULL;
    for (size_t i = 0; i < lbx_attribute_table.count; i++)
        if (strcasecmp(header + 3, attribute_rows[i].name) == 0)
            return attribute_rows[i].name;
    return NULL;
}

/* Puts the headers' attributes into the JSON form of an event, so that one table reads both modes.
 * All that can be read are there, also where one is wrong. The Kafka binding has UTF-8 header values,
 * without the percent-encoding of HTTP. */
static bool read_headers(const struct lbx_record *record, json_t *into, struct lbx_reason *reason) {
    bool ok = true;
    for (size_t i = 0; i < record->header_count; i++) {
        const struct lbx_header *header = &record->headers[i];
        const char *name = attribute_of(header->name);
        if (!name || !header->value)
            continue;
        if (json_object_get(into, name)) {
            ok = lbx_wrong(reason, "/%s: given twice", name);
            continue;
        }
        json_t *text = memchr(header->value, '\0', header->len)
                           ? NULL
                           : json_stringn(header->value, header->len);
        if (text)
            (void)json_object_set_new(into, name, text);
        else
            ok = lbx_wrong(reason, "/%s: not UTF-8 text", name);
    }
    return ok;
}

/* Two readers could each take another content-type. */
static bool one_content_type(const struct lbx_record *record, struct lbx_reason *reason) {
    size_t count = 0;
    for (size_t i = 0; i < record->header_count; i++)
        count += strcasecmp(record->headers[i].name, "content-type") == 0;
    return count <= 1 || lbx_wrong(reason, "content-type: given twice");
}

enum lbx_err lbx_open(const struct lbx_record *record, size_t max_bytes, struct lbx_opened *in,
                      struct lbx_reason *reason) {
    enum lbx_mode mode = lbx_mode_of(record);
    bool ok = one_content_type(record, reason);
    if (mode == LBX_MODE_BINARY) {
        in->attributes = in->headers = json_object();
        ok = read_headers(record, in->headers, reason) && ok;
    }
    if (!record->value || record->value_len == 0) {
        (void)lbx_wrong(reason, "value: empty");
        return LBX_ERR_INVALID;
    }
    if (record->value_len > max_bytes) {
        (void)lbx_wrong(reason, "value: longer than %zu bytes", max_bytes);
        return LBX_ERR_LIMIT;
    }
    struct lbx_reason later;
    in->value = lbx_json_parse(record->value, record->value_len, ok ? reason : &later);
    if (mode == LBX_MODE_BINARY) {
        in->data = in->value;
    } else {
        in->attributes = in->value;
        in->data = json_object_get(in->value, "data");
    }
    if (mode == LBX_MODE_NEITHER)
        (void)lbx_wrong(reason, "content-type: neither application/cloudevents+json nor, with a "
                                "ce_specversion header, JSON");
    return ok && in->value && mode != LBX_MODE_NEITHER ? LBX_OK : LBX_ERR_INVALID;
}
