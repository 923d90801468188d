/* Trees: parsed as jansson parses, in canonical order, and changed in place. */
#include "json/canonical.h"
#include "json/dom.h"

#include "check.h"
#include "damage.h"

static void add_canonical(const struct lbx_node *node, struct lbx_buf *out) {
    const char *why = "";
    if (!lbx_canonical_add(node, out, &why))
        lbx_buf_str(out, why);
}

/* Whether no parser was needed; *bad counts where jansson says something else. */
static bool parses_alike(const char *text, size_t len, int *bad) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    struct lbx_reason reason = {{0}};
    struct lbx_node node;
    /* Of its own, so that reading past the end is seen. */
    char *copy LBX_FREE = malloc(len ? len : 1);
    memcpy(copy, text, len);
    lbx_arena_init(&arena);
    json_t *value LBX_JSON = lbx_dom_parse(copy, len, &reason);
    const struct lbx_node *any = lbx_node_parse(copy, len, &arena, &reason);
    bool parsed = lbx_node_parse_text(copy, len, &arena, &node);
    if (parsed)
        add_canonical(&node, &ours);
    if (value)
        add_canonical(lbx_node_of(value, &arena), &theirs);
    bool same = !parsed || (value && strcmp(ours.data, theirs.data) == 0);
    CHECK_ROW(bad, text, same && !any == !value, "parsed as by jansson");
    return parsed;
}

static void ordinary_text_needs_no_parser(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool needs_none;
    } rows[] = {
        {"{}", true},
        {" [ ] ", true},
        {"{\"b\":[1,-2,{}],\"a\":{\"d\":null,\"c\":true},\"\":false}", true},
        {"\"\\u003cb\\u003e\\u0026\\u00e9\\u2028\\n\\/\\\"\"", true},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", true},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", false},
        {"{\"a\":1,\"a\":1}", false},
        {"{\"b\":1,\"c\":1,\"b\":1}", false},
        {"{\"a\":{\"z\":1,\"z\":1}}", false},
        {"{\"\\u0061\":1}", false},
        {"\"\\ud83d\\ude00\"", false},
        {"1.5", false},
        {"12345678901234567890", false},
        {"{\"a\":1,}", false},
        {"[1 2]", false},
        {"", false},
        {"\"\\u0000\"", false},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(&bad, rows[i].text,
                  parses_alike(rows[i].text, strlen(rows[i].text), &bad) == rows[i].needs_none,
                  "without jansson");
    assert_int_equal(bad, 0);
}

static void damaged_text_is_parsed_as_the_parser_parses_it(void **state) {
    (void)state;
    static const char whole[] =
        "{\"metadata\":{\"name\":\"a\\u003cb\",\"labels\":{\"a\":\"b\",\"B\":\"\xC3\xA9\"}},"
        "\"spec\":{\"replicas\":3,\"list\":[1,{},null,-7,\"\\n\",[true,false]]}}";
    struct lbx_buf text LBX_BUF = {0};
    uint64_t chance = 1;
    int bad = 0;
    size_t parsed = 0;
    for (int round = 0; round < 20000; round++) {
        lbx_buf_clear(&text);
        lbx_buf_add(&text, whole, sizeof whole - 1);
        damage(&text, &chance);
        parsed += parses_alike(text.data, text.len, &bad);
    }
    assert_int_equal(bad, 0);
    assert_true(parsed > 100);
}

/* By UTF-16 code units, and by the parser's own values as well. */
static void members_stand_in_canonical_order(void **state) {
    (void)state;
    static const char text[] =
        "{\"\xEF\xAC\xB3\":1,\"\xF0\x9F\x98\x80\":2,\"b\":3,\"B\":4,\"ab\":5,\"a\":6,\"\":7}";
    static const char wanted[] =
        "{\"\":7,\"B\":4,\"a\":6,\"ab\":5,\"b\":3,\"\xF0\x9F\x98\x80\":2,\"\xEF\xAC\xB3\":1}";
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    struct lbx_reason reason;
    struct lbx_node node;
    lbx_arena_init(&arena);
    json_t *value LBX_JSON = lbx_dom_parse(text, sizeof text - 1, &reason);
    assert_true(lbx_node_parse_text(text, sizeof text - 1, &arena, &node));
    add_canonical(&node, &ours);
    add_canonical(lbx_node_of(value, &arena), &theirs);
    assert_string_equal(ours.data, wanted);
    assert_string_equal(theirs.data, wanted);
}

static void members_are_found_dropped_and_set(void **state) {
    (void)state;
    static const char text[] = "{\"a\":[\"x\",2],\"b\":\"y\",\"c\":{}}";
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done);
    struct lbx_buf out LBX_BUF = {0};
    struct lbx_reason reason;
    lbx_arena_init(&arena);
    struct lbx_node *node = lbx_node_parse(text, sizeof text - 1, &arena, &reason);
    assert_true(lbx_node_is_text(lbx_node_element(lbx_node_member(node, "a"), 0), "x"));
    assert_null(lbx_node_element(lbx_node_member(node, "a"), 2));
    assert_null(lbx_node_element(node, 0));
    assert_null(lbx_node_member(lbx_node_member(node, "a"), "a"));
    assert_null(lbx_node_member(node, "aa"));
    assert_null(lbx_node_member(NULL, "a"));
    assert_false(lbx_node_is_text(lbx_node_member(node, "c"), ""));
    assert_string_equal(lbx_node_text(lbx_node_member(node, "b"), &arena), "y");
    assert_null(lbx_node_text(lbx_node_member(node, "a"), &arena));
    lbx_node_set_text(lbx_node_element(lbx_node_member(node, "a"), 1), "z");
    lbx_node_drop(node, "b");
    lbx_node_drop(node, "none");
    lbx_node_drop(lbx_node_member(node, "a"), "x");
    lbx_node_drop(NULL, "a");
    add_canonical(node, &out);
    assert_string_equal(out.data, "{\"a\":[\"x\",\"z\"],\"c\":{}}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_needs_no_parser),
        cmocka_unit_test(damaged_text_is_parsed_as_the_parser_parses_it),
        cmocka_unit_test(members_stand_in_canonical_order),
        cmocka_unit_test(members_are_found_dropped_and_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
