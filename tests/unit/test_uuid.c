/* UUIDs of version 7 and of hashes: layout, order, the canonical form. */
#include "base/uuid.h"

#include "check.h"

static void layout_of_version_7(void **state) {
    (void)state;
    static const struct {
        int64_t at_us;
        unsigned char random[LBX_UUID_RANDOM];
        const char *want;
    } rows[] = {
        /* RFC 9562, A.6: 2022-02-22 14:22:22.00 GMT-05:00, without its random rand_a */
        {1645557742000000,
         {0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F},
         "017f22e2-79b0-7000-98c4-dc0c0c07398f"},
        /* 123 ms and 456 us: 456 * 4096 / 1000 = 0x74b */
        {1795450118123456, {0}, "01a2092a-9feb-774b-8000-000000000000"},
        {1795450118123999,
         {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
         "01a2092a-9feb-7ffb-bfff-ffffffffffff"},
        {0, {0}, "00000000-0000-7000-8000-000000000000"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[LBX_UUID_SIZE];
        lbx_uuid_v7(rows[i].at_us, rows[i].random, text);
        CHECK_ROW(&bad, rows[i].want, same(text, rows[i].want), "got %s", text);
        CHECK_ROW(&bad, rows[i].want, lbx_uuid_valid(text), "not valid");
    }
    assert_int_equal(bad, 0);
}

static void made_of_a_hash(void **state) {
    (void)state;
    static const unsigned char hash[LBX_UUID_HASH] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
                               none[LBX_UUID_HASH] = {0};
    static const struct {
        int64_t at_ms;
        const unsigned char *hash;
        const char *want;
    } rows[] = {
        {1645557742000, none, "017f22e2-79b0-7000-8000-000000000000"},
        {1645557742000, hash, "017f22e2-79b0-7fff-bfff-ffffffffffff"},
        {-1, none, "00000000-0000-7000-8000-000000000000"},
        {INT64_MAX, none, "ffffffff-ffff-7000-8000-000000000000"},
        {(INT64_C(1) << 48) - 1, none, "ffffffff-ffff-7000-8000-000000000000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[LBX_UUID_SIZE];
        lbx_uuid_v7_of(rows[i].at_ms, rows[i].hash, text);
        assert_string_equal(text, rows[i].want);
    }
}

static void later_sorts_later(void **state) {
    (void)state;
    static const unsigned char high[LBX_UUID_RANDOM] = {0xFF, 0xFF, 0xFF, 0xFF,
                                                        0xFF, 0xFF, 0xFF, 0xFF};
    static const unsigned char low[LBX_UUID_RANDOM] = {0};
    for (int64_t us = 1795450118122000; us < 1795450118125000; us++) {
        char text[LBX_UUID_SIZE], next[LBX_UUID_SIZE];
        lbx_uuid_v7(us, high, text);
        lbx_uuid_v7(us + 1, low, next);
        assert_true(strcmp(text, next) < 0);
    }
}

static void canonical_form_only(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"017f22e2-79b0-7000-98c4-dc0c0c07398f", true},
        {"00000000-0000-0000-0000-000000000000", true},
        {"017f22e2-79b0-4000-98c4-dc0c0c07398f", true},
        {"017F22E2-79B0-7000-98C4-DC0C0C07398F", false},
        {"017f22e279b0700098c4dc0c0c07398f", false},
        {"{017f22e2-79b0-7000-98c4-dc0c0c07398f}", false},
        {"017f22e2-79b0-7000-98c4-dc0c0c07398", false},
        {"017f22e2-79b0-7000-98c4-dc0c0c07398f0", false},
        {"017f22e2-79b0-7000-98c4-dc0c0c07398g", false},
        {"017f22e2-79b0-7000-98c4.dc0c0c07398f", false},
        {"017f22e2--9b0-7000-98c4-dc0c0c07398f", false},
        {"", false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_ROW(&bad, rows[i].text, lbx_uuid_valid(rows[i].text) == rows[i].valid, "other");
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_of_version_7),
        cmocka_unit_test(made_of_a_hash),
        cmocka_unit_test(later_sorts_later),
        cmocka_unit_test(canonical_form_only),
    };
    return cmocka_run_group_tests_name("uuid", tests, NULL, NULL);
}
