/* A row in hand outlives the database's answer that it was read from: while it waits for Kafka, the session asks for
 * other things, and each question ends the answer before it. */
#include "relay/rows.h"

#include "check.h"

#include <stdlib.h>

static char *of_answer(const char *text) {
    return strdup(text);
}

/* As an allocator leaves memory that it got back. */
static void ended(char *text) {
    memset(text, 0xC0, strlen(text));
    free(text);
}

static void a_row_lives_by_itself(void **unused) {
    (void)unused;
    static const char event[] = "{\"specversion\":\"1.0\",\"id\":\"019ab1f0\"}";
    char *key = of_answer("contoso"), *value = of_answer(event);
    const struct sql_relay_take_fresh_answer it = {
        .seq = 7, .shard = 3, .attempts = 1, .key = key, .value = value};
    struct relay_row *row = relay_row_event(&it);
    ended(key);
    ended(value);
    const struct lbx_record *record = &row->row.record;
    assert_int_equal(record->value_len, sizeof event - 1);
    assert_memory_equal(record->value, event, sizeof event - 1);
    assert_int_equal(record->key_len, strlen("contoso"));
    assert_memory_equal(record->key, "contoso", strlen("contoso"));
    assert_string_equal(row->row.order_key, "event contoso");
    assert_true(row->row.alone);
    assert_int_equal(row->row.id, 7);
    assert_int_equal(row->shard, 3);
    assert_int_equal(row->bytes, record->key_len + record->value_len);
    relay_row_free(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_lives_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
