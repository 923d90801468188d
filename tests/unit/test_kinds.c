/* Which kinds there are: sorted, well formed, and those that several groups have as a printed page. */
#include "core/kinds.h"

#include "core/item.h"

#include "check.h"
#include "golden.h"

/* Every kind that several groups have, with all of them. */
static void homonyms(void **unused) {
    (void)unused;
    struct lbx_buf page LBX_BUF = {0};
    size_t count = 0;
    for (size_t i = 0; lbx_kind(i); i += count) {
        size_t first = lbx_kind_candidates(lbx_kind(i), &count);
        assert_int_equal(first, i);
        assert_true(count > 0);
        const struct lbx_item item = {.action = "list_or_get_objects", .kind = lbx_kind(i)};
        struct lbx_item_fault fault;
        if (!lbx_item_permitted(&item, &fault))
            fail_msg("%s: %s", lbx_kind(i), fault.text);
        for (size_t k = 0; count > 1 && k < count; k++)
            lbx_buf_printf(&page, "%s%s", lbx_kind(i + k), k + 1 < count ? " " : "\n");
    }
    check_golden("homonyms.txt", &page);
}

static void kinds_stand_sorted(void **unused) {
    (void)unused;
    for (size_t i = 1; lbx_kind(i); i++) { /* by name, then by group; the core group first */
        size_t a = strcspn(lbx_kind(i - 1), "."), b = strcspn(lbx_kind(i), ".");
        int order = strncmp(lbx_kind(i - 1), lbx_kind(i), a < b ? a : b);
        assert_true(order < 0 || (order == 0 &&
                                  (a < b || (a == b && strcmp(lbx_kind(i - 1), lbx_kind(i)) < 0))));
    }
    size_t count;
    (void)lbx_kind_candidates("Unheard", &count);
    assert_int_equal(count, 0);
    (void)lbx_kind_candidates("Po", &count);
    assert_int_equal(count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(homonyms),
        cmocka_unit_test(kinds_stand_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
