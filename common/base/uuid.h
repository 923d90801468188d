/* UUIDs of version 7 (RFC 9562): sorted by their time. */
#ifndef LBX_BASE_UUID_H
#define LBX_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { LBX_UUID_SIZE = 37, LBX_UUID_RANDOM = 8 };

/* Writes the canonical lower-case text, NUL-terminated. at_us: microseconds since the Unix
 * epoch, not negative. Milliseconds are the first 48 bits, and the microseconds within them
 * rand_a (RFC 9562, 6.2, method 3), so that ids of one batch sort by time. */
void lbx_uuid_v7(int64_t at_us, const unsigned char random[LBX_UUID_RANDOM],
                 char ret_text[LBX_UUID_SIZE]);

/* The same, from 74 bits of a hash instead of random bytes; at_ms is clamped to 48 bits. */
enum { LBX_UUID_HASH = 10 };
void lbx_uuid_v7_of(int64_t at_ms, const unsigned char hash[LBX_UUID_HASH],
                    char ret_text[LBX_UUID_SIZE]);

/* Whether text is a UUID of any version, in canonical lower-case form. */
bool lbx_uuid_valid(const char *text);

#endif
