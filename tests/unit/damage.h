/* Text as it should not come. */
#ifndef LBX_TESTS_UNIT_DAMAGE_H
#define LBX_TESTS_UNIT_DAMAGE_H

#include "base/buf.h"

#include <stdint.h>
#include <string.h>

/* Of a linear congruential generator: the same every time. */
static unsigned next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*state >> 33);
}

/* A byte or a few of a JSON text: changed, gone, or there twice. */
static void damage(struct lbx_buf *text, uint64_t *chance) {
    static const char alphabet[] =
        "{}[]\",:\\ \n\tabtruefalsenull0123456789-.eEu/\x01\x7F\xC3\xA9\xFF";
    for (unsigned times = 1 + next_random(chance) % 3; times > 0 && text->len > 0; times--) {
        size_t at = next_random(chance) % text->len;
        size_t other = next_random(chance) % text->len;
        switch (next_random(chance) % 4) {
        case 0:
            text->data[at] = alphabet[next_random(chance) % (sizeof alphabet - 1)];
            break;
        case 1: /* cut out */
            memmove(text->data + at, text->data + at + 1, text->len - at);
            text->len--;
            break;
        case 2: /* a byte once more: quotes, braces, letters of keys */
            lbx_buf_char(text, 'x');
            memmove(text->data + at + 1, text->data + at, text->len - 1 - at);
            break;
        default:
            text->data[at] = text->data[other];
            break;
        }
    }
}

#endif
