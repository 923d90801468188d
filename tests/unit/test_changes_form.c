/* Lists of changes, each with the fault that is found in it. */
#include "core/changes_form.h"

#include "check.h"

#include <string.h>

#define ENTRIES "not entries of path"
#define POINTER "no JSON pointer"
#define NOTHING "changes nothing"
#define ORDER "not in byte order"
#define LIST "no list"
#define WHOLE "not one entry, the whole object"

static const struct {
    const char *changes, *of_update, *of_creation; /* part of the fault; NULL: none */
} rows[] = {
    {"[{\"after\":1,\"path\":\"/a\"}]", NULL, WHOLE},
    {"[{\"before\":1,\"path\":\"/a\"}]", NULL, WHOLE},
    {"[{\"after\":1,\"before\":2,\"path\":\"/a\"}]", NULL, WHOLE},
    {"[{\"after\":null,\"before\":false,\"path\":\"/a\"}]", NULL, WHOLE},
    {"[{\"after\":{\"path\":\"/b\"},\"before\":[{},[\"]\"]],\"path\":\"/a/0/~0~1\"}]", NULL, WHOLE},
    {"[{\"after\":\"},{\\\"path\\\":\\\\\",\"path\":\"/a\"}]", NULL, WHOLE},
    {"[{\"after\":1,\"path\":\"/\"}]", NULL, WHOLE}, /* the member whose name is empty */
    {"[{\"after\":1,\"path\":\"/a\"},{\"after\":1,\"path\":\"/a/b\"},{\"after\":1,\"path\":\"/b\"}]",
     NULL, WHOLE},
    /* by the bytes that are meant: a control character before a quote, that before a backslash, all before what is not ASCII */
    {"[{\"after\":1,\"path\":\"/\\u0001\"},{\"after\":1,\"path\":\"/\\t\"},{\"after\":1,\"path\":\"/\\\"\"},"
     "{\"after\":1,\"path\":\"/A\"},{\"after\":1,\"path\":\"/\\\\\"},{\"after\":1,\"path\":\"/\xC3\xA9\"}]",
     NULL, WHOLE},
    /* hex digits behind a control character are none of its */
    {"[{\"after\":1,\"path\":\"/\\u0001f\"},{\"after\":1,\"path\":\"/\\u0002\"},{\"after\":1,\"path\":\"/\\u001f0\"},"
     "{\"after\":1,\"path\":\"/0\"}]",
     NULL, WHOLE},
    {"[{\"after\":{},\"path\":\"\"}]", POINTER, NULL},
    {"[{\"after\":{\"a\":[1,{\"b\":\"}]\"}]},\"path\":\"\"}]", POINTER, NULL},
    {"[{\"after\":{},\"before\":{\"a\":1},\"path\":\"\"}]", POINTER, WHOLE},
    {"[{\"before\":{},\"path\":\"\"}]", POINTER, WHOLE},
    {"[{\"after\":\"{\",\"path\":\"\"}]", POINTER, WHOLE},
    {"[{\"after\":{},\"path\":\"\"},{\"after\":{},\"path\":\"\"}]", POINTER, WHOLE},
    {"[{\"after\":{},\"path\":\"\"},{\"after\":1,\"path\":\"/a\"}]", POINTER, WHOLE},
    {"[{\"after\":1,\"path\":\"a\"}]", POINTER, WHOLE},
    {"[{\"after\":1,\"path\":\"#/a\"}]", POINTER, WHOLE},
    {"[{\"after\":1,\"path\":\"/a~\"}]", POINTER, WHOLE},
    {"[{\"after\":1,\"path\":\"/a~2\"}]", POINTER, WHOLE},
    {"[{\"after\":1,\"before\":1,\"path\":\"/a\"}]", NOTHING, WHOLE},
    {"[{\"after\":1,\"path\":\"/b\"},{\"after\":1,\"path\":\"/a\"}]", ORDER, WHOLE},
    {"[{\"after\":1,\"path\":\"/a\"},{\"after\":2,\"path\":\"/a\"}]", ORDER, WHOLE},
    {"[{\"after\":1,\"path\":\"/a/b\"},{\"after\":2,\"path\":\"/a\"}]", ORDER, WHOLE},
    {"[{\"after\":1,\"path\":\"/\\\\\"},{\"after\":1,\"path\":\"/A\"}]", ORDER, WHOLE},
    {"[{\"path\":\"/a\"}]", ENTRIES, ENTRIES},
    {"[{\"after\":1}]", ENTRIES, ENTRIES},
    {"[{}]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"path\":1}]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"path\":null}]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"path\":[\"/a\"]}]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"and\":2,\"path\":\"/a\"}]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"path\":\"/a\",\"reason\":\"harmless\"}]", ENTRIES, ENTRIES},
    {"[{\"\":0,\"after\":1,\"path\":\"/a\"}]", ENTRIES, ENTRIES},
    {"[{\"foo\":1}]", ENTRIES, ENTRIES},
    {"[[]]", ENTRIES, ENTRIES},
    {"[1]", ENTRIES, ENTRIES},
    {"[null]", ENTRIES, ENTRIES},
    {"[\"/a\"]", ENTRIES, ENTRIES},
    {"[{\"after\":1,\"path\":\"/a\"},1]", ENTRIES, WHOLE},
    {"[]", LIST, LIST},
    {"{}", LIST, LIST},
    {"{\"after\":1,\"path\":\"/a\"}", LIST, LIST},
    {"\"[{\"", LIST, LIST},
    {"null", LIST, LIST},
    {"1", LIST, LIST},
};

static bool says(const char *fault, const char *wanted) {
    return wanted ? fault && strstr(fault, wanted) : !fault;
}

static void what_changes_may_be(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *update = lbx_changes_fault(rows[i].changes, false);
        const char *creation = lbx_changes_fault(rows[i].changes, true);
        CHECK_ROW(&bad, rows[i].changes, says(update, rows[i].of_update), "update: %s", update);
        CHECK_ROW(&bad, rows[i].changes, says(creation, rows[i].of_creation), "creation: %s",
                  creation);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_changes_may_be)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
