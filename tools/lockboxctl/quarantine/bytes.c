/* Shows a record's bytes for people (text or a hexadecimal dump) and for programs (a JSON object
 * with both). Cannot fail. */
#include "bytes.h"

#include "base/utf8.h"
#include "mail/words.h"

#include <ctype.h>
#include <string.h>

static bool is_text(struct ctl_bytes b) {
    for (size_t i = 0; i < b.len; i++)
        if (iscntrl((unsigned char)b.data[i]) && !isspace((unsigned char)b.data[i]))
            return false;
    return lbx_utf8_valid(b.data, b.len);
}

void ctl_bytes_json(struct ctl_bytes b, struct lbx_buf *out) {
    if (!b.data) {
        lbx_buf_str(out, "null");
        return;
    }
    lbx_buf_printf(out, "{\"bytes\": %zu, \"text\": ", b.len);
    if (is_text(b))
        lbx_buf_json_str(out, b.data, b.len);
    else
        lbx_buf_str(out, "null");
    lbx_buf_str(out, ", \"hex\": \"");
    lbx_buf_hex(out, b.data, b.len);
    lbx_buf_str(out, "\"}");
}

static void put_text(struct lbx_arena *arena, struct ctl_bytes b, struct lbx_buf *out) {
    for (size_t at = 0, len; at < b.len; at += len + 1) {
        const char *end = memchr(b.data + at, '\n', b.len - at);
        len = end ? (size_t)(end - b.data) - at : b.len - at;
        lbx_buf_str(out, "  ");
        lbx_text_harmless(lbx_arena_memdup(arena, b.data + at, len), out);
        lbx_buf_char(out, '\n');
    }
}

static void put_hex(struct ctl_bytes b, struct lbx_buf *out) {
    enum { WIDTH = 16 };
    for (size_t at = 0; at < b.len; at += WIDTH) {
        lbx_buf_printf(out, "  %06zx ", at);
        for (size_t i = at; i < at + WIDTH; i++)
            if (i < b.len)
                lbx_buf_printf(out, " %02x", (unsigned char)b.data[i]);
            else
                lbx_buf_str(out, "   ");
        lbx_buf_str(out, "  ");
        for (size_t i = at; i < at + WIDTH && i < b.len; i++)
            lbx_buf_char(out, b.data[i] >= ' ' && b.data[i] <= '~' ? b.data[i] : '.');
        lbx_buf_char(out, '\n');
    }
}

void ctl_bytes_show(struct lbx_arena *arena, const char *name, struct ctl_bytes b,
                    struct lbx_buf *out) {
    lbx_text_harmless(name, out);
    if (!b.data) {
        lbx_buf_str(out, ": null\n");
        return;
    }
    lbx_buf_printf(out, " (%zu bytes):\n", b.len);
    if (is_text(b))
        put_text(arena, b, out);
    else
        put_hex(b, out);
}
