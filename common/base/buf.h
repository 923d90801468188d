/* A growing byte buffer, always NUL-terminated, and the few encodings written into it.
 * Running out of memory ends the process (see arena.h).
 */
#ifndef LBX_BASE_BUF_H
#define LBX_BASE_BUF_H

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

struct lbx_buf {
    char *data; /* NULL only before the first append */
    size_t len, cap;
};

void lbx_buf_done(struct lbx_buf *buf);
void lbx_buf_clear(struct lbx_buf *buf); /* keeps the memory */
void lbx_buf_add(struct lbx_buf *buf, const void *bytes, size_t len);
void lbx_buf_str(struct lbx_buf *buf, const char *s);
void lbx_buf_char(struct lbx_buf *buf, char c);
void lbx_buf_reserve(struct lbx_buf *buf, size_t more); /* makes room for `more` bytes */
void lbx_buf_cut(struct lbx_buf *buf, size_t len);      /* removes bytes from the end */
void lbx_buf_printf(struct lbx_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Big-endian integers. */
void lbx_buf_be16(struct lbx_buf *buf, uint16_t v);
void lbx_buf_be32(struct lbx_buf *buf, uint32_t v);
void lbx_buf_be64(struct lbx_buf *buf, uint64_t v);

/* A field: its uint32 big-endian length, then its bytes. NULL has the length 0xFFFFFFFF. */
void lbx_buf_field(struct lbx_buf *buf, const void *bytes, size_t len);
void lbx_buf_field_str(struct lbx_buf *buf, const char *s);

/* A JSON string with its quotes (RFC 8259); ill-formed UTF-8 becomes U+FFFD. */
void lbx_buf_json_str(struct lbx_buf *buf, const char *s, size_t len);

/* Lower-case hexadecimal. */
void lbx_buf_hex(struct lbx_buf *buf, const void *bytes, size_t len);

#define LBX_BUF LBX_CLEANUP(lbx_buf_done)

#endif
