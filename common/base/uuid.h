/* UUIDs of version 7 (RFC 9562): ordered by the moment they were made. */
#ifndef LBX_BASE_UUID_H
#define LBX_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { LBX_UUID_SIZE = 37, LBX_UUID_RANDOM = 8 };

/* Writes the canonical lower-case text, NUL-terminated. at_us: microseconds since the Unix epoch,
 * not negative; its milliseconds go into the first 48 bits and the microseconds within them into
 * rand_a (RFC 9562, 6.2, method 3), so that ids of one batch sort by their time. */
void lbx_uuid_v7(int64_t at_us, const unsigned char random[LBX_UUID_RANDOM],
                 char ret_text[LBX_UUID_SIZE]);

/* The same form, of what a caller derives: at_ms, clamped to 48 bits, and 74 bits of hash. */
enum { LBX_UUID_HASH = 10 };
void lbx_uuid_v7_of(int64_t at_ms, const unsigned char hash[LBX_UUID_HASH],
                    char ret_text[LBX_UUID_SIZE]);

/* Whether text is a UUID in canonical lower-case form, of any version. */
bool lbx_uuid_valid(const char *text);

#endif
