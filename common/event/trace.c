/* Checks traceparent and tracestate by the grammar of W3C Trace Context. Cannot fail: invalid text gives false. */
#include "event/trace.h"

#include <stddef.h>
#include <string.h>

/* Offsets in traceparent: "00-" trace id "-" parent id "-" flags. */
enum { TRACE_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, PARENT_LEN = 55 };
enum { MEMBERS_MAX = 32, KEY_MAX = 256, VALUE_MAX = 256 };

static const char hex[] = "0123456789abcdef";
static const char key_rest[] = "abcdefghijklmnopqrstuvwxyz0123456789_-*/@";

static bool is_hex(const char *text, size_t len) {
    return strspn(text, hex) >= len;
}

/* An id of zeros is invalid. */
static bool is_id(const char *text, size_t len) {
    return is_hex(text, len) && strspn(text, "0") < len;
}

/* Checks what a later version has behind the flags: it is passed on, also in headers. */
static bool is_rest(const char *text) {
    size_t len = 0;
    while (text[len] > ' ' && text[len] <= '~')
        len++;
    return *text == '-' && text[len] == '\0';
}

bool lbx_traceparent_valid(const char *text) {
    if (!text || strnlen(text, LBX_TRACEPARENT_MAX + 1) > LBX_TRACEPARENT_MAX ||
        strlen(text) < PARENT_LEN)
        return false;
    const bool is_first = strncmp(text, "00", 2) == 0;
    const char behind = text[PARENT_LEN];
    return is_hex(text, 2) && strncmp(text, "ff", 2) != 0 && text[TRACE_AT - 1] == '-' &&
           is_id(text + TRACE_AT, 32) && text[PARENT_AT - 1] == '-' &&
           is_id(text + PARENT_AT, 16) && text[FLAGS_AT - 1] == '-' && is_hex(text + FLAGS_AT, 2) &&
           (behind == '\0' || (!is_first && is_rest(text + PARENT_LEN)));
}

/* ---- tracestate ---- */

struct key {
    const char *at;
    size_t len;
};

static bool is_key(const struct key *key) {
    return key->len > 0 && key->len <= KEY_MAX && !strchr("_-*/@", key->at[0]) &&
           strspn(key->at, key_rest) >= key->len;
}

/* Whether it is a tracestate value: printable ASCII without comma and equals sign, and without a space at the end. */
static bool is_value(const char *at, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (at[i] < ' ' || at[i] > '~' || at[i] == ',' || at[i] == '=')
            return false;
    return len > 0 && len <= VALUE_MAX;
}

static bool is_new(const struct key *keys, size_t count, const struct key *key) {
    for (size_t i = 0; i < count; i++)
        if (keys[i].len == key->len && memcmp(keys[i].at, key->at, key->len) == 0)
            return false;
    return true;
}

static bool take_member(const char *at, size_t len, struct key *keys, size_t *count) {
    const char *equals = memchr(at, '=', len);
    if (!equals || *count == MEMBERS_MAX)
        return false;
    const struct key key = {at, (size_t)(equals - at)};
    const char *value = equals + 1;
    if (!is_key(&key) || !is_value(value, len - key.len - 1) || !is_new(keys, *count, &key))
        return false;
    keys[(*count)++] = key;
    return true;
}

bool lbx_tracestate_valid(const char *text) {
    struct key keys[MEMBERS_MAX];
    size_t count = 0;
    if (!text || strnlen(text, LBX_TRACESTATE_MAX + 1) > LBX_TRACESTATE_MAX)
        return false;
    for (const char *at = text, *end; at; at = *end ? end + 1 : NULL) {
        end = at + strcspn(at, ",");
        at += strspn(at, " \t");
        size_t len = at < end ? (size_t)(end - at) : 0;
        while (len > 0 && strchr(" \t", at[len - 1]))
            len--;
        if (len > 0 && !take_member(at, len, keys, &count))
            return false;
    }
    return count > 0;
}

struct lbx_trace lbx_trace_of(const char *traceparent, const char *tracestate) {
    struct lbx_trace trace = {0};
    if (lbx_traceparent_valid(traceparent))
        trace.parent = traceparent;
    if (trace.parent && lbx_tracestate_valid(tracestate))
        trace.state = tracestate;
    return trace;
}
