/* What is read without a parser is what the parser reads. */
#include "event/payload.h"
#include "json/fields_json.h"
#include "json/recall.h"

#include "check.h"
#include "damage.h"

/* As the programs write it, with something of each type. */
#define REQUEST                                                                                                                  \
    "{\"request_id\":\"0190\",\"state\":\"approved\",\"version\":3,"                                                             \
    "\"decide_by\":\"2026-11-27T16:08:38.000001Z\",\"expires_at\":\"2026-11-24T00:08:38.000000Z\","                              \
    "\"unacknowledged\":false,\"tenant_id\":\"t\",\"subscription_id\":\"s\",\"ticket_id\":\"T-1\","                              \
    "\"engineer\":{\"id\":\"e\",\"email\":\"e@v.example\",\"name\":\"\xC3\x89va\",\"organization\":\"microsoft\"},"              \
    "\"resource_id\":\"/subscriptions/s\","                                                                                      \
    "\"actions\":[{\"number\":1,\"action\":\"get_pod_logs\",\"namespace\":\"openshift-ingress\",\"kept\":true},"                 \
    "{\"number\":2,\"action\":\"delete_object\",\"kind\":\"Pod\",\"name\":\"a\\\"b\\\\c\",\"namespace\":\"n\",\"kept\":false}]," \
    "\"justification\":\"one\\ntwo\\t/ \\/ \\b\\f\\r three\",\"duration\":\"PT8H\","                                             \
    "\"created_at\":\"2026-11-23T16:08:38.123456Z\",\"approvals_needed\":1,\"signed_decisions\":true,"                           \
    "\"approvers\":[{\"principal\":{\"id\":\"a\",\"email\":\"a@c.example\",\"name\":\"Ann\"},\"role\":\"owner\"},"               \
    "{\"principal\":{\"id\":\"b\",\"email\":\"b@c.example\",\"name\":\"Bo\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"c\",\"email\":\"c@c.example\",\"name\":\"Cy\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"d\",\"email\":\"d@c.example\",\"name\":\"Di\"},\"role\":\"owner\"},"                               \
    "{\"principal\":{\"id\":\"f\",\"email\":\"f@c.example\",\"name\":\"Flo\"},\"role\":\"owner\"}],"                             \
    "\"alternate_emails\":[\"x@c.example\",\"y@c.example\"],\"decisions\":[]"

/* Whether recall answered. Then the parser answers the same; *bad counts where it does not. */
static bool recalls_alike(const struct lbx_table *table, const char *text, size_t len,
                          struct lbx_arena *arena, int *bad) {
    struct lbx_buf ours LBX_BUF = {0}, theirs LBX_BUF = {0};
    struct lbx_reason reason = {{0}};
    void *recalled = lbx_arena_alloc(arena, table->size);
    void *parsed = lbx_arena_alloc(arena, table->size);
    /* Of its own, so that reading past the end is seen. */
    char *copy LBX_FREE = malloc(len ? len : 1);
    memcpy(copy, text, len);
    if (!lbx_recall(table, copy, len, arena, recalled))
        return false;
    if (lbx_json_recall(table, copy, len, arena, parsed, &reason) != LBX_OK) {
        print_error("recalled, but %s: %.*s\n", reason.text, (int)len, text);
        ++*bad;
        return true;
    }
    lbx_fields_write(table, recalled, &ours);
    lbx_fields_write(table, parsed, &theirs);
    if (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0) {
        print_error("%s\nbut parsed\n%s\n", ours.data, theirs.data);
        ++*bad;
    }
    return true;
}

static void ordinary_text_is_recalled(void **state) {
    (void)state;
    static const char *const texts[] = {
        REQUEST "}",
        REQUEST ",\"who_knows\":{\"a\":[1,{},null,-7,\"\\n\"]},\"extends\":null}",
        " \n" REQUEST " \t,\r\n \"reason_item\" : 7 } ",
        REQUEST ",\"opened_by\":{\"id\":\"o\",\"email\":\"o@c.example\",\"name\":\"O\"}}",
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(recalls_alike(&lbx_request_table, texts[i], strlen(texts[i]), &arena, &bad));
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* What breaks a row, or the grammar, or is only unusual. */
static void the_rest_is_left_to_the_parser(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "[]",
        "7",
        REQUEST,
        REQUEST "}}",
        REQUEST "},",
        REQUEST ",}",
        REQUEST ",\"state\":\"approved\"}",  /* twice */
        REQUEST ",\"extends\":\"\\u0041\"}", /* \u */
        REQUEST ",\"ext\\u0065nds\":\"a\"}",
        REQUEST ",\"reason_item\":7.0}",
        REQUEST ",\"reason_item\":1234567890123456789}",
        REQUEST ",\"reason_item\":07}",
        REQUEST ",\"reason_item\":\"7\"}",
        REQUEST ",\"digest\":\"short\"}",
        REQUEST ",\"remind_at\":\"2026-11-24 00:08:38Z\"}", /* not our form */
        REQUEST ",\"granted_duration\":\"PT0S\"}",
        REQUEST ",\"reason\":\"no such reason\"}",
        REQUEST ",\"extends\":\"\xC3\"}",
        REQUEST ",\"extends\":\"a\nb\"}",
        REQUEST ",\"who_knows\":"
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
        "{\"request_id\":\"0190\",\"state\":\"approved\",\"version\":3}", /* something is missing */
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (recalls_alike(&lbx_request_table, texts[i], strlen(texts[i]), &arena, &bad))
            fail_msg("recalled: %s", texts[i]);
    lbx_arena_done(&arena);
}

static void damaged_text_is_read_as_the_parser_reads_it(void **state) {
    (void)state;
    static const char whole[] =
        REQUEST ",\"who_knows\":{\"a\":[1,{},null,-7,\"\\n\"]},\"extends\":null}";
    struct lbx_arena arena;
    struct lbx_buf text LBX_BUF = {0};
    uint64_t chance = 1;
    int bad = 0;
    size_t recalled = 0;
    lbx_arena_init(&arena);
    for (int round = 0; round < 60000; round++) {
        lbx_buf_clear(&text);
        lbx_buf_add(&text, whole, sizeof whole - 1);
        damage(&text, &chance);
        recalled += recalls_alike(&lbx_request_table, text.data, text.len, &arena, &bad);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
    assert_in_range(recalled, 6000, 50000); /* some damage is harmless, most is not */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_is_recalled),
        cmocka_unit_test(the_rest_is_left_to_the_parser),
        cmocka_unit_test(damaged_text_is_read_as_the_parser_reads_it),
    };
    return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
