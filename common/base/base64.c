/* base64 in both alphabets. Decoding fails on any text that encoding would not write. */
#include "base/base64.h"

#include <stdint.h>

static int digit(char c, const char last[2]) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

/* last: the last two characters of the alphabet. */
static bool decode(const char *text, size_t len, const char last[2], void *ret_bytes, size_t cap,
                   size_t *ret_len) {
    unsigned char *out = ret_bytes;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t written = 0;
    if (len % 4 == 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        int value = digit(text[i], last);
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

bool lbx_base64url_decode(const char *text, size_t len, void *ret_bytes, size_t cap,
                          size_t *ret_len) {
    return decode(text, len, "-_", ret_bytes, cap, ret_len);
}

bool lbx_base64_decode(const char *text, size_t len, void *ret_bytes, size_t cap, size_t *ret_len) {
    if (len % 4)
        return false;
    for (int padding = 0; padding < 2 && len && text[len - 1] == '='; padding++)
        len--;
    return decode(text, len, "+/", ret_bytes, cap, ret_len);
}

void lbx_base64_encode(const void *bytes, size_t len, struct lbx_buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)(have > 1 ? in[i + 1] : 0) << 8 |
                        (uint32_t)(have > 2 ? in[i + 2] : 0);
        char text[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
                        have > 1 ? digits[bits >> 6 & 63] : '=',
                        have > 2 ? digits[bits & 63] : '='};
        lbx_buf_add(out, text, sizeof text);
    }
}
