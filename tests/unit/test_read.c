/* Reading, and writing back, by a table made for it with one row of each type. */
#include "json/read.h"

#include "event/payload.h"
#include "json/write.h"

#include "base/time.h"
#include "base/utf8.h"
#include "check.h"

struct part {
    const char *id;
    int64_t n;
};

struct whole {
    const char *text, *prose, *email;
    int64_t number;
    bool flag;
    int64_t at, lasts;
    int color;
    struct part part;
    const char **texts;
    size_t text_count;
    int64_t *numbers;
    size_t number_count;
    struct part *parts;
    size_t part_count;
    const char *odd;
};

static const char *const colors[] = {NULL, "red", "green", NULL};

static const struct lbx_field part_rows[] = {
    LBX_ROW_TEXT(part, id, .required = true, .min = 1, .max = 8),
    LBX_ROW_INT(part, n, .min = -5, .max = 5),
};
static const struct lbx_table part_table = LBX_TABLE("part", part, part_rows);

static const struct lbx_field whole_rows[] = {
    LBX_ROW_TEXT(whole, text, .required = true, .min = 2, .max = 4),
    LBX_ROW_TEXT(whole, prose, .characters = true, .max = 4),
    LBX_ROW_TEXT(whole, email, .min = 3, .max = 20, .format = LBX_FMT_EMAIL),
    LBX_ROW_INT(whole, number, .min = 1, .max = INT64_MAX),
    LBX_ROW_BOOL(whole, flag),
    LBX_ROW_TIME(whole, at),
    LBX_ROW_DURATION(whole, lasts, .min = 1000000, .max = INT64_C(7200000000)),
    LBX_ROW_ENUM(whole, color, .names = colors),
    LBX_ROW_OBJECT(whole, part, struct part, .of = &part_table),
    LBX_ROW_TEXTS(whole, texts, text_count, .max = 3, .max_items = 3),
    LBX_ROW_INTS(whole, numbers, number_count, .min = 1, .max = 32, .min_items = 2, .max_items = 3),
    LBX_ROW_OBJECTS(whole, parts, part_count, struct part, .max_items = 2, .of = &part_table),
    {.name = "a/b~c", .type = LBX_T_TEXT, .max = 1, .offset = offsetof(struct whole, odd)},
};
static const struct lbx_table whole_table = LBX_TABLE("whole", whole, whole_rows);

struct row {
    const char *json;
    const char *reason; /* NULL: well */
    const char *written;
};

#define FINE(json, written)                                                                        \
    { json, NULL, written }
#define T "\"text\":\"abc\""
#define OUT(members) "{" T members "}"

static const struct row rows[] = {
    FINE("{" T "}", OUT("")),
    FINE(" {\n\t" T " } ", OUT("")),
    FINE("{" T ",\"unknown\":[{\"deep\":[1e3,null]}],\"color\":null}", OUT("")),

    /* text */
    {"{}", "/text: missing", NULL},
    {"{\"text\":null}", "/text: missing", NULL},
    {"{\"text\":1}", "/text: not a string", NULL},
    {"{\"text\":\"\"}", "/text: empty", NULL},
    {"{\"text\":\"a\"}", "/text: shorter than 2 bytes", NULL},
    {"{\"text\":\"abcde\"}", "/text: longer than 4 bytes", NULL},
    {"{\"text\":\"\xC3\xA9\xC3\xA9\xC3\xA9\"}", "/text: longer than 4 bytes", NULL},
    FINE("{" T ",\"prose\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}",
         OUT(",\"prose\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"")),
    FINE("{" T ",\"prose\":\"\\ud83d\\udd12\"}", OUT(",\"prose\":\"\xF0\x9F\x94\x92\"")),
    FINE("{" T ",\"prose\":\"\"}", OUT(",\"prose\":\"\"")),
    {"{" T ",\"prose\":\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\"}",
     "/prose: longer than 4 characters", NULL},
    FINE("{" T ",\"prose\":\"\\n\\\"\\\\\"}", OUT(",\"prose\":\"\\u000a\\\"\\\\\"")),
    {"{" T ",\"a/b~c\":\"xy\"}", "/a~1b~0c: longer than 1 bytes", NULL},

    /* e-mail */
    FINE("{" T ",\"email\":\"a@b\"}", OUT(",\"email\":\"a@b\"")),
    {"{" T ",\"email\":\"@a@b\"}", "/email: not an e-mail address: not a plain name before the @",
     NULL},
    {"{" T ",\"email\":\"@ab\"}", "/email: not an e-mail address: not a plain name before the @",
     NULL},
    {"{" T ",\"email\":\"ab@\"}", "/email: not an e-mail address: not a domain after the @", NULL},
    {"{" T ",\"email\":\"abc\"}", "/email: not an e-mail address: no @", NULL},
    {"{" T ",\"email\":\"@@\"}", "/email: shorter than 3 bytes", NULL},
    {"{" T ",\"email\":\"a b@c\"}", "/email: not an e-mail address: a space or control character",
     NULL},
    {"{" T ",\"email\":\"a@b\\r\\nBcc:x\"}",
     "/email: not an e-mail address: a space or control character", NULL},
    {"{" T ",\"email\":\"a\\u007f@b\"}",
     "/email: not an e-mail address: a space or control character", NULL},

    /* numbers */
    FINE("{" T ",\"number\":1}", OUT(",\"number\":1")),
    FINE("{" T ",\"number\":9223372036854775807}", OUT(",\"number\":9223372036854775807")),
    {"{" T ",\"number\":0}", "/number: not between 1 and 9223372036854775807", NULL},
    {"{" T ",\"number\":-1}", "/number: not between 1 and 9223372036854775807", NULL},
    {"{" T ",\"number\":1.0}", "/number: not an integer", NULL},
    {"{" T ",\"number\":1e0}", "/number: not an integer", NULL},
    {"{" T ",\"number\":\"1\"}", "/number: not an integer", NULL},
    {"{" T ",\"number\":true}", "/number: not an integer", NULL},
    {"{" T ",\"number\":9223372036854775808}", "value: a number too large (line 1, column 42)",
     NULL},
    {"{" T ",\"unknown\":1e999}", "value: a number too large (line 1, column 29)", NULL},

    /* true and false */
    FINE("{" T ",\"flag\":true}", OUT(",\"flag\":true")),
    FINE("{" T ",\"flag\":false}", OUT("")),
    {"{" T ",\"flag\":1}", "/flag: not true or false", NULL},
    {"{" T ",\"flag\":\"true\"}", "/flag: not true or false", NULL},

    /* times and durations */
    FINE("{" T ",\"at\":\"2026-11-23T17:08:38+01:00\"}",
         OUT(",\"at\":\"2026-11-23T16:08:38.000000Z\"")),
    {"{" T ",\"at\":\"2026-11-23 16:08:38+00\"}", "/at: not an RFC 3339 time from 1970 to 9999",
     NULL},
    {"{" T ",\"at\":\"2026-11-23\"}", "/at: not an RFC 3339 time from 1970 to 9999", NULL},
    {"{" T ",\"at\":1795450118}", "/at: not a string", NULL},
    FINE("{" T ",\"lasts\":\"PT120M\"}", OUT(",\"lasts\":\"PT2H\"")),
    {"{" T ",\"lasts\":\"PT0.9S\"}", "/lasts: shorter than PT1S", NULL},
    {"{" T ",\"lasts\":\"PT2H1S\"}", "/lasts: longer than PT2H", NULL},
    {"{" T ",\"lasts\":\"P10001D\"}", "/lasts: longer than PT2H", NULL},
    {"{" T ",\"lasts\":\"P1M\"}", "/lasts: not an ISO 8601 duration of weeks, days or time", NULL},
    {"{" T ",\"lasts\":\"PT0S\"}", "/lasts: not an ISO 8601 duration of weeks, days or time", NULL},
    {"{" T ",\"lasts\":60}", "/lasts: not a string", NULL},

    /* enums */
    FINE("{" T ",\"color\":\"green\"}", OUT(",\"color\":\"green\"")),
    FINE("{" T ",\"color\":\"red\"}", OUT(",\"color\":\"red\"")),
    {"{" T ",\"color\":\"Green\"}", "/color: not one of red, green", NULL},
    {"{" T ",\"color\":\"\"}", "/color: not one of red, green", NULL},
    {"{" T ",\"color\":1}", "/color: not a string", NULL},

    /* objects */
    FINE("{" T ",\"part\":{\"id\":\"p\",\"n\":-5}}", OUT(",\"part\":{\"id\":\"p\",\"n\":-5}")),
    FINE("{" T ",\"part\":null}", OUT("")),
    {"{" T ",\"part\":{}}", "/part/id: missing", NULL},
    {"{" T ",\"part\":{\"id\":\"p\",\"n\":6}}", "/part/n: not between -5 and 5", NULL},
    {"{" T ",\"part\":[]}", "/part: not an object", NULL},
    {"{" T ",\"part\":\"p\"}", "/part: not an object", NULL},

    /* lists */
    FINE("{" T ",\"texts\":[\"a\",\"\",\"abc\"]}", OUT(",\"texts\":[\"a\",\"\",\"abc\"]")),
    FINE("{" T ",\"texts\":[]}", OUT(",\"texts\":[]")),
    {"{" T ",\"texts\":[\"a\",\"b\",\"c\",\"d\"]}", "/texts: more than 3 items", NULL},
    {"{" T ",\"texts\":[\"a\",\"abcd\"]}", "/texts/1: longer than 3 bytes", NULL},
    {"{" T ",\"texts\":[null]}", "/texts/0: not a string", NULL},
    {"{" T ",\"texts\":\"a\"}", "/texts: not a list", NULL},
    {"{" T ",\"texts\":{}}", "/texts: not a list", NULL},
    FINE("{" T ",\"numbers\":[1,32]}", OUT(",\"numbers\":[1,32]")),
    {"{" T ",\"numbers\":[]}", "/numbers: empty", NULL},
    {"{" T ",\"numbers\":[1]}", "/numbers: fewer than 2 items", NULL},
    {"{" T ",\"numbers\":[1,33]}", "/numbers/1: not between 1 and 32", NULL},
    {"{" T ",\"numbers\":[1.0,2]}", "/numbers/0: not an integer", NULL},
    FINE("{" T ",\"parts\":[{\"id\":\"p\"},{\"id\":\"q\",\"n\":1}]}",
         OUT(",\"parts\":[{\"id\":\"p\"},{\"id\":\"q\",\"n\":1}]")),
    {"{" T ",\"parts\":[{\"id\":\"p\"},{\"id\":\"too long for it\"}]}",
     "/parts/1/id: longer than 8 bytes", NULL},
    {"{" T ",\"parts\":[{\"id\":\"p\"},7]}", "/parts/1: not an object", NULL},

    /* not JSON, or not an object */
    {"", "value: not JSON (line 1, column 0)", NULL},
    {"{" T, "value: not JSON (line 1, column 13)", NULL},
    {"{" T ",}", "value: not JSON (line 1, column 15)", NULL},
    {"{" T "} x", "value: not JSON (line 1, column 16)", NULL},
    {"{\n" T ",\n'a':1}", "value: not JSON (line 3, column 1)", NULL},
    {"\xEF\xBB\xBF{" T "}", "value: not JSON (line 1, column 1)", NULL},
    {"[]", "value: not an object", NULL},
    {"\"text\"", "value: not an object", NULL},
    {"null", "value: not an object", NULL},
    {"{" T ",\"unknown\":{\"a\":1,\"a\":1}}",
     "value: a member twice in one object (line 1, column 34)", NULL},
    {"{\"text\":\"a\",\"te\\u0078t\":\"abc\"}",
     "value: a member twice in one object (line 1, column 23)", NULL},
    {"{\"text\":\"a\\u0000\"}", "value: a NUL in a string (line 1, column 17)", NULL},
    {"{" T ",\"a\\u0000\":1}", "value: a NUL in a string (line 1, column 23)", NULL},
    {"{\"text\":\"\\ud800\"}", "value: not JSON (line 1, column 16)", NULL},
    {"{\"text\":\"\\udc00\\ud800\"}", "value: not JSON (line 1, column 22)", NULL},
    {"{\"text\":\"\xED\xA0\x80\"}", "value: not UTF-8 (line 1, column 9)", NULL},
    {"{\"text\":\"\xC0\x80\"}", "value: not UTF-8 (line 1, column 9)", NULL},
    {"{\"text\":\"\xFF\"}", "value: not UTF-8 (line 1, column 9)", NULL},
    {"{\"text\":\"\x01\"}", "value: not JSON (line 1, column 9)", NULL},
};

static void reads_and_writes(void **state) {
    (void)state;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct lbx_buf out LBX_BUF = {0};
        struct lbx_reason reason = {""};
        struct whole whole;
        enum lbx_err err =
            lbx_json_read(&whole_table, row->json, strlen(row->json), "", &arena, &whole, &reason);
        CHECK_ROW(&bad, row->json, err == (row->reason ? LBX_ERR_INVALID : LBX_OK), "err %d: %s",
                  err, reason.text);
        if (row->reason) {
            CHECK_ROW(&bad, row->json, same(reason.text, row->reason), "%s", reason.text);
        } else if (err == LBX_OK) {
            lbx_json_write(&whole_table, &whole, &out);
            CHECK_ROW(&bad, row->json, same(out.data, row->written), "wrote %s", out.data);
        }
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void places_are_filled(void **state) {
    (void)state;
    static const char json[] =
        "{\"text\":\"abc\",\"prose\":\"p\",\"email\":\"a@b\",\"number\":7,\"flag\":true,"
        "\"at\":\"2026-11-23T16:08:38Z\",\"lasts\":\"PT1H\",\"color\":\"green\","
        "\"part\":{\"id\":\"x\",\"n\":-1},\"texts\":[\"s\",\"t\"],\"numbers\":[3,2],"
        "\"parts\":[{\"id\":\"y\"},{\"id\":\"z\",\"n\":5}],\"a/b~c\":\"o\"}";
    struct lbx_arena arena;
    struct whole w;
    struct lbx_reason reason;
    struct lbx_buf out LBX_BUF = {0};
    lbx_arena_init(&arena);
    assert_int_equal(lbx_json_read(&whole_table, json, sizeof json - 1, "", &arena, &w, &reason),
                     LBX_OK);
    assert_string_equal(w.text, "abc");
    assert_string_equal(w.prose, "p");
    assert_string_equal(w.email, "a@b");
    assert_int_equal(w.number, 7);
    assert_true(w.flag);
    assert_int_equal(w.at, 1795450118000000);
    assert_int_equal(w.lasts, INT64_C(3600000000));
    assert_int_equal(w.color, 2);
    assert_string_equal(w.part.id, "x");
    assert_int_equal(w.part.n, -1);
    assert_int_equal(w.text_count, 2);
    assert_string_equal(w.texts[1], "t");
    assert_int_equal(w.number_count, 2);
    assert_int_equal(w.numbers[0], 3);
    assert_int_equal(w.part_count, 2);
    assert_string_equal(w.parts[0].id, "y");
    assert_int_equal(w.parts[0].n, 0);
    assert_int_equal(w.parts[1].n, 5);
    assert_string_equal(w.odd, "o");
    lbx_json_write(&whole_table, &w, &out);
    assert_string_equal(out.data,
                        "{\"text\":\"abc\",\"prose\":\"p\",\"email\":\"a@b\",\"number\":7,"
                        "\"flag\":true,\"at\":\"2026-11-23T16:08:38.000000Z\",\"lasts\":\"PT1H\","
                        "\"color\":\"green\",\"part\":{\"id\":\"x\",\"n\":-1},"
                        "\"texts\":[\"s\",\"t\"],\"numbers\":[3,2],"
                        "\"parts\":[{\"id\":\"y\"},{\"id\":\"z\",\"n\":5}],\"a/b~c\":\"o\"}");
    lbx_arena_done(&arena);
}

static void empty_is_not_absent(void **state) {
    (void)state;
    static const char empty[] = "{\"text\":\"abc\",\"texts\":[]}", absent[] = "{\"text\":\"abc\"}";
    struct lbx_arena arena;
    struct whole w;
    struct lbx_reason reason;
    lbx_arena_init(&arena);
    assert_int_equal(lbx_json_read(&whole_table, empty, sizeof empty - 1, "", &arena, &w, &reason),
                     LBX_OK);
    assert_non_null(w.texts);
    assert_int_equal(w.text_count, 0);
    assert_int_equal(
        lbx_json_read(&whole_table, absent, sizeof absent - 1, "", &arena, &w, &reason), LBX_OK);
    assert_null(w.texts);
    lbx_arena_done(&arena);
}

static void reasons_begin_where_told(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct whole w;
    struct lbx_reason reason;
    lbx_arena_init(&arena);
    assert_int_equal(lbx_json_read(&whole_table, "{}", 2, "/data", &arena, &w, &reason),
                     LBX_ERR_INVALID);
    assert_string_equal(reason.text, "/data/text: missing");
    assert_int_equal(lbx_json_read(&whole_table, "[]", 2, "/data", &arena, &w, &reason),
                     LBX_ERR_INVALID);
    assert_string_equal(reason.text, "/data: not an object");
    lbx_arena_done(&arena);
}

/* What nobody planned for costs no stack and no memory to speak of. */
static void nesting_is_bounded(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct whole w;
    struct lbx_reason reason;
    struct lbx_buf deep LBX_BUF = {0};
    lbx_arena_init(&arena);
    lbx_buf_str(&deep, "{\"text\":\"abc\",\"unknown\":");
    for (int i = 0; i < 200000; i++)
        lbx_buf_char(&deep, '[');
    assert_int_equal(lbx_json_read(&whole_table, deep.data, deep.len, "", &arena, &w, &reason),
                     LBX_ERR_INVALID);
    assert_non_null(strstr(reason.text, "value: nested too deeply (line 1, column "));
    lbx_buf_clear(&deep);
    lbx_buf_str(&deep, "{\"text\":\"abc\",\"unknown\":");
    for (int i = 0; i < 2000; i++)
        lbx_buf_char(&deep, '[');
    for (int i = 0; i < 2000; i++)
        lbx_buf_char(&deep, ']');
    lbx_buf_char(&deep, '}');
    assert_int_equal(lbx_json_read(&whole_table, deep.data, deep.len, "", &arena, &w, &reason),
                     LBX_OK);
    lbx_arena_done(&arena);
}

/* A name that is longer than a reason is cut off, and nothing else is harmed. */
static void reasons_are_bounded(void **state) {
    (void)state;
    char name[400];
    memset(name, '~', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct lbx_field field = {.name = name, .type = LBX_T_TEXT, .required = true, .max = 1};
    const struct lbx_table table = {"long", sizeof(char *), &field, 1};
    struct lbx_arena arena;
    const char *text;
    struct lbx_reason reason;
    lbx_arena_init(&arena);
    assert_int_equal(lbx_json_read(&table, "{}", 2, "", &arena, &text, &reason), LBX_ERR_INVALID);
    assert_int_equal(strlen(reason.text), sizeof reason.text - 1);
    assert_int_equal(strncmp(reason.text, "/~0~0", 5), 0);
    lbx_arena_done(&arena);
}

static void what_fits_is_read(void **state) {
    (void)state;
    static const char json[] =
        "{\"text\":5,\"prose\":\"far too long\",\"number\":7,\"at\":\"never\","
        "\"part\":{\"id\":\"much too long\",\"n\":3},\"texts\":[\"a\",1],"
        "\"parts\":[{\"n\":9},{\"id\":\"q\"}],\"color\":\"blue\"}";
    struct lbx_arena arena;
    struct whole w;
    lbx_arena_init(&arena);
    assert_true(lbx_json_read_partial(&whole_table, json, sizeof json - 1, &arena, &w));
    assert_null(w.text);
    assert_null(w.prose);
    assert_int_equal(w.number, 7);
    assert_int_equal(w.at, 0);
    assert_null(w.part.id);
    assert_int_equal(w.part.n, 3);
    assert_null(w.texts);
    assert_int_equal(w.text_count, 0);
    assert_int_equal(w.part_count, 2);
    assert_null(w.parts[0].id);
    assert_int_equal(w.parts[0].n, 0);
    assert_string_equal(w.parts[1].id, "q");
    assert_int_equal(w.color, 0);

    static const char *const no_objects[] = {"", "[]", "\"x\"", "{", "{\"a\":1,\"a\":1}"};
    for (size_t i = 0; i < COUNT(no_objects); i++) {
        memset(&w, 0xFF, sizeof w);
        assert_false(
            lbx_json_read_partial(&whole_table, no_objects[i], strlen(no_objects[i]), &arena, &w));
        assert_null(w.text);
    }
    lbx_arena_done(&arena);
}

/* However long a list is that has too many items, they take no memory. */
static void a_list_that_is_too_long_is_not_kept(void **state) {
    (void)state;
    enum { MANY = 100000 };
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_arena arena;
    struct whole w;
    lbx_arena_init(&arena);
    (void)lbx_arena_alloc(&arena, 1);
    const struct lbx_arena_block *first = arena.block;
    lbx_buf_str(&json, "{\"number\":7,\"parts\":[{}");
    for (int i = 0; i < MANY; i++)
        lbx_buf_str(&json, ",{}");
    lbx_buf_str(&json, "],\"flag\":true}");
    assert_true(lbx_json_read_partial(&whole_table, json.data, json.len, &arena, &w));
    assert_int_equal(w.part_count, 0);
    assert_int_equal(w.number, 7);
    assert_true(w.flag);
    assert_ptr_equal(arena.block, first);
    lbx_arena_done(&arena);
}

struct maybe {
    struct part part;
};

/* It must be said that there is none. */
static void null_may_be_required(void **state) {
    (void)state;
    static const struct lbx_field maybe_rows[] = {
        LBX_ROW_OBJECT(maybe, part, struct part, .required = true, .nullable = true,
                       .of = &part_table),
    };
    static const struct lbx_table maybe_table = LBX_TABLE("maybe", maybe, maybe_rows);
    static const struct row cases[] = {
        FINE("{\"part\":null}", "{\"part\":null}"),
        FINE("{\"part\":{\"id\":\"p\"}}", "{\"part\":{\"id\":\"p\"}}"),
        {"{}", "/part: missing", NULL},
        {"{\"part\":{}}", "/part/id: missing", NULL},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct lbx_buf out LBX_BUF = {0};
        struct lbx_reason reason = {""};
        struct maybe maybe;
        enum lbx_err err = lbx_json_read(&maybe_table, cases[i].json, strlen(cases[i].json), "",
                                         &arena, &maybe, &reason);
        lbx_json_write(&maybe_table, &maybe, &out);
        CHECK_ROW(&bad, cases[i].json,
                  err == LBX_OK ? same(out.data, cases[i].written)
                                : same(reason.text, cases[i].reason),
                  "%s %s", reason.text, out.data);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void required_without_a_value_is_null(void **state) {
    (void)state;
    struct whole w = {0};
    struct lbx_buf out LBX_BUF = {0};
    lbx_json_write(&whole_table, &w, &out);
    assert_string_equal(out.data, "{\"text\":null}");
}

/* What was stored under another rule about addresses is still read. */
static void stored_text_keeps_older_addresses(void **state) {
    (void)state;
    struct someone {
        const char *email;
    };
    static const struct lbx_field someone_rows[] = {
        LBX_ROW_TEXT(someone, email, .required = true, .max = 20, .format = LBX_FMT_EMAIL)};
    static const struct lbx_table table = LBX_TABLE("someone", someone, someone_rows);
    static const char odd[] = "{\"email\":\"a..b@c\"}", none[] = "{\"email\":7}";
    struct lbx_arena arena;
    struct lbx_reason reason;
    struct someone who;
    lbx_arena_init(&arena);
    assert_int_equal(lbx_json_read(&table, odd, sizeof odd - 1, "", &arena, &who, &reason),
                     LBX_ERR_INVALID);
    assert_int_equal(lbx_json_read_stored(&table, odd, sizeof odd - 1, &arena, &who, &reason),
                     LBX_OK);
    assert_string_equal(who.email, "a..b@c");
    assert_int_equal(lbx_json_read_stored(&table, none, sizeof none - 1, &arena, &who, &reason),
                     LBX_ERR_INVALID);
    lbx_arena_done(&arena);
}

/* A misspelt member of what the table reads, at any depth; of what it does not, none is looked for. */
static void members_are_known(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool known;
    } texts[] = {
        {"{\"request_id\":\"a\",\"engineer\":{\"id\":\"e\"},\"actions\":[{\"action\":\"x\"}]}",
         true},
        {"{\"request_ids\":\"a\"}", false},
        {"{\"engineer\":{\"ids\":\"e\"}}", false},
        {"{\"actions\":[{\"action\":\"x\"},{\"actions\":\"x\"}]}", false},
        {"{\"engineer\":7,\"actions\":null,\"decisions\":\"x\"}", true},
        {"{\"request_id\":", false},
        {"[]", true},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lbx_reason reason = {{0}};
        bool known =
            lbx_json_is_known(&lbx_request_table, texts[i].text, strlen(texts[i].text), &reason);
        assert_int_equal(known, texts[i].known);
        assert_int_equal(!known, reason.text[0] != '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_known),
        cmocka_unit_test(reads_and_writes),
        cmocka_unit_test(stored_text_keeps_older_addresses),
        cmocka_unit_test(places_are_filled),
        cmocka_unit_test(empty_is_not_absent),
        cmocka_unit_test(reasons_begin_where_told),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(reasons_are_bounded),
        cmocka_unit_test(what_fits_is_read),
        cmocka_unit_test(a_list_that_is_too_long_is_not_kept),
        cmocka_unit_test(null_may_be_required),
        cmocka_unit_test(required_without_a_value_is_null),
    };
    return cmocka_run_group_tests_name("read", tests, NULL, NULL);
}
