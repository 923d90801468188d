/* Makes UUIDs of version 7 from a time and random bytes that the caller gives. Cannot fail, and has no state. */
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

static void write_v7(uint64_t ms, unsigned rand_a, const unsigned char rand_b[LBX_UUID_RANDOM],
                     char ret_text[LBX_UUID_SIZE]) {
    unsigned char bytes[16];
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(ms >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (rand_a >> 8 & 0x0F));
    bytes[7] = (unsigned char)rand_a;
    memcpy(bytes + 8, rand_b, LBX_UUID_RANDOM);
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3F));
    hex(bytes, ret_text);
}

void lbx_uuid_v7(int64_t at_us, const unsigned char random[LBX_UUID_RANDOM],
                 char ret_text[LBX_UUID_SIZE]) {
    assert(at_us >= 0);
    /* rand_a is a binary fraction of the millisecond: 0..999 spread over 0..4095. */
    const unsigned fraction = (unsigned)((uint64_t)at_us % 1000 * 4096 / 1000);
    write_v7((uint64_t)at_us / 1000, fraction, random, ret_text);
}

void lbx_uuid_v7_of(int64_t at_ms, const unsigned char hash[LBX_UUID_HASH],
                    char ret_text[LBX_UUID_SIZE]) {
    const int64_t most = (INT64_C(1) << 48) - 1;
    const int64_t clamped = at_ms < 0 ? 0 : at_ms > most ? most : at_ms;
    write_v7((uint64_t)clamped, (unsigned)(hash[0] << 8 | hash[1]), hash + 2, ret_text);
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
