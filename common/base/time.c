/* Parses and formats times and durations without the C library's calendar, so that locale and TZ
 * do not matter. Fails with LBX_ERR_INVALID on text that is not of the forms in time.h. */
#include "base/time.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 10000-01-01T00:00:00Z: years have four digits. */
#define END_OF_TIME (INT64_C(2932897) * DAY)

/* Exactly `width` digits. */
static bool digits(const char **at, int width, int *ret_value) {
    int value = 0;
    for (int i = 0; i < width; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *ret_value = value;
    return true;
}

static bool letter(const char **at, char c) {
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* The digits behind a decimal point as microseconds; at least one digit, further ones are cut off. */
static bool fraction(const char **at, int64_t *ret_us) {
    if (**at < '0' || **at > '9')
        return false;
    int64_t us = 0;
    for (int64_t unit = SECOND / 10; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
        us += (**at - '0') * unit;
    *ret_us = us;
    return true;
}

static bool leap_year(int y) {
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int days_of_month(int y, int m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && leap_year(y));
}

/* Days from 1970-01-01 to a Gregorian date, year 1969 or later. */
static int64_t days_from_date(int y, int m, int d) {
    int64_t before = y - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
    for (int i = 1; i < m; i++)
        days += days_of_month(y, i);
    return days + d - 1;
}

/* "Z", "+01:00"; `bare`: also "+01", as PostgreSQL prints. */
static bool offset(const char **at, bool bare, int64_t *ret_us) {
    *ret_us = 0;
    if (letter(at, 'Z') || letter(at, 'z'))
        return true;
    int sign = **at == '-' ? -1 : 1, hours, minutes = 0;
    if (!letter(at, '+') && !letter(at, '-'))
        return false;
    if (!digits(at, 2, &hours) || hours > 23)
        return false;
    if (letter(at, ':')) {
        if (!digits(at, 2, &minutes) || minutes > 59)
            return false;
    } else if (!bare) {
        return false;
    }
    *ret_us = sign * (hours * HOUR + minutes * MINUTE);
    return true;
}

enum lbx_err lbx_time_parse(const char *text, int64_t *ret_us) {
    int year, month, day, hour, minute, second;
    int64_t part = 0, east;
    const char *at = text;

    if (!digits(&at, 4, &year) || !letter(&at, '-') || !digits(&at, 2, &month) ||
        !letter(&at, '-') || !digits(&at, 2, &day))
        return LBX_ERR_INVALID;
    if (year < 1969 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
        return LBX_ERR_INVALID;

    bool space = *at == ' ';
    if (!letter(&at, 'T') && !letter(&at, 't') && !letter(&at, ' '))
        return LBX_ERR_INVALID;
    if (!digits(&at, 2, &hour) || !letter(&at, ':') || !digits(&at, 2, &minute) ||
        !letter(&at, ':') || !digits(&at, 2, &second))
        return LBX_ERR_INVALID;
    if (hour > 23 || minute > 59 || second > 60)
        return LBX_ERR_INVALID;
    if (letter(&at, '.') && !fraction(&at, &part))
        return LBX_ERR_INVALID;
    if (!offset(&at, space, &east) || *at != '\0')
        return LBX_ERR_INVALID;

    int64_t to_the_minute =
        days_from_date(year, month, day) * DAY + hour * HOUR + minute * MINUTE - east;
    /* a leap second is the last second of a UTC day, whatever the offset */
    if (second == 60 && (to_the_minute + MINUTE) % DAY != 0)
        return LBX_ERR_INVALID;
    int64_t us = to_the_minute + second * SECOND + part;
    if (us < 0 || us >= END_OF_TIME)
        return LBX_ERR_INVALID;
    *ret_us = us ? us : LBX_TIME_EPOCH;
    return LBX_OK;
}

/* Writes value in exactly `width` digits, then `behind`. */
static void put(char **at, int64_t value, int width, char behind) {
    for (int i = width - 1; i >= 0; i--, value /= 10)
        (*at)[i] = (char)('0' + value % 10);
    (*at)[width] = behind;
    *at += width + 1;
}

void lbx_time_format(int64_t us, char ret_text[LBX_TIME_SIZE]) {
    us = lbx_time_since_epoch(us);
    assert(us >= 0 && us < END_OF_TIME);
    int64_t days = us / DAY, in_day = us % DAY;
    int year = (int)(1970 + days / 366), month = 1; /* year is exact or too small by a few */
    while (days_from_date(year + 1, 1, 1) <= days)
        year++;
    days -= days_from_date(year, 1, 1);
    for (; days >= days_of_month(year, month); month++)
        days -= days_of_month(year, month);
    char *at = ret_text;
    put(&at, year, 4, '-');
    put(&at, month, 2, '-');
    put(&at, days + 1, 2, 'T');
    put(&at, in_day / HOUR, 2, ':');
    put(&at, in_day % HOUR / MINUTE, 2, ':');
    put(&at, in_day % MINUTE / SECOND, 2, '.');
    put(&at, in_day % SECOND, 6, 'Z');
    *at = '\0';
}

/* Parses one component of a duration, such as "12H": a number and one of the `units` not used
 * yet, which have a fixed order. */
static bool component(const char **at, const char **units, int64_t *ret_us) {
    int64_t value = 0, part = 0;
    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (value <= LBX_DURATION_MAX) /* stops before an overflow */
            value = value * 10 + (**at - '0');
    bool point = letter(at, '.');
    if (point && !fraction(at, &part))
        return false;
    const char *found = **at ? strchr(*units, **at) : NULL;
    if (!found || (point && *found != 'S'))
        return false;
    int64_t unit = *found == 'W'   ? 7 * DAY
                   : *found == 'D' ? DAY
                   : *found == 'H' ? HOUR
                   : *found == 'M' ? MINUTE
                                   : SECOND;
    *ret_us = value > LBX_DURATION_MAX / unit ? LBX_DURATION_BEYOND : value * unit + part;
    *units = found + 1;
    (*at)++;
    return true;
}

enum lbx_err lbx_duration_parse(const char *text, int64_t *ret_us) {
    const char *at = text;
    const char *dates = "WD", *times = "HMS";
    int64_t total = 0, us;
    if (!letter(&at, 'P') || *at == '\0')
        return LBX_ERR_INVALID;
    while (*at && *at != 'T') {
        if (!component(&at, &dates, &us))
            return LBX_ERR_INVALID;
        total += us;
        if (at[-1] == 'W' && *at != '\0')
            return LBX_ERR_INVALID;
    }
    if (letter(&at, 'T')) {
        if (*at == '\0')
            return LBX_ERR_INVALID;
        while (*at) {
            if (!component(&at, &times, &us))
                return LBX_ERR_INVALID;
            total += us;
        }
    }
    if (total == 0)
        return LBX_ERR_INVALID;
    if (total > LBX_DURATION_MAX)
        return LBX_ERR_LIMIT;
    *ret_us = total;
    return LBX_OK;
}

void lbx_duration_format(int64_t us, char ret_text[LBX_DURATION_SIZE]) {
    assert(us >= 0);
    char *at = ret_text, *end = ret_text + LBX_DURATION_SIZE;
    int64_t in_day = us % DAY;
    at += snprintf(at, (size_t)(end - at), "P");
    if (us >= DAY)
        at += snprintf(at, (size_t)(end - at), "%" PRId64 "D", us / DAY);
    if (in_day > 0 || us == 0)
        at += snprintf(at, (size_t)(end - at), "T");
    if (in_day >= HOUR)
        at += snprintf(at, (size_t)(end - at), "%" PRId64 "H", in_day / HOUR);
    if (in_day % HOUR >= MINUTE)
        at += snprintf(at, (size_t)(end - at), "%" PRId64 "M", in_day % HOUR / MINUTE);
    int64_t rest = in_day % MINUTE;
    if (rest == 0 && us != 0)
        return;
    at += snprintf(at, (size_t)(end - at), "%" PRId64, rest / SECOND);
    if (rest % SECOND) {
        at += snprintf(at, (size_t)(end - at), ".%06" PRId64, rest % SECOND);
        while (at[-1] == '0')
            at--;
    }
    (void)snprintf(at, (size_t)(end - at), "S");
}
