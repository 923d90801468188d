/* Prints the decoders' tables as JSON, for the test that holds them and the schemas together:
 * {"envelope": table, "types": [{"type", "topic", "key", "table"}]}. A table is {"name", "fields"},
 * a field {"name", "type", "required", …} with the limits that its type has; "of" is a table. */
#include "event/envelope.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *type_name(enum lbx_type type) {
    switch (type) {
    case LBX_T_TEXT:
        return "text";
    case LBX_T_INT:
        return "int";
    case LBX_T_BOOL:
        return "bool";
    case LBX_T_TIME:
        return "time";
    case LBX_T_DURATION:
        return "duration";
    case LBX_T_ENUM:
        return "enum";
    case LBX_T_OBJECT:
        return "object";
    case LBX_T_LIST:
        return "list";
    case LBX_T_CANONICAL:
        return "any";
    case LBX_T_JSON:
        return "json";
    }
    return NULL;
}

static void add_text(struct lbx_buf *out, const char *name, const char *text) {
    lbx_buf_printf(out, ",\"%s\":", name);
    if (text)
        lbx_buf_json_str(out, text, strlen(text));
    else
        lbx_buf_str(out, "null");
}

static void dump_table(const struct lbx_table *table, struct lbx_buf *out);

static void dump_field(const struct lbx_field *field, struct lbx_buf *out) {
    enum lbx_type item = field->type == LBX_T_LIST ? field->item : field->type;
    lbx_buf_printf(out, "{\"name\":\"%s\",\"type\":\"%s\",\"required\":%s", field->name,
                   field->lenient ? "any" : type_name(field->type),
                   field->required ? "true" : "false");
    if (field->nullable)
        lbx_buf_str(out, ",\"nullable\":true");
    if (field->type == LBX_T_LIST)
        lbx_buf_printf(out, ",\"min_items\":%" PRId64 ",\"max_items\":%" PRId64 ",\"item\":\"%s\"",
                       field->min_items, field->max_items, type_name(item));
    if (item == LBX_T_TEXT || item == LBX_T_INT)
        lbx_buf_printf(out, ",\"min\":%" PRId64 ",\"max\":%" PRId64, field->min, field->max);
    if (item == LBX_T_DURATION) {
        lbx_buf_printf(out, ",\"min_us\":%" PRId64, field->min);
        if (field->max)
            lbx_buf_printf(out, ",\"max_us\":%" PRId64, field->max);
    }
    if (item == LBX_T_TEXT) {
        add_text(out, "unit", field->characters ? "characters" : "bytes");
        add_text(out, "format",
                 field->format == LBX_FMT_EMAIL     ? "email"
                 : field->format == LBX_FMT_CLUSTER ? "cluster"
                 : field->format == LBX_FMT_WEBHOOK ? "webhook"
                                                    : NULL);
        if (field->of) {
            lbx_buf_str(out, ",\"or\":");
            dump_table(field->of, out);
        }
    }
    if (item == LBX_T_ENUM) {
        lbx_buf_str(out, ",\"names\":[");
        for (int i = 1; field->names[i]; i++)
            lbx_buf_printf(out, "%s\"%s\"", i > 1 ? "," : "", field->names[i]);
        lbx_buf_char(out, ']');
    }
    if (item == LBX_T_OBJECT) {
        lbx_buf_str(out, ",\"of\":");
        dump_table(field->of, out);
    }
    lbx_buf_char(out, '}');
}

static void dump_table(const struct lbx_table *table, struct lbx_buf *out) {
    lbx_buf_printf(out, "{\"name\":\"%s\",\"fields\":[", table->name);
    for (size_t i = 0; i < table->count; i++) {
        if (i > 0)
            lbx_buf_char(out, ',');
        dump_field(&table->fields[i], out);
    }
    lbx_buf_str(out, "]}");
}

int main(void) {
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_str(&out, "{\"envelope\":");
    dump_table(&lbx_attribute_table, &out);
    lbx_buf_str(&out, ",\"types\":[");
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++) {
        const struct lbx_event_type_info *info = lbx_event_type_info((enum lbx_event_type)type);
        /* The key of events.v1 repeats the envelope's subject, and no member of the data. */
        bool of_subject = info->topic == LBX_TOPIC_EVENTS;
        lbx_buf_printf(&out, "%s\n{\"type\":\"%s\"", type > 1 ? "," : "", info->name);
        add_text(&out, "topic", lbx_topic_name(info->topic));
        add_text(&out, "key", of_subject ? "subject" : lbx_topic_key(info->topic));
        lbx_buf_str(&out, ",\"table\":");
        dump_table(info->data, &out);
        lbx_buf_char(&out, '}');
    }
    lbx_buf_str(&out, "\n]}\n");
    return fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0 ? 0 : 1;
}
