/* Times, days and durations, read and written. */
#include "base/time.h"

#include "check.h"

#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* Numbers by Python's datetime, not by this code. 0: LBX_ERR_INVALID. */
static void times_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = {
        {"2026-11-23T16:08:38.123456Z", 1795450118123456},
        {"2026-11-23t16:08:38.123456z", 1795450118123456},
        {"2026-11-23T16:08:38Z", 1795450118000000},
        {"2026-11-23T16:08:38.1Z", 1795450118100000},
        {"2026-11-23T16:08:38.1234569999999999999999Z", 1795450118123456},
        {"2026-11-23T17:08:38.123456+01:00", 1795450118123456},
        {"2026-11-22T16:09:38.123456-23:59", 1795450118123456},
        {"2026-11-24T16:07:38.123456+23:59", 1795450118123456},
        {"2026-11-23T16:08:38.123456-00:00", 1795450118123456},
        {"2024-02-29T12:00:00+05:30", 1709188200000000},
        {"2000-02-29T23:59:59Z", 951868799000000},
        {"2100-03-01T00:00:00Z", 4107542400000000},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00Z", LBX_TIME_EPOCH},
        {"1970-01-01T00:00:00.0000009Z", LBX_TIME_EPOCH},
        {"1970-01-01T00:30:00+00:30", LBX_TIME_EPOCH},
        {"1969-12-31T23:59:60Z", LBX_TIME_EPOCH},
        {"1970-01-01 00:00:00+00", LBX_TIME_EPOCH},
        {"9999-12-31T23:59:59.999999Z", 253402300799999999},
        {"1969-12-31T23:00:00-02:00", 3600000000},
        /* leap seconds */
        {"2016-12-31T23:59:60Z", 1483228800000000},
        {"2016-12-31T18:59:60.5-05:00", 1483228800500000},
        {"2016-12-31T23:59:60+01:00", 0},
        {"2016-12-31T23:58:60Z", 0},
        {"2016-12-31T23:59:61Z", 0},
        /* as PostgreSQL prints */
        {"2026-11-23 16:08:38.123456+00", 1795450118123456},
        {"2026-11-23 21:38:38.123456+05:30", 1795450118123456},
        {"2026-11-23 16:08:38Z", 1795450118000000},
        {"2026-11-23T16:08:38+00", 0},
        {"2026-11-23  16:08:38+00", 0},
        {"2026-11-23 16:08:38", 0},
        /* no times */
        {"", 0},
        {"2026", 0},
        {"2026-11-23", 0},
        {"2026-11-23T16:08Z", 0},
        {"2026-11-23T16:08:38", 0},
        {"2026-11-23T16:08:38.Z", 0},
        {"2026-11-23T16:08:38,5Z", 0},
        {"2026-11-23T16:08:38Zx", 0},
        {"2026-11-23T16:08:38Z ", 0},
        {" 2026-11-23T16:08:38Z", 0},
        {"2026-11-23T16:08:38.5 Z", 0},
        {"+2026-11-23T16:08:38Z", 0},
        {"26-11-23T16:08:38Z", 0},
        {"2026-1-23T16:08:38Z", 0},
        {"20261123T160838Z", 0},
        {"2026-11-23X16:08:38Z", 0},
        {"2026-11-23T24:00:00Z", 0},
        {"2026-11-23T23:60:00Z", 0},
        {"2026-11-23T16:08:38+24:00", 0},
        {"2026-11-23T16:08:38+00:60", 0},
        {"2026-11-23T16:08:38+0100", 0},
        {"2026-11-23T16:08:38+1:00", 0},
        {"2026-11-23T16:08:38+01:00Z", 0},
        {"2026-11-23T16:08:38\xE2\x88\x92"
         "01:00",
         0},
        {"infinity", 0},
        /* no dates */
        {"2026-00-10T00:00:00Z", 0},
        {"2026-13-10T00:00:00Z", 0},
        {"2026-01-00T00:00:00Z", 0},
        {"2026-01-32T00:00:00Z", 0},
        {"2026-04-31T00:00:00Z", 0},
        {"2023-02-29T00:00:00Z", 0},
        {"2024-02-30T00:00:00Z", 0},
        {"2100-02-29T00:00:00Z", 0},
        /* out of range: years have four digits */
        {"1969-12-31T23:59:59Z", 0},
        {"0000-01-01T00:00:00Z", 0},
        {"9999-12-31T23:59:59-00:01", 0},
        {"9999-12-31T23:59:60Z", 0},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t us = -7;
        enum lbx_err err = lbx_time_parse(rows[i].text, &us);
        bool ok =
            rows[i].us ? err == LBX_OK && us == rows[i].us : err == LBX_ERR_INVALID && us == -7;
        CHECK_ROW(&bad, rows[i].text, ok, "err %d, %lld us", err, (long long)us);
    }
    assert_int_equal(bad, 0);
}

/* Against the C library's calendar: each day until 2106, and samples until the year 9999. */
static void days_are_written_and_read(void **state) {
    (void)state;
    for (int64_t day = 0; day < 2932897; day += day < 50000 ? 1 : 29) {
        int64_t us = day * DAY + day % 86400 * SECOND + day % 1000000, back = 0;
        char text[LBX_TIME_SIZE], want[LBX_TIME_SIZE];
        lbx_time_format(us, text);
        time_t seconds = (time_t)(us / SECOND);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        size_t len = strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &tm);
        (void)snprintf(want + len, sizeof want - len, ".%06dZ", (int)(us % SECOND));
        if (strcmp(text, want) != 0)
            fail_msg("wrote %s for %s", text, want);
        if (us > 0 && (lbx_time_parse(text, &back) != LBX_OK || back != us))
            fail_msg("%s: read as %lld", text, (long long)back);
    }
}

static void durations_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum lbx_err err;
        int64_t us;
    } rows[] = {
        {"P4D", LBX_OK, 4 * DAY},
        {"PT8H", LBX_OK, 8 * HOUR},
        {"PT08H", LBX_OK, 8 * HOUR},
        {"P1DT12H", LBX_OK, 36 * HOUR},
        {"P2W", LBX_OK, 14 * DAY},
        {"PT1M", LBX_OK, 60 * SECOND},
        {"PT90M", LBX_OK, 5400 * SECOND},
        {"PT0.5S", LBX_OK, SECOND / 2},
        {"PT0.0000019S", LBX_OK, 1},
        {"PT1H0.25S", LBX_OK, HOUR + SECOND / 4},
        {"P1DT2H3M4.5S", LBX_OK, DAY + 2 * HOUR + 184 * SECOND + SECOND / 2},
        {"P0DT1S", LBX_OK, SECOND},
        {"P10000D", LBX_OK, 10000 * DAY},
        {"P10000DT0.000001S", LBX_ERR_LIMIT, 0},
        {"P10001D", LBX_ERR_LIMIT, 0},
        {"P9999DT9999H", LBX_ERR_LIMIT, 0},
        {"PT99999999999999999999999999S", LBX_ERR_LIMIT, 0},
        {"P99999999999999999999999999W", LBX_ERR_LIMIT, 0},
        {"P1Y", LBX_ERR_INVALID, 0},
        {"P1M", LBX_ERR_INVALID, 0},
        {"P1M1D", LBX_ERR_INVALID, 0},
        {"P1W2D", LBX_ERR_INVALID, 0},
        {"P1WT1H", LBX_ERR_INVALID, 0},
        {"P2D1W", LBX_ERR_INVALID, 0},
        {"", LBX_ERR_INVALID, 0},
        {"P", LBX_ERR_INVALID, 0},
        {"PT", LBX_ERR_INVALID, 0},
        {"P1DT", LBX_ERR_INVALID, 0},
        {"P0D", LBX_ERR_INVALID, 0},
        {"PT0S", LBX_ERR_INVALID, 0},
        {"PT0.0000001S", LBX_ERR_INVALID, 0},
        {"-P1D", LBX_ERR_INVALID, 0},
        {"+P1D", LBX_ERR_INVALID, 0},
        {"P-1D", LBX_ERR_INVALID, 0},
        {"p1d", LBX_ERR_INVALID, 0},
        {"1D", LBX_ERR_INVALID, 0},
        {"PD", LBX_ERR_INVALID, 0},
        {"P1", LBX_ERR_INVALID, 0},
        {"P1H", LBX_ERR_INVALID, 0},
        {"PT1D", LBX_ERR_INVALID, 0},
        {"PT1M1H", LBX_ERR_INVALID, 0},
        {"PT1H1H", LBX_ERR_INVALID, 0},
        {"PT1HT1M", LBX_ERR_INVALID, 0},
        {"PT1.5H", LBX_ERR_INVALID, 0},
        {"P0.5D", LBX_ERR_INVALID, 0},
        {"PT1.S", LBX_ERR_INVALID, 0},
        {"PT.5S", LBX_ERR_INVALID, 0},
        {"PT0,5S", LBX_ERR_INVALID, 0},
        {"PT1.5.5S", LBX_ERR_INVALID, 0},
        {"PT8H ", LBX_ERR_INVALID, 0},
        {"PT8Hx", LBX_ERR_INVALID, 0},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t us = -7;
        enum lbx_err err = lbx_duration_parse(rows[i].text, &us);
        CHECK_ROW(&bad, rows[i].text, err == rows[i].err && us == (err == LBX_OK ? rows[i].us : -7),
                  "err %d, %lld us", err, (long long)us);
    }
    assert_int_equal(bad, 0);
}

static void durations_are_written(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0, "PT0S"},
        {1, "PT0.000001S"},
        {SECOND / 2, "PT0.5S"},
        {SECOND, "PT1S"},
        {10 * SECOND, "PT10S"},
        {60 * SECOND, "PT1M"},
        {61 * SECOND, "PT1M1S"},
        {8 * HOUR, "PT8H"},
        {8 * HOUR + SECOND, "PT8H1S"},
        {24 * HOUR, "P1D"},
        {4 * DAY, "P4D"},
        {DAY + SECOND / 4, "P1DT0.25S"},
        {DAY + 2 * HOUR + 184 * SECOND + 100, "P1DT2H3M4.0001S"},
        {LBX_DURATION_MAX, "P10000D"},
        {LBX_DURATION_BEYOND, "P10000DT1S"},
        {INT64_MAX, "P106751991DT4H54.775807S"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[LBX_DURATION_SIZE];
        int64_t back = 0;
        lbx_duration_format(rows[i].us, text);
        CHECK_ROW(&bad, rows[i].text, same(text, rows[i].text), "got %s", text);
        if (rows[i].us > 0 && rows[i].us <= LBX_DURATION_MAX)
            CHECK_ROW(&bad, rows[i].text,
                      lbx_duration_parse(text, &back) == LBX_OK && back == rows[i].us,
                      "read back as %lld", (long long)back);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(days_are_written_and_read),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(durations_are_written),
    };
    return cmocka_run_group_tests_name("time", tests, NULL, NULL);
}
