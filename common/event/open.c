/* Splits a record by the CloudEvents Kafka protocol binding: in structured mode the value has
 * attributes and data; in binary mode headers have the attributes, and the value the data. Fails where
 * headers contradict each other, and where the value is empty, too long or, in binary mode, not JSON. */
#include "event/open.h"

#include "base/text.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ATTRIBUTE_ROWS                                                                             \
    LBX_ATTRIBUTE_ROW(lbx_attributes, , specversion, 16, .required = true),                        \
        LBX_ORIGIN_ROWS(lbx_attributes, ),                                                         \
        LBX_ATTRIBUTE_ROW(lbx_attributes, , datacontenttype, 256, .required = false),              \
        LBX_ATTRIBUTE_ROW(lbx_attributes, , sequence, 64, .required = false),                      \
        LBX_ATTRIBUTE_ROW(lbx_attributes, , causationid, 128, .required = false),                  \
        LBX_TRACE_ROWS(lbx_attributes, )

static const struct lbx_field attribute_rows[] = {ATTRIBUTE_ROWS};
const struct lbx_table lbx_attribute_table = LBX_TABLE("envelope", lbx_attributes, attribute_rows);

static const struct lbx_field envelope_rows[] = {
    ATTRIBUTE_ROWS, LBX_ROW(lbx_attributes, data, LBX_T_JSON, struct lbx_json, .required = false)};
const struct lbx_table lbx_envelope_table = LBX_TABLE("envelope", lbx_attributes, envelope_rows);

void lbx_opened_done(struct lbx_opened *in) {
    lbx_json_done(&in->attributes);
    lbx_json_done(&in->data);
    lbx_buf_done(&in->headers);
}

static const struct lbx_header *find_header(const struct lbx_record *record, const char *name) {
    for (size_t i = 0; i < record->header_count; i++)
        if (record->headers[i].value && lbx_header_is(&record->headers[i], name))
            return &record->headers[i];
    return NULL;
}

/* Whether a media type equals `wanted`, ignoring parameters; "*" at the beginning of wanted
 * stands for any text. */
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
    return len == strlen(wanted) && lbx_same_start(text, wanted, len);
}

bool lbx_media_is_json(const char *text, size_t len) {
    return media_type_is(text, len, "*/json") || media_type_is(text, len, "*+json");
}

/* Structured mode if the content-type says so, or if it is JSON's and there is no
 * ce_specversion: the CloudEvents SDK for Python writes such events. */
enum lbx_mode lbx_mode_of(const struct lbx_record *record) {
    static const char family[] = "application/cloudevents";
    const struct lbx_header *type = find_header(record, "content-type");
    if (type && media_type_is(type->value, type->len, "application/cloudevents+json"))
        return LBX_MODE_STRUCTURED;
    if (type && type->len >= sizeof family - 1 &&
        lbx_same_start(type->value, family, sizeof family - 1))
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

/* The row of the attribute in a header; -1: no attribute that is read. */
static int attribute_of(const char *header) {
    const bool is_type = lbx_same_text(header, "content-type");
    const char *name = is_type ? "datacontenttype" : header + 3;
    if (!is_type && (!lbx_same_start(header, "ce_", 3) || lbx_same_text(name, "datacontenttype")))
        return -1;
    for (size_t i = 0; i < lbx_attribute_table.count; i++)
        if (lbx_same_text(name, attribute_rows[i].name))
            return (int)i;
    return -1;
}

static void add_attribute(struct lbx_buf *out, const char *name, const struct lbx_header *header) {
    lbx_buf_str(out, out->len > 1 ? ",\"" : "\"");
    lbx_buf_str(out, name);
    lbx_buf_str(out, "\":");
    lbx_buf_json_str(out, header->value, header->len);
}

static bool is_text(const struct lbx_header *header) {
    return !memchr(header->value, '\0', header->len) && lbx_utf8_valid(header->value, header->len);
}

/* Writes the attributes in headers as a JSON object, so that one table reads both modes. Valid
 * attributes are written also if another is not. The Kafka binding has header values in UTF-8,
 * without HTTP's percent-encoding. */
static bool write_headers(const struct lbx_record *record, struct lbx_buf *out,
                          struct lbx_reason *reason) {
    bool ok = true;
    unsigned written = 0;
    lbx_buf_char(out, '{');
    for (size_t i = 0; i < record->header_count; i++) {
        const struct lbx_header *header = &record->headers[i];
        const int row = header->name_len ? -1 : attribute_of(header->name);
        if (row < 0 || !header->value)
            continue;
        const char *name = attribute_rows[row].name;
        if (attribute_rows[row].lenient && (written >> row & 1 || !is_text(header))) {
            continue;
        } else if (written >> row & 1) {
            ok = lbx_wrong(reason, "/%s: given twice", name);
        } else if (!is_text(header)) {
            ok = lbx_wrong(reason, "/%s: not UTF-8 text", name);
        } else {
            add_attribute(out, name, header);
            written |= 1U << row;
        }
    }
    lbx_buf_char(out, '}');
    return ok;
}

/* Refuses two content-types: another reader could use the other one. */
static bool one_content_type(const struct lbx_record *record, struct lbx_reason *reason) {
    size_t count = 0;
    for (size_t i = 0; i < record->header_count; i++)
        count += lbx_header_is(&record->headers[i], "content-type");
    return count <= 1 || lbx_wrong(reason, "content-type: given twice");
}

static enum lbx_err open_value(const struct lbx_record *record, size_t max_bytes,
                               struct lbx_json *part, struct lbx_reason *reason) {
    if (!record->value || record->value_len == 0) {
        (void)lbx_wrong(reason, "value: empty");
        return LBX_ERR_INVALID;
    }
    if (record->value_len > max_bytes) {
        (void)lbx_wrong(reason, "value: longer than %zu bytes", max_bytes);
        return LBX_ERR_LIMIT;
    }
    *part = (struct lbx_json){.text = record->value, .len = record->value_len};
    return LBX_OK;
}

enum lbx_err lbx_open(const struct lbx_record *record, size_t max_bytes, struct lbx_opened *in,
                      struct lbx_reason *reason) {
    struct lbx_reason later;
    bool ok = one_content_type(record, reason);
    in->mode = lbx_mode_of(record);
    const bool is_binary = in->mode == LBX_MODE_BINARY;
    if (is_binary) {
        ok = write_headers(record, &in->headers, reason) && ok;
        in->attributes = (struct lbx_json){.text = in->headers.data, .len = in->headers.len};
    }
    enum lbx_err err =
        open_value(record, max_bytes, is_binary ? &in->data : &in->attributes, reason);
    if (err != LBX_OK)
        return err;
    if (is_binary)
        ok = lbx_json_check(&in->data, ok ? reason : &later) && ok;
    if (in->mode == LBX_MODE_NEITHER)
        ok = lbx_wrong(reason, "content-type: neither application/cloudevents+json nor, with a "
                               "ce_specversion header, JSON");
    return ok ? LBX_OK : LBX_ERR_INVALID;
}

void lbx_opened_read(const struct lbx_table *table, struct lbx_json *part, struct lbx_arena *arena,
                     void *ret_struct) {
    enum lbx_err err =
        lbx_json_read_value(table, part, LBX_JSON_PARTIAL, "", arena, ret_struct, NULL);
    (void)err; /* not an object: all members are absent */
}
