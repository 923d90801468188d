/* Times and durations as text. In memory both are int64_t microseconds; times count from the
 * Unix epoch, in UTC. 0 means absent: the epoch itself is LBX_TIME_EPOCH, and a duration of 0
 * cannot occur. */
#ifndef LBX_BASE_TIME_H
#define LBX_BASE_TIME_H

#include "base/err.h"

#include <stdint.h>

/* The longest duration that is accepted, 10,000 days, and the value for a longer one. */
#define LBX_DURATION_MAX (INT64_C(10000) * 86400 * 1000000)
#define LBX_DURATION_BEYOND (LBX_DURATION_MAX + 1000000)

/* 1970-01-01T00:00:00Z, the earliest time that is accepted. */
#define LBX_TIME_EPOCH INT64_C(-1)

/* Microseconds since the Unix epoch, for arithmetic. at_us is not 0. */
static inline int64_t lbx_time_since_epoch(int64_t at_us) {
    return at_us == LBX_TIME_EPOCH ? 0 : at_us;
}

enum { LBX_TIME_SIZE = 32, LBX_DURATION_SIZE = 48 };

/* RFC 3339 date-time ("2026-11-23T16:08:38.123456Z", any offset, "t"/"z" in lower case, fractions
 * beyond microseconds cut off, a leap second (23:59:60 UTC) read as the next second), and the form
 * PostgreSQL prints ("2026-11-23 16:08:38.123456+00"), the only one with a space. Years 1970 to
 * 9999, in UTC. LBX_ERR_INVALID for anything else. */
enum lbx_err lbx_time_parse(const char *text, int64_t *ret_us) LBX_MUST_CHECK;

/* The latest time that can be written, 9999-12-31T23:59:59.999999Z. */
#define LBX_TIME_MAX INT64_C(253402300799999999)

/* at_us plus duration_us, at most LBX_TIME_MAX. duration_us is not negative. */
static inline int64_t lbx_time_after(int64_t at_us, int64_t duration_us) {
    return duration_us < LBX_TIME_MAX - at_us ? at_us + duration_us : LBX_TIME_MAX;
}

/* "2026-11-23T16:08:38.123456Z": always six digits and Z, so that texts sort as times do. */
void lbx_time_format(int64_t us, char ret_text[LBX_TIME_SIZE]);

/* ISO 8601 duration of days, hours, minutes and seconds, or of weeks alone ("P4D", "PT8H",
 * "P1DT12H", "PT0.5S", "P2W"), a fraction in seconds only, behind a point, cut off beyond
 * microseconds. Years and months have no fixed length and are LBX_ERR_INVALID, as are signs, an
 * empty "P" or "PT", and zero. More than LBX_DURATION_MAX is LBX_ERR_LIMIT. */
enum lbx_err lbx_duration_parse(const char *text, int64_t *ret_us) LBX_MUST_CHECK;

/* The shortest ISO 8601 form: "P4D", "PT8H", "P1DT0.25S". */
void lbx_duration_format(int64_t us, char ret_text[LBX_DURATION_SIZE]);

#endif
