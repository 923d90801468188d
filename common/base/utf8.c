/* Validates UTF-8 by the table of RFC 3629, byte by byte. Cannot fail: ill-formed input gives 0
 * or false. */
#include "base/utf8.h"

#include <stdint.h>

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

static uint32_t code_point(const unsigned char *s, size_t len) {
    static const unsigned char lead[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t c = s[0] & lead[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (s[i] & 0x3F);
    return c;
}

bool lbx_utf8_blank(const char *s, size_t len) {
    static const struct {
        uint32_t first, last;
    } nothing[] = {
        {0x00, 0x20},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x034F, 0x034F},   {0x061C, 0x061C},
        {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x2000, 0x200F},
        {0x2028, 0x202F}, {0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000},   {0x3164, 0x3164},
        {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xE0000, 0xE0FFF},
    };
    for (size_t i = 0; i < len;) {
        size_t n = lbx_utf8_len(s + i, len - i);
        if (n == 0)
            return false;
        uint32_t c = code_point((const unsigned char *)s + i, n);
        bool shows = true;
        for (size_t j = 0; shows && j < sizeof nothing / sizeof *nothing; j++)
            shows = c < nothing[j].first || c > nothing[j].last;
        if (shows)
            return false;
        i += n;
    }
    return true;
}
