/* A buffer that doubles as it grows. Each function leaves a NUL behind the bytes. Lack of memory ends the process. */
#include "base/buf.h"

#include "base/utf8.h"

#include <assert.h>
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void buf_grow(struct lbx_buf *buf, size_t more) {
    size_t cap = buf->cap ? buf->cap : 256;
    while (cap < buf->len + more + 1)
        cap *= 2;
    buf->data = lbx_realloc(buf->data, cap);
    buf->cap = cap;
}

static inline char *buf_room(struct lbx_buf *buf, size_t more) {
    if (buf->len + more + 1 > buf->cap)
        buf_grow(buf, more);
    return buf->data + buf->len;
}

void lbx_buf_done(struct lbx_buf *buf) {
    free(buf->data);
    *buf = (struct lbx_buf){0};
}

void lbx_buf_clear(struct lbx_buf *buf) {
    buf->len = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void lbx_buf_reserve(struct lbx_buf *buf, size_t more) {
    (void)buf_room(buf, more);
}

void lbx_buf_add(struct lbx_buf *buf, const void *bytes, size_t len) {
    char *at = buf_room(buf, len);
    if (len)
        memcpy(at, bytes, len);
    at[len] = '\0';
    buf->len += len;
}

void lbx_buf_str(struct lbx_buf *buf, const char *s) {
    lbx_buf_add(buf, s, strlen(s));
}

void lbx_buf_char(struct lbx_buf *buf, char c) {
    char *at = buf_room(buf, 1);
    at[0] = c;
    at[1] = '\0';
    buf->len++;
}

void lbx_buf_cut(struct lbx_buf *buf, size_t len) {
    assert(len <= buf->len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}

void lbx_buf_printf(struct lbx_buf *buf, const char *format, ...) {
    size_t room = buf->cap - buf->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
    va_end(args);
    if (len < 0)
        abort();
    if ((size_t)len >= room) { /* vsnprintf needs more room */
        char *at = buf_room(buf, (size_t)len);
        va_start(args, format);
        (void)vsnprintf(at, (size_t)len + 1, format, args);
        va_end(args);
    }
    buf->len += (size_t)len;
}

void lbx_buf_be16(struct lbx_buf *buf, uint16_t v) {
    v = htobe16(v);
    lbx_buf_add(buf, &v, sizeof v);
}

void lbx_buf_be32(struct lbx_buf *buf, uint32_t v) {
    v = htobe32(v);
    lbx_buf_add(buf, &v, sizeof v);
}

void lbx_buf_be64(struct lbx_buf *buf, uint64_t v) {
    v = htobe64(v);
    lbx_buf_add(buf, &v, sizeof v);
}

void lbx_buf_field(struct lbx_buf *buf, const void *bytes, size_t len) {
    lbx_buf_be32(buf, bytes ? (uint32_t)len : UINT32_MAX);
    if (bytes)
        lbx_buf_add(buf, bytes, len);
}

void lbx_buf_field_str(struct lbx_buf *buf, const char *s) {
    lbx_buf_field(buf, s, s ? strlen(s) : 0);
}

/* The number of bytes from s on that need no escape in a JSON string, ASCII only. */
static size_t plain_run(const char *s, size_t len) {
    size_t n = 0;
    while (n < len && s[n] >= ' ' && s[n] < 0x7F && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

void lbx_buf_json_str(struct lbx_buf *buf, const char *s, size_t len) {
    lbx_buf_char(buf, '"');
    for (size_t i = 0; i < len;) {
        size_t plain = plain_run(s + i, len - i);
        if (plain) {
            lbx_buf_add(buf, s + i, plain);
            i += plain;
            continue;
        }
        size_t n = lbx_utf8_len(s + i, len - i);
        unsigned char c = (unsigned char)s[i];
        if (n == 0) {
            lbx_buf_str(buf, "\xEF\xBF\xBD");
            i++;
        } else if (c == '"' || c == '\\') {
            lbx_buf_char(buf, '\\');
            lbx_buf_char(buf, (char)c);
            i++;
        } else if (c < 0x20 || c == 0x7F) {
            lbx_buf_printf(buf, "\\u%04x", c);
            i++;
        } else {
            lbx_buf_add(buf, s + i, n);
            i += n;
        }
    }
    lbx_buf_char(buf, '"');
}

void lbx_buf_hex(struct lbx_buf *buf, const void *bytes, size_t len) {
    static const char digits[] = "0123456789abcdef";
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        lbx_buf_char(buf, digits[at[i] >> 4]);
        lbx_buf_char(buf, digits[at[i] & 15]);
    }
}
