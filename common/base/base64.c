#include "base/base64.h"

#include <stdint.h>

static int digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool lbx_base64url_decode(const char *text, size_t len, void *ret_bytes, size_t cap,
                          size_t *ret_len) {
    unsigned char *out = ret_bytes;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t written = 0;
    if (len % 4 == 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            if (written == cap)
                return false;
            have -= 8;
            out[written++] = (unsigned char)(bits >> have & 0xFF);
        }
    }
    *ret_len = written;
    return (bits & ((1u << have) - 1)) == 0;
}
