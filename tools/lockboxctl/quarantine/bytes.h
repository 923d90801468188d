/* Shows a record's bytes: as text if they are text, else in hexadecimal. */
#ifndef LOCKBOXCTL_BYTES_H
#define LOCKBOXCTL_BYTES_H

#include "base/arena.h"
#include "base/buf.h"

#include <stddef.h>

struct ctl_bytes {
    const char *data; /* NULL: a null value */
    size_t len;
};

/* Appends {"bytes": 5, "text": "hello", "hex": "68656c6c6f"}; text is null if the bytes are not text. */
void ctl_bytes_json(struct ctl_bytes bytes, struct lbx_buf *out);

/* Appends name, length and the lines of the bytes, harmless for a terminal. */
void ctl_bytes_show(struct lbx_arena *arena, const char *name, struct ctl_bytes bytes,
                    struct lbx_buf *out);

#endif
