/* How many of the records in hand the next transaction takes: by number and by what they take in memory. */
#include "worker/backlog.h"

#include "check.h"

#include <string.h>

struct lbx_message {
    struct lbx_record record;
};

const struct lbx_record *__wrap_lbx_message_record(const struct lbx_message *message);
void __wrap_lbx_message_free(struct lbx_message *message);

const struct lbx_record *__wrap_lbx_message_record(const struct lbx_message *message) {
    return &message->record;
}

void __wrap_lbx_message_free(struct lbx_message *message) {
    (void)message;
}

enum { MANY = 10, BYTES = 1 << 20 };

static const struct lbx_header header = {"h", "", BYTES / 4};
static struct lbx_message small = {{.value_len = 10}}, large = {{.value_len = BYTES / 4}},
                          headed = {{.headers = &header, .header_count = 1}},
                          huge = {{.value_len = 3 * (size_t)BYTES}};

static struct lbx_backlog of(struct lbx_message *message, size_t count) {
    struct lbx_backlog backlog = {.most_records = MANY, .most_bytes = BYTES};
    for (size_t i = 0; i < count; i++)
        lbx_backlog_add(&backlog, message);
    return backlog;
}

static void as_many_as_a_batch_may_hold(void **state) {
    (void)state;
    struct lbx_backlog backlog = of(&small, MANY - 1);
    assert_false(lbx_backlog_full(&backlog));
    lbx_backlog_add(&backlog, &small);
    lbx_backlog_add(&backlog, &small);
    assert_true(lbx_backlog_full(&backlog));
    assert_int_equal(lbx_backlog_next(&backlog), MANY);
    lbx_backlog_done(&backlog);
}

static void bytes_bound_it_wherever_they_are(void **state) {
    (void)state;
    struct lbx_message *const kinds[] = {&large, &headed};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct lbx_backlog backlog = of(kinds[i], 9);
        assert_true(lbx_backlog_full(&backlog));
        assert_int_equal(lbx_backlog_next(&backlog), 4);
        lbx_backlog_committed(&backlog, 4);
        assert_int_equal(lbx_backlog_next(&backlog), 4);
        lbx_backlog_done(&backlog);
    }
}

static void one_record_goes_whatever_its_size(void **state) {
    (void)state;
    struct lbx_backlog backlog = of(&huge, 2);
    assert_int_equal(lbx_backlog_next(&backlog), 1);
    lbx_backlog_done(&backlog);
}

static void a_batch_that_leads_to_too_much_is_cut(void **state) {
    (void)state;
    struct lbx_backlog backlog = of(&small, MANY);
    lbx_backlog_cut(&backlog, MANY);
    assert_int_equal(lbx_backlog_next(&backlog), 1);
    assert_false(backlog.refused);
    lbx_backlog_committed(&backlog, 1);
    assert_int_equal(lbx_backlog_next(&backlog), MANY - 1);
    lbx_backlog_done(&backlog);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_a_batch_may_hold),
        cmocka_unit_test(bytes_bound_it_wherever_they_are),
        cmocka_unit_test(one_record_goes_whatever_its_size),
        cmocka_unit_test(a_batch_that_leads_to_too_much_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
