/* Long texts in rows: "<257>" becomes 257 times x, "<2001é>" 2,001 times é, "<49"<9>",>" nests. */
#ifndef LBX_TESTS_EXPAND_H
#define LBX_TESTS_EXPAND_H

#include "base/arena.h"
#include "base/buf.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static inline bool expand_begins(const char *text) {
    return text[0] == '<' && isdigit((unsigned char)text[1]);
}

/* Up to the end, or to the ">" that ends the unit one stands in. Returns where it stopped. */
static inline const char *expand_into(struct lbx_buf *out, const char *text) {
    while (*text && *text != '>') {
        if (!expand_begins(text)) {
            lbx_buf_char(out, *text++);
            continue;
        }
        struct lbx_buf unit LBX_BUF = {0};
        char *behind;
        unsigned long times = strtoul(text + 1, &behind, 10);
        text = expand_into(&unit, behind) + 1;
        if (unit.len == 0)
            lbx_buf_char(&unit, 'x');
        for (; times > 0; times--)
            lbx_buf_add(out, unit.data, unit.len);
    }
    return text;
}

static inline char *expand(struct lbx_arena *arena, const char *text) {
    struct lbx_buf out LBX_BUF = {0};
    for (text = expand_into(&out, text); *text; text = expand_into(&out, text))
        lbx_buf_char(&out, *text++); /* a ">" of the text itself */
    return lbx_arena_memdup(arena, out.data, out.len);
}

#endif
