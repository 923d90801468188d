#include "base/utf8.h"

static bool tail(unsigned char c) {
    return (c & 0xC0) == 0x80;
}

size_t lbx_utf8_len(const char *text, size_t len) {
    const unsigned char *s = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xC2 && s[0] <= 0xDF)
        return len >= 2 && tail(s[1]) ? 2 : 0;
    if (s[0] >= 0xE0 && s[0] <= 0xEF) {
        if (len < 3 || !tail(s[1]) || !tail(s[2]))
            return 0;
        bool overlong = s[0] == 0xE0 && s[1] < 0xA0;
        bool surrogate = s[0] == 0xED && s[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (s[0] >= 0xF0 && s[0] <= 0xF4) {
        if (len < 4 || !tail(s[1]) || !tail(s[2]) || !tail(s[3]))
            return 0;
        bool overlong = s[0] == 0xF0 && s[1] < 0x90;
        bool beyond = s[0] == 0xF4 && s[1] > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

size_t lbx_utf8_chars(const char *s, size_t len) {
    size_t chars = 0;
    for (size_t i = 0; i < len; i++)
        chars += !tail((unsigned char)s[i]);
    return chars;
}

bool lbx_utf8_valid(const char *s, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(s + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
