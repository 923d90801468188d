/* A record as a line of JSON, for the programs that tests outside of C feed:
 * {"topic":"tickets.v1","key":"…"|null,"headers":[["name","value"|null]…],"value":"…"|null} */
#ifndef TESTS_RECORD_IN_H
#define TESTS_RECORD_IN_H

#include "event/record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool text_in(const json_t *value, const void **ret_bytes, size_t *ret_len) {
    *ret_bytes = json_string_value(value);
    *ret_len = json_string_length(value);
    return json_is_string(value) || json_is_null(value);
}

/* Headers, key and value are borrowed from line. */
static inline bool record_in(const json_t *line, struct lbx_arena *arena,
                             struct lbx_record *ret_record) {
    struct lbx_record record = {.topic = LBX_TOPIC_COUNT};
    const char *topic = json_string_value(json_object_get(line, "topic"));
    for (int i = 0; topic && i < LBX_TOPIC_COUNT; i++)
        if (strcmp(topic, lbx_topic_name((enum lbx_topic)i)) == 0)
            record.topic = (enum lbx_topic)i;
    if (record.topic == LBX_TOPIC_COUNT)
        return false;
    record.topic_name = topic;
    if (!text_in(json_object_get(line, "key"), &record.key, &record.key_len) ||
        !text_in(json_object_get(line, "value"), &record.value, &record.value_len))
        return false;

    const json_t *pairs = json_object_get(line, "headers");
    size_t count = json_array_size(pairs);
    struct lbx_header *headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(pairs, i);
        headers[i].name = json_string_value(json_array_get(pair, 0));
        if (!headers[i].name ||
            !text_in(json_array_get(pair, 1), &headers[i].value, &headers[i].len))
            return false;
    }
    record.headers = headers;
    record.header_count = count;
    *ret_record = record;
    return true;
}

/* Answers each line of standard input. Returns what main returns: 2 where a line is no record. */
static inline int records_in(void (*answer)(const struct lbx_record *record,
                                            struct lbx_arena *arena)) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    char *text LBX_FREE = NULL;
    size_t cap = 0;
    ssize_t len;
    lbx_arena_init(&arena);
    for (int number = 1; (len = getline(&text, &cap, stdin)) >= 0; number++) {
        struct lbx_record record;
        json_t *line = json_loadb(text, (size_t)len, JSON_ALLOW_NUL, NULL);
        bool ok = record_in(line, &arena, &record);
        if (ok)
            answer(&record, &arena);
        json_decref(line);
        lbx_arena_reset(&arena);
        if (!ok) {
            fprintf(stderr, "line %d: not a record\n", number);
            return 2;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

#endif
