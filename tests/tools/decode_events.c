/* Reads records as lines of JSON from standard input and says of each what the decoder makes of it.
 *
 * In:  {"topic":"tickets.v1","key":"…"|null,"headers":[["name","value"|null]…],"value":"…"|null}
 * Out: {"ok":true,"type":"lockbox.…","id":…,"source":…,"encoded":{data as the tables write it}}
 *      {"ok":false,"reason":"…"}
 * An argument is the limit in bytes, else 262144. A line that is not of that form ends the program
 * with 2. */
#include "event/envelope.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool text_of(const json_t *value, const void **ret_bytes, size_t *ret_len) {
    *ret_bytes = json_string_value(value);
    *ret_len = json_string_length(value);
    return json_is_string(value) || json_is_null(value);
}

/* Headers, key and value are borrowed from line. */
static bool record_of(const json_t *line, struct lbx_arena *arena, struct lbx_record *ret_record) {
    struct lbx_record record = {.topic = LBX_TOPIC_COUNT};
    const char *topic = json_string_value(json_object_get(line, "topic"));
    for (int i = 0; topic && i < LBX_TOPIC_COUNT; i++)
        if (strcmp(topic, lbx_topic_name((enum lbx_topic)i)) == 0)
            record.topic = (enum lbx_topic)i;
    if (record.topic == LBX_TOPIC_COUNT)
        return false;
    record.topic_name = topic;
    if (!text_of(json_object_get(line, "key"), &record.key, &record.key_len) ||
        !text_of(json_object_get(line, "value"), &record.value, &record.value_len))
        return false;

    const json_t *pairs = json_object_get(line, "headers");
    size_t count = json_array_size(pairs);
    struct lbx_header *headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        headers[i].name = json_string_value(json_array_get(pair, 0));
        if (!headers[i].name ||
            !text_of(json_array_get(pair, 1), &headers[i].value, &headers[i].len))
            return false;
    }
    record.headers = headers;
    record.header_count = count;
    *ret_record = record;
    return true;
}

static void add_text(struct lbx_buf *out, const char *name, const char *text) {
    lbx_buf_printf(out, ",\"%s\":", name);
    lbx_buf_json_str(out, text, strlen(text));
}

static void answer(const struct lbx_record *record, size_t max_bytes, struct lbx_arena *arena) {
    struct lbx_buf out LBX_BUF = {0};
    struct lbx_event event;
    struct lbx_reason reason;
    if (lbx_event_decode(record, max_bytes, arena, &event, &reason) == LBX_OK) {
        const struct lbx_event_type_info *info = lbx_event_type_info(event.type);
        lbx_buf_str(&out, "{\"ok\":true");
        add_text(&out, "type", info->name);
        add_text(&out, "id", event.id);
        add_text(&out, "source", event.source);
        lbx_buf_str(&out, ",\"encoded\":");
        lbx_fields_write(info->data, event.data, &out);
    } else {
        lbx_buf_str(&out, "{\"ok\":false");
        add_text(&out, "reason", reason.text);
    }
    lbx_buf_str(&out, "}\n");
    fwrite(out.data, 1, out.len, stdout);
}

int main(int argc, char **argv) {
    size_t max_bytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 262144;
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *text LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    lbx_arena_init(&arena);
    for (int number = 1; (len = getline(&text, &cap, stdin)) >= 0; number++) {
        struct lbx_record record;
        json_t *line = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, NULL);
        bool ok = record_of(line, &arena, &record);
        if (ok)
            answer(&record, max_bytes, &arena);
        json_decref(line);
        lbx_arena_reset(&arena);
        if (!ok) {
            fprintf(stderr, "line %d: not a record\n", number);
            return 2;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
