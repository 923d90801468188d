/* Times and durations as text. In memory both are int64_t microseconds: times since the Unix epoch,
 * in UTC; 0 stands for "absent" in both, so neither the epoch itself nor an empty duration is
 * accepted. */
#ifndef LBX_EVENT_TIME_H
#define LBX_EVENT_TIME_H

#include "base/err.h"

#include <stdint.h>

enum { LBX_TIME_SIZE = 32, LBX_DURATION_SIZE = 48 };

/* RFC 3339 date-time ("2026-11-23T16:08:38.123456Z", any offset, "t"/"z" in lower case, fractions
 * beyond microseconds cut off, leap second 60 read as the next second), and the form PostgreSQL
 * prints ("2026-11-23 16:08:38.123456+00"). Years 1970 to 9999. LBX_ERR_INVALID for anything else. */
enum lbx_err lbx_time_parse(const char *text, int64_t *ret_us) LBX_MUST_CHECK;

/* "2026-11-23T16:08:38.123456Z": always six digits and Z, so that texts sort as times do. */
void lbx_time_format(int64_t us, char ret_text[LBX_TIME_SIZE]);

/* ISO 8601 duration of weeks, days, hours, minutes and seconds ("P4D", "PT8H", "P1DT12H", "PT0.5S",
 * "P2W"); years and months have no fixed length and are LBX_ERR_INVALID, as are signs, an empty
 * "P" or "PT", and zero. More than 10,000 days is LBX_ERR_LIMIT. */
enum lbx_err lbx_duration_parse(const char *text, int64_t *ret_us) LBX_MUST_CHECK;

/* The shortest ISO 8601 form: "P4D", "PT8H", "P1DT0.25S". */
void lbx_duration_format(int64_t us, char ret_text[LBX_DURATION_SIZE]);

#endif
