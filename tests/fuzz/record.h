/* A record out of a fuzzer's bytes: topic; how many headers (low 4 bits), 16: has a key, 32: has a value, 64: has a
 * time; the time (8 bytes); the key behind its length; of each header name and value behind theirs, 255 for a null value; the value. */
#ifndef LBX_TESTS_FUZZ_RECORD_H
#define LBX_TESTS_FUZZ_RECORD_H

#include "event/record.h"

#include "fuzz.h"

enum {
    FUZZ_HEADERS = 15,
    FUZZ_HAS_KEY = 16,
    FUZZ_HAS_VALUE = 32,
    FUZZ_HAS_TIME = 64,
    FUZZ_NULL = 255
};

struct fuzz_record {
    struct lbx_record record;
    struct lbx_header headers[FUZZ_HEADERS];
};

static inline void fuzz_record_done(struct fuzz_record *of) {
    free((void *)of->record.key);
    free((void *)of->record.value);
    for (size_t i = 0; i < of->record.header_count; i++) {
        free((void *)of->headers[i].name);
        free((void *)of->headers[i].value);
    }
}

static inline void fuzz_header(struct fuzz_input *in, struct lbx_header *ret_header) {
    size_t len, want = fuzz_byte(in);
    char *name LBX_FREE = fuzz_bytes(in, want, &len);
    char *ended = calloc(1, len + 1);
    memcpy(ended, name, len);
    ret_header->name = ended;
    ret_header->name_len = memchr(ended, '\0', len) ? len : 0;
    want = fuzz_byte(in);
    if (want != FUZZ_NULL)
        ret_header->value = fuzz_bytes(in, want, &ret_header->len);
}

/* To be ended by fuzz_record_done. */
static inline void fuzz_record(const uint8_t *data, size_t size, struct fuzz_record *ret) {
    struct fuzz_input in = {data, size};
    *ret = (struct fuzz_record){0};
    struct lbx_record *record = &ret->record;
    record->topic = (enum lbx_topic)(fuzz_byte(&in) % LBX_TOPIC_COUNT);
    record->topic_name = lbx_topic_name(record->topic);
    record->timestamp_ms = 1;
    record->headers = ret->headers;
    uint8_t form = fuzz_byte(&in);
    for (int i = 0; form & FUZZ_HAS_TIME && i < 8; i++)
        record->timestamp_ms = (int64_t)((uint64_t)record->timestamp_ms << 8 | fuzz_byte(&in));
    if (form & FUZZ_HAS_KEY) {
        size_t want = fuzz_byte(&in);
        record->key = fuzz_bytes(&in, want, &record->key_len);
    }
    record->header_count = form & FUZZ_HEADERS;
    for (size_t i = 0; i < record->header_count; i++)
        fuzz_header(&in, &ret->headers[i]);
    if (form & FUZZ_HAS_VALUE)
        record->value = fuzz_rest(&in, &record->value_len);
}

#define FUZZ_RECORD LBX_CLEANUP(fuzz_record_done)

#endif
