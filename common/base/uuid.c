/* Makes UUIDs of version 7 from a time and random bytes that the caller gives; has no state. */
#include "base/uuid.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static void hex(const unsigned char bytes[16], char text[LBX_UUID_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

void lbx_uuid_v7(int64_t at_us, const unsigned char random[LBX_UUID_RANDOM],
                 char ret_text[LBX_UUID_SIZE]) {
    assert(at_us >= 0);
    uint64_t ms = (uint64_t)at_us / 1000;
    /* rand_a is a binary fraction of the millisecond: 0..999 spread over 0..4095. */
    unsigned fraction = (unsigned)((uint64_t)at_us % 1000 * 4096 / 1000);
    unsigned char bytes[16];
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | fraction >> 8);
    bytes[7] = (unsigned char)fraction;
    memcpy(bytes + 8, random, LBX_UUID_RANDOM);
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3F));
    hex(bytes, ret_text);
}

bool lbx_uuid_valid(const char *text) {
    for (size_t i = 0; i < LBX_UUID_SIZE - 1; i++) {
        char c = text[i];
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (c != '-')
                return false;
        } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return text[LBX_UUID_SIZE - 1] == '\0';
}
