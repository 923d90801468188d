/* Names of topics, and two byte forms of a record: its headers as stored in the database, and
 * its leaf of the transparency log. Promises that decoding never reads past the end. Fails on
 * missing and surplus bytes. */
#include "event/record.h"

#include "base/text.h"
#include "base/time.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

const char *lbx_topic_name(enum lbx_topic topic) {
    static const char *const names[] = {
#define LBX_TOPIC_NAME(name, text, key) [LBX_TOPIC_##name] = text,
        LBX_TOPICS(LBX_TOPIC_NAME)
#undef LBX_TOPIC_NAME
    };
    return names[topic];
}

const char *lbx_log_topic(const char *log) {
    const size_t digits = strspn(log, "0123456789");
    return digits > 0 && log[digits] == '~' ? log + digits + 1 : log;
}

void lbx_log_number(const char *log, char ret_number[LBX_LOG_NUMBER_SIZE]) {
    const char *topic = lbx_log_topic(log);
    snprintf(ret_number, LBX_LOG_NUMBER_SIZE, "%.*s", topic > log ? (int)(topic - log - 1) : 1,
             topic > log ? log : "0");
}

enum lbx_topic lbx_topic_of(const char *name, const char *prefix) {
    name = lbx_log_topic(name);
    size_t len = strlen(name);
    for (int topic = 0; topic < LBX_TOPIC_COUNT; topic++) {
        const char *bare = lbx_topic_name((enum lbx_topic)topic);
        size_t n = strlen(bare);
        if (len < n || strcmp(name + len - n, bare) != 0)
            continue;
        return !prefix || (strlen(prefix) == len - n && memcmp(name, prefix, len - n) == 0)
                   ? (enum lbx_topic)topic
                   : LBX_TOPIC_COUNT;
    }
    return LBX_TOPIC_COUNT;
}

const char *lbx_topic_key(enum lbx_topic topic) {
    static const char *const keys[] = {
#define LBX_TOPIC_KEY(name, text, key) [LBX_TOPIC_##name] = key,
        LBX_TOPICS(LBX_TOPIC_KEY)
#undef LBX_TOPIC_KEY
    };
    return keys[topic];
}

int64_t lbx_record_time(const struct lbx_record *record) {
    int64_t ms = record->timestamp_ms;
    return ms > 0 && ms <= LBX_TIME_MAX / 1000 ? ms * 1000 : 0;
}

size_t lbx_header_name_len(const struct lbx_header *header) {
    return header->name_len ? header->name_len : strlen(header->name);
}

bool lbx_header_is(const struct lbx_header *header, const char *name) {
    return header->name_len == 0 && lbx_same_text(header->name, name);
}

void lbx_record_headers_encode(const struct lbx_header *headers, size_t count,
                               struct lbx_buf *out) {
    lbx_buf_be32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        lbx_buf_field(out, headers[i].name, lbx_header_name_len(&headers[i]));
        lbx_buf_field(out, headers[i].value, headers[i].len);
    }
}

struct bytes {
    const char *at;
    size_t left;
};

static bool take_be32(struct bytes *in, uint32_t *ret_value) {
    if (in->left < sizeof *ret_value)
        return false;
    memcpy(ret_value, in->at, sizeof *ret_value);
    *ret_value = be32toh(*ret_value);
    in->at += sizeof *ret_value;
    in->left -= sizeof *ret_value;
    return true;
}

/* Reads a field. *ret_field is NULL for a null field. */
static bool take_field(struct bytes *in, const char **ret_field, size_t *ret_len) {
    uint32_t len;
    if (!take_be32(in, &len))
        return false;
    *ret_field = NULL;
    *ret_len = 0;
    if (len == UINT32_MAX)
        return true;
    if (in->left < len)
        return false;
    *ret_field = in->at;
    *ret_len = len;
    in->at += len;
    in->left -= len;
    return true;
}

static bool take_header(struct bytes *in, struct lbx_header *ret_header, size_t *ret_name_len) {
    const char *value;
    if (!take_field(in, &ret_header->name, ret_name_len) || !ret_header->name ||
        !take_field(in, &value, &ret_header->len))
        return false;
    ret_header->name_len = memchr(ret_header->name, '\0', *ret_name_len) ? *ret_name_len : 0;
    ret_header->value = value;
    return true;
}

/* Reads a count. Each header takes two lengths at least: a larger count is refused before memory is allocated. */
static bool take_count(struct bytes *in, uint32_t *ret_count) {
    return take_be32(in, ret_count) && *ret_count <= in->left / (2 * sizeof(uint32_t));
}

enum lbx_err lbx_record_headers_check(const void *bytes, size_t len) {
    struct bytes in = {bytes, len};
    struct lbx_header header;
    size_t name_len;
    uint32_t count;
    if (!take_count(&in, &count))
        return LBX_ERR_INVALID;
    while (count--)
        if (!take_header(&in, &header, &name_len))
            return LBX_ERR_INVALID;
    return in.left ? LBX_ERR_INVALID : LBX_OK;
}

static bool take_headers(struct bytes *in, struct lbx_arena *arena, struct lbx_header **ret_headers,
                         size_t *ret_count) {
    size_t name_len;
    uint32_t count;
    if (!take_count(in, &count))
        return false;
    struct lbx_header *headers = LBX_ARENA_ARRAY(arena, struct lbx_header, count);
    for (uint32_t i = 0; i < count; i++) {
        if (!take_header(in, &headers[i], &name_len))
            return false;
        headers[i].name = lbx_arena_memdup(arena, headers[i].name, name_len);
    }
    *ret_headers = headers;
    *ret_count = count;
    return true;
}

enum lbx_err lbx_record_headers_decode(const void *bytes, size_t len, struct lbx_arena *arena,
                                       struct lbx_header **ret_headers, size_t *ret_count) {
    struct bytes in = {bytes, len};
    struct lbx_header *headers;
    size_t count;
    if (!take_headers(&in, arena, &headers, &count) || in.left > 0)
        return LBX_ERR_INVALID;
    *ret_headers = headers;
    *ret_count = count;
    return LBX_OK;
}

static void leaf_before_headers(const struct lbx_record *record, struct lbx_buf *out) {
    lbx_buf_field_str(out, lbx_record_log(record));
    lbx_buf_be32(out, (uint32_t)record->partition);
    lbx_buf_be64(out, (uint64_t)record->offset);
    lbx_buf_be64(out, (uint64_t)record->timestamp_ms);
    lbx_buf_field(out, record->key, record->key_len);
}

void lbx_record_leaf(const struct lbx_record *record, struct lbx_buf *out) {
    leaf_before_headers(record, out);
    lbx_record_headers_encode(record->headers, record->header_count, out);
    lbx_buf_field(out, record->value, record->value_len);
}

void lbx_record_leaf_encoded(const struct lbx_record *record, const void *headers, size_t len,
                             struct lbx_buf *out) {
    leaf_before_headers(record, out);
    lbx_buf_add(out, headers, len);
    lbx_buf_field(out, record->value, record->value_len);
}

static bool take_be64(struct bytes *in, int64_t *ret_value) {
    uint32_t high, low;
    if (!take_be32(in, &high) || !take_be32(in, &low))
        return false;
    *ret_value = (int64_t)((uint64_t)high << 32 | low);
    return true;
}

/* Reads what leaf_before_headers writes. */
static bool take_place(struct bytes *in, struct lbx_arena *arena, struct lbx_record *record) {
    const char *log, *key;
    size_t log_len;
    uint32_t partition;
    if (!take_field(in, &log, &log_len) || !log || memchr(log, '\0', log_len) ||
        !take_be32(in, &partition) || !take_be64(in, &record->offset) ||
        !take_be64(in, &record->timestamp_ms) || !take_field(in, &key, &record->key_len))
        return false;
    record->log_name = lbx_arena_memdup(arena, log, log_len);
    record->topic_name = lbx_log_topic(record->log_name);
    record->topic = lbx_topic_of(record->topic_name, NULL);
    record->partition = (int32_t)partition;
    record->key = key;
    return true;
}

enum lbx_err lbx_record_leaf_read(const void *bytes, size_t len, struct lbx_arena *arena,
                                  struct lbx_record *ret_record) {
    struct bytes in = {bytes, len};
    struct lbx_record record = {0};
    struct lbx_header *headers;
    const char *value;
    if (!take_place(&in, arena, &record) ||
        !take_headers(&in, arena, &headers, &record.header_count) ||
        !take_field(&in, &value, &record.value_len) || in.left > 0)
        return LBX_ERR_INVALID;
    record.headers = headers;
    record.value = value;
    *ret_record = record;
    return LBX_OK;
}
