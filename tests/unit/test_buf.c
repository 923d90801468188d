/* Buffers: growth, and each form in which a value is appended. */
#include "base/buf.h"
#include "check.h"

static void appends(void **state) {
    (void)state;
    struct lbx_buf buf LBX_BUF = {0};
    lbx_buf_str(&buf, "a");
    lbx_buf_char(&buf, 'b');
    lbx_buf_printf(&buf, "%03d", 7);
    lbx_buf_add(&buf, "\0c", 2);
    assert_int_equal(buf.len, 7);
    assert_memory_equal(buf.data, "ab007\0c", 8);
    lbx_buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
}

static void grows(void **state) {
    (void)state;
    struct lbx_buf buf LBX_BUF = {0};
    for (int i = 0; i < 100000; i++)
        lbx_buf_char(&buf, (char)('a' + i % 26));
    assert_int_equal(buf.len, 100000);
    for (size_t i = 0; i < buf.len; i++)
        assert_int_equal(buf.data[i], 'a' + i % 26);
    assert_int_equal(buf.data[buf.len], '\0');
}

static void numbers_are_big_endian(void **state) {
    (void)state;
    struct lbx_buf buf LBX_BUF = {0};
    lbx_buf_be16(&buf, 0x0102);
    lbx_buf_be32(&buf, 0x03040506);
    lbx_buf_be64(&buf, 0x0708090A0B0C0D0E);
    assert_int_equal(buf.len, 14);
    assert_memory_equal(buf.data, "\1\2\3\4\5\6\7\x8\x9\xA\xB\xC\xD\xE", 14);
}

static void fields_tell_null_from_empty(void **state) {
    (void)state;
    struct lbx_buf buf LBX_BUF = {0};
    lbx_buf_field(&buf, NULL, 0);
    lbx_buf_field(&buf, "", 0);
    lbx_buf_field_str(&buf, "ab");
    lbx_buf_field_str(&buf, NULL);
    assert_int_equal(buf.len, 18);
    assert_memory_equal(buf.data, "\xFF\xFF\xFF\xFF\0\0\0\0\0\0\0\2ab\xFF\xFF\xFF\xFF", 18);
}

static void json_strings(void **state) {
    (void)state;
    static const struct {
        const char *in;
        size_t len;
        const char *want;
    } rows[] = {
        {"", 0, "\"\""},
        {"plain", 5, "\"plain\""},
        {"\"\\/", 3, "\"\\\"\\\\/\""},
        {"\n\t\x01\x1F\x7F", 5, "\"\\u000a\\u0009\\u0001\\u001f\\u007f\""},
        {"a\0b", 3, "\"a\\u0000b\""},
        {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\x92", 9, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\x92\""},
        {"\xC3", 1, "\"\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xC3\"", 2, "\"\xEF\xBF\xBD\\\"\""},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf buf LBX_BUF = {0};
        lbx_buf_json_str(&buf, rows[i].in, rows[i].len);
        CHECK_ROW(&bad, rows[i].want, same(buf.data, rows[i].want), "got %s", buf.data);
    }
    assert_int_equal(bad, 0);
}

static void hexadecimal(void **state) {
    (void)state;
    struct lbx_buf buf LBX_BUF = {0};
    lbx_buf_hex(&buf, "\x00\x0F\xF0\xAB", 4);
    assert_string_equal(buf.data, "000ff0ab");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends),
        cmocka_unit_test(grows),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(fields_tell_null_from_empty),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(hexadecimal),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
