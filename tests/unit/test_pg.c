/* Sets as arrays, and round trips put together. What needs a server is in tests/e2e. */
#include "io/pg.h"

#include "check.h"
#include "hear.h"
#include "sql_unit.h"

#include <arpa/inet.h>

#define NOW INT64_C(1795450118123456)

/* ---- cells ---- */

/* A column's bytes in hex, or text where they can be read: length, dimensions, NULLs, type, count, first number; then
 * each cell behind its length. */
static int32_t number_at(const char *array, size_t at) {
    uint32_t number;
    memcpy(&number, array + at, sizeof number);
    return (int32_t)ntohl(number);
}

enum { COUNT_AT = 16, TYPE_AT = 12, CELLS_AT = 24 };

static int32_t length_of(const char *array) {
    int32_t len;
    memcpy(&len, array, sizeof len);
    return len;
}

/* The array's head is whole, and its length that of all cells. */
static void check_array(const char *array, int32_t type, int32_t count) {
    size_t at = CELLS_AT;
    assert_int_equal(number_at(array, 4), 1); /* dimensions */
    assert_int_equal(number_at(array, 8), 1); /* NULLs may come */
    assert_int_equal(number_at(array, TYPE_AT), type);
    assert_int_equal(number_at(array, COUNT_AT), count);
    assert_int_equal(number_at(array, 20), 1); /* the first one's number */
    for (int32_t i = 0; i < count; i++) {
        const int32_t len = number_at(array, at);
        assert_true(len >= -1);
        at += 4 + (len > 0 ? (size_t)len : 0);
    }
    assert_int_equal(length_of(array) + 4, at);
}

static void texts(void **unused) {
    (void)unused;
    static const char *const rows[] = {
        "NULL",
        "",
        "a",
        " ",
        "\"",
        "\\",
        "ends in \\",
        "},{",
        "a,b",
        "'; DROP TABLE request; --",
        "line\nline\ttab",
        "gr\xC3\xBC\xC3\x9F",
        "{\"a\": \"\\u0041\"}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_pg_arrays set = {0};
        lbx_pg_array_text(&set, rows[i]);
        lbx_pg_array_text(&set, NULL);
        const char *array = lbx_pg_arrays_column(&set, 0);
        check_array(array, 25, 2);
        const size_t len = strlen(rows[i]);
        assert_int_equal(number_at(array, CELLS_AT), len);
        assert_memory_equal(array + CELLS_AT + 4, rows[i], len);
        assert_int_equal(number_at(array, CELLS_AT + 4 + len), -1);
        lbx_pg_arrays_done(&set);
    }
}

static void numbers_times_and_bytes(void **unused) {
    (void)unused;
    struct lbx_pg_arrays set = {0};
    LBX_PG_ADD(&set, unit_kinds_given, .at = NOW, .bytes = {"\x00\xFF\"\\", 4});
    LBX_PG_ADD(&set, unit_kinds_given, .number = INT64_MIN);
    LBX_PG_ADD(&set, unit_kinds_given, .number = INT64_MAX, .at = 1,
               .bytes = {"", 0}); /* empty, not absent */
    assert_int_equal(lbx_pg_arrays_count(&set), 3);
    const char *numbers = lbx_pg_arrays_column(&set, 0), *times = lbx_pg_arrays_column(&set, 1),
               *bytes = lbx_pg_arrays_column(&set, 2);
    check_array(numbers, 20, 3);
    assert_memory_equal(numbers + CELLS_AT,
                        "\0\0\0\x08\0\0\0\0\0\0\0\0"
                        "\0\0\0\x08\x80\0\0\0\0\0\0\0"
                        "\0\0\0\x08\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
                        36);
    /* Microseconds from 2000-01-01: 848,765,318,123,456 and -946,684,799,999,999. */
    check_array(times, 1184, 3);
    assert_memory_equal(times + CELLS_AT,
                        "\0\0\0\x08\0\x03\x03\xF2\x93\x48\xCF\xC0"
                        "\xFF\xFF\xFF\xFF"
                        "\0\0\0\x08\xFF\xFC\xA2\xFE\xC4\xC8\x20\x01",
                        28);
    check_array(bytes, 17, 3);
    assert_memory_equal(bytes + CELLS_AT, "\0\0\0\x04\0\xFF\"\\\xFF\xFF\xFF\xFF\0\0\0\0", 16);
    lbx_pg_arrays_done(&set);
}

/* ---- sets ---- */

static void columns_of_rows(void **unused) {
    (void)unused;
    struct lbx_pg_arrays set = {0};
    assert_int_equal(lbx_pg_arrays_count(&set), 0);
    for (int i = 0; i < 500; i++) {
        LBX_PG_ADD(&set, unit_pair_given, .number = i, .name = i % 2 ? NULL : "x");
        assert_int_equal(lbx_pg_arrays_count(&set), i + 1);
    }
    const char *numbers = lbx_pg_arrays_column(&set, 0), *texts_of = lbx_pg_arrays_column(&set, 1);
    check_array(numbers, 20, 500);
    check_array(texts_of, 25, 500);
    for (int i = 0; i < 500; i++)
        assert_int_equal(number_at(numbers, CELLS_AT + 12 * (size_t)i + 8), i);
    assert_memory_equal(texts_of + CELLS_AT, "\0\0\0\x01x\xFF\xFF\xFF\xFF\0\0\0\x01x", 14);
    assert_ptr_equal(lbx_pg_arrays_column(&set, 0), numbers); /* closed once */
    lbx_pg_arrays_done(&set);
}

static void no_rows_are_an_empty_array(void **unused) {
    (void)unused;
    struct lbx_pg_arrays set = {0};
    assert_int_equal(length_of(lbx_pg_arrays_column(&set, 0)), 0);
    assert_int_equal(length_of(lbx_pg_no_rows), 0);
    lbx_pg_arrays_done(&set);
}

/* A statement's file says how its parameters are sent. */
static void types_of_parameters(void **unused) {
    (void)unused;
    static const unsigned expected[] = {1009, 1016, 1185, 1016, 1001, 1009, 1016, 1009,
                                        1009, 1009, 0,    20,   1184, 1009, 0,    0};
    assert_int_equal(sql_unit_typed.type_count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(sql_unit_typed.types[i], expected[i]);
    assert_int_equal(lbx_sql_begin.type_count, 0);
}

/* Names stand for what the lines say of them. */
static void names_in_a_statement(void **unused) {
    (void)unused;
    static const char *const parts[] = {
        "INSERT INTO thing (\"id\", \"number\", ",
        "SELECT given.\"id\", given.\"number\", ",
        "FROM unnest($1::uuid[], $2::bigint[], ",
        "$10::jsonb[]) WITH ORDINALITY AS given (\"id\", ",
        "\"more\", \"place\")\n WHERE $11::text <> ''",
        "id = ANY ($14::uuid[]) AND $15::boolean AND $16::interval IS NOT NULL",
        "LIMIT $12::integer\n",
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        if (!strstr(sql_unit_typed.text, parts[i]))
            fail_msg("not in the statement: %s", parts[i]);
    assert_int_equal(sql_unit_typed.answers.count, 7);
    assert_int_equal(SQL_UNIT_TYPED_KEPT, 6);
    assert_string_equal(sql_unit_typed.answers.columns[SQL_UNIT_TYPED_PART].name, "part");
}

/* ---- calls ---- */

static void calls_in_their_order(void **unused) {
    (void)unused;
    static struct lbx_pg_pipeline calls;
    const char *one = "1";
    calls.count = 0;
    assert_int_equal(lbx_pg_call(&calls, &lbx_sql_begin, NULL), 0);
    assert_int_equal(LBX_PG_CALL(&calls, unit_values, .two = "2", .one = one), 1);
    assert_int_equal(LBX_PG_CALL(&calls, unit_values, .three = -1), 2);
    assert_int_equal(calls.count, 3);
    assert_ptr_equal(calls.list[0].sql, &lbx_sql_begin);
    assert_int_equal(calls.list[0].param_count, 0);
    assert_ptr_equal(calls.list[1].sql, &sql_unit_values);
    assert_int_equal(calls.list[1].param_count, 3);
    assert_ptr_equal(calls.list[1].params[0], one); /* borrowed */
    assert_string_equal(calls.list[1].params[1], "2");
    assert_memory_equal(calls.list[1].params[2], "\0\0\0\0\0\0\0\0", 8);
    assert_null(calls.list[2].params[1]);
    assert_memory_equal(calls.list[2].params[2], "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8);
}

/* Each column's cells are of its type; what is left out is NULL where its type has one. */
static void rows_by_name(void **unused) {
    (void)unused;
    struct lbx_pg_arrays set LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    LBX_PG_ADD(&set, unit_typed_given, .level = 3, .id = "x", .at = NOW, .open = true,
               .bytes = {"\xFF", 1});
    LBX_PG_ADD(&set, unit_typed_given, .part = 9);
    assert_int_equal(lbx_pg_arrays_count(&set), 2);
    static const int32_t types[] = {25, 20, 1184, 20, 17, 25, 20, 25, 25, 25};
    for (size_t i = 0; i < COUNT(types); i++)
        check_array(lbx_pg_arrays_column(&set, i), types[i], 2);
    assert_memory_equal(lbx_pg_arrays_column(&set, 0) + CELLS_AT, "\0\0\0\x01x\xFF\xFF\xFF\xFF", 9);
    assert_memory_equal(lbx_pg_arrays_column(&set, 3) + CELLS_AT,
                        "\xFF\xFF\xFF\xFF\0\0\0\x08\0\0\0\0\0\0\0\x09", 16);
    assert_memory_equal(lbx_pg_arrays_column(&set, 4) + CELLS_AT, "\0\0\0\x01\xFF\xFF\xFF\xFF\xFF",
                        9);
    assert_memory_equal(lbx_pg_arrays_column(&set, 6) + CELLS_AT,
                        "\0\0\0\x08\0\0\0\0\0\0\0\x03\0\0\0\x08\0\0\0\0\0\0\0\0", 24);
    assert_memory_equal(lbx_pg_arrays_column(&set, 8) + CELLS_AT, "\0\0\0\x01t\0\0\0\x01", 9);
}

static void parameters_by_name(void **unused) {
    (void)unused;
    static struct lbx_pg_pipeline calls;
    struct lbx_pg_arrays set LBX_CLEANUP(lbx_pg_arrays_done) = {0},
                             ids LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    calls.count = 0;
    assert_int_equal(LBX_PG_CALL(&calls, unit_typed, .given = &set), LBX_NO_CALL);
    assert_int_equal(LBX_PG_CALL(&calls, unit_typed, .ids = &ids), LBX_NO_CALL);
    assert_int_equal(calls.count, 0); /* nothing to do is no call */
    LBX_PG_ADD(&set, unit_typed_given, .id = "x");
    lbx_pg_array_text(&ids, "y");
    assert_int_equal(LBX_PG_CALL(&calls, unit_typed, .ids = &ids, .ttl = "PT1H", .given = &set,
                                 .most = 258, .all = true),
                     0);
    assert_int_equal(LBX_PG_CALL(&calls, unit_typed, .given = &set, .until = NOW), 1);
    const struct lbx_call *call = &calls.list[0];
    assert_int_equal(call->param_count, 16);
    assert_ptr_equal(call->params[9], lbx_pg_arrays_column(&set, 9));
    assert_null(call->params[10]); /* consumer */
    assert_memory_equal(call->params[11], "\0\0\0\0\0\0\x01\x02", 8);
    assert_null(call->params[12]); /* until */
    assert_ptr_equal(call->params[13], lbx_pg_arrays_column(&ids, 0));
    assert_string_equal(call->params[14], "t");
    assert_string_equal(call->params[15], "PT1H");
    assert_memory_equal(calls.list[1].params[12], "\0\x03\x03\xF2\x93\x48\xCF\xC0", 8);
    assert_ptr_equal(calls.list[1].params[13], lbx_pg_no_rows); /* an array may be empty */
    assert_int_equal(LBX_PG_CALL(&calls, unit_named, .name = &set), 2);
    assert_ptr_equal(calls.list[2].params[0], lbx_pg_arrays_column(&set, 7));
}

/* A statement takes rows of another's set where that has its columns, wherever they stand. */
static void rows_of_a_wider_set(void **unused) {
    (void)unused;
    static struct lbx_pg_pipeline calls;
    struct lbx_pg_arrays set LBX_CLEANUP(lbx_pg_arrays_done) = {0};
    calls.count = 0;
    LBX_PG_ADD(&set, unit_typed_given, .id = "x", .name = "y");
    LBX_PG_CALL(&calls, unit_narrow, .given = &set);
    assert_int_equal(calls.list[0].param_count, 2);
    assert_ptr_equal(calls.list[0].params[0], lbx_pg_arrays_column(&set, 7));
    assert_ptr_equal(calls.list[0].params[1], lbx_pg_arrays_column(&set, 0));
}

static enum lbx_err open_url(const char *url, struct lbx_pg **ret_pg) {
    static const struct lbx_sql *const *const none[] = {NULL};
    const struct lbx_pg_options options = {
        .url = url, .application = "test", .search_path = "public"};
    return lbx_pg_open(&options, none, ret_pg);
}

/* Nobody listens there: tell, and leave nothing behind. */
static void no_server(void **unused) {
    (void)unused;
    struct lbx_pg *pg = NULL;
    assert_int_equal(open_url("host=127.0.0.1 port=1 dbname=none", &pg), LBX_ERR_UNAVAILABLE);
    assert_null(pg);
    lbx_pg_close(NULL);
}

/* A URL with something wrong in it is refused at once, and no log quotes a password out of it. */
static void a_bad_url_keeps_its_secret(void **unused) {
    (void)unused;
    static const char *const urls[] = {
        "postgresql://u:s3cret@[h/d",
        "postgresql://u:s3cret%@h/d",
        "postgresql://u:s3cret@127.0.0.1:1/d?sslmod=require",
        "postgresql://u:s3cret",       /* read as host u, port s3cret */
        "postgresql://u:s3cret/x@h/d", /* the same, and a database x@h/d */
        "postgresql://u@h:s3cret/d",
        "host=h password='s3cret",
        "host=h s3cret",
        "host=127.0.0.1 port=s3cret",
        "host=127.0.0.1 port=1,s3cret",
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct lbx_pg *pg = NULL;
        struct heard heard;
        CHECK_ROW(&bad, urls[i], lbx_pg_check(urls[i]) == LBX_ERR_INVALID, "it is taken");
        hear(&heard);
        enum lbx_err err = open_url(urls[i], &pg);
        const char *text = heard_all(&heard);
        CHECK_ROW(&bad, urls[i], err == LBX_ERR_INVALID && !pg, "%s", lbx_err_text(err));
        CHECK_ROW(&bad, urls[i], !strstr(text, "s3cret"), "%s", text);
        heard_done(&heard);
    }
    static const char *const good[] = {
        "",
        "postgresql://",
        "postgresql:///lockbox",
        "postgresql://u:s3%2Fcret@h:5432/d",
        "postgresql://h1:1,h2:2/d?target_session_attrs=read-write",
        "host=h port=5432 dbname=d",
        "postgresql:///d?host=/run/postgresql&port=5433",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        CHECK_ROW(&bad, good[i], lbx_pg_check(good[i]) == LBX_OK, "it is refused");
    assert_int_equal(bad, 0);
}

/* As PostgreSQL's COPY takes a row: how many cells, then each behind its length. */
static void rows_of_copy(void **unused) {
    (void)unused;
    struct lbx_buf out LBX_BUF = {0};
    LBX_PG_COPY_ROW(&out, unit_copied, .name = "ab", .wide = 1, .narrow = -2, .small = 3,
                    .at = LBX_PG_EPOCH_US + 5, .bytes = {"\0z", 2});
    static const char row[] = "\0\6"
                              "\0\0\0\2ab"
                              "\0\0\0\10\0\0\0\0\0\0\0\1"
                              "\0\0\0\4\377\377\377\376"
                              "\0\0\0\2\0\3"
                              "\0\0\0\10\0\0\0\0\0\0\0\5"
                              "\0\0\0\2\0z";
    assert_int_equal(out.len, sizeof row - 1);
    assert_memory_equal(out.data, row, sizeof row - 1);
    lbx_buf_clear(&out);
    LBX_PG_COPY_ROW(&out, unit_copied, .wide = 1);
    assert_memory_equal(out.data, "\0\6\377\377\377\377\0\0\0\10",
                        10); /* what is left out is NULL */
    assert_string_equal(
        strstr(sql_unit_copied.text, "COPY"),
        "COPY it (\"name\", \"wide\", \"narrow\", \"small\", \"at\", \"bytes\") FROM STDIN (FORMAT "
        "binary)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(numbers_times_and_bytes),
        cmocka_unit_test(columns_of_rows),
        cmocka_unit_test(no_rows_are_an_empty_array),
        cmocka_unit_test(types_of_parameters),
        cmocka_unit_test(calls_in_their_order),
        cmocka_unit_test(names_in_a_statement),
        cmocka_unit_test(rows_by_name),
        cmocka_unit_test(parameters_by_name),
        cmocka_unit_test(rows_of_a_wider_set),
        cmocka_unit_test(rows_of_copy),
        cmocka_unit_test(no_server),
        cmocka_unit_test(a_bad_url_keeps_its_secret),
    };
    return cmocka_run_group_tests_name("pg", tests, NULL, NULL);
}
