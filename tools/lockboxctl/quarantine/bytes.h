/* The bytes of a record as people and programs are shown them: as text where they are text, else as
 * hexadecimal. */
#ifndef LOCKBOXCTL_BYTES_H
#define LOCKBOXCTL_BYTES_H

#include "base/arena.h"
#include "base/buf.h"

#include <stddef.h>

struct ctl_bytes {
    const char *data; /* NULL: null in the record */
    size_t len;
};

/* {"bytes": 5, "text": "hello", "hex": "68656c6c6f"}; text is null where the bytes are none. */
void ctl_bytes_json(struct ctl_bytes bytes, struct lbx_buf *out);

/* Under their name and length, line by line, harmless for a terminal. */
void ctl_bytes_show(struct lbx_arena *arena, const char *name, struct ctl_bytes bytes,
                    struct lbx_buf *out);

#endif
