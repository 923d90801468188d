/* Witness policies: which quorums are met, and which texts are no policy. */
#include "tlog/policy.h"

#include "check.h"

enum { WITNESSES = 5 };

static char vkeys[WITNESSES][256];

static int make_witnesses(void **state) {
    (void)state;
    for (int i = 0; i < WITNESSES; i++) {
        unsigned char key[LBX_KEY_SIZE];
        struct lbx_buf vkey LBX_BUF = {0};
        struct lbx_verifier verifier;
        char name[32];
        memset(key, i + 1, sizeof key);
        snprintf(name, sizeof name, "witness.example/w%d", i);
        if (lbx_verifier_init(&verifier, name, LBX_NOTE_COSIGNATURE, key) != LBX_OK)
            return -1;
        lbx_vkey_write(&verifier, &vkey);
        snprintf(vkeys[i], sizeof vkeys[i], "%s", vkey.data);
    }
    return 0;
}

/* In a row's text, $0 … $4 are the witnesses' keys. */
static void expand(const char *text, struct lbx_buf *out) {
    for (; *text; text++)
        if (*text == '$')
            lbx_buf_str(out, vkeys[*++text - '0']);
        else
            lbx_buf_char(out, *text);
}

#define THREE "witness X1 $0\nwitness X2 $1 https://x2.example/\nwitness X3 $2\n"

static void quorums(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        uint64_t witnesses;
        bool met;
    } rows[] = {
        {"quorum none\n", 0, true},
        {"# words\n\n \t\nwitness X1 $0\nquorum X1\n", 0, false},
        {"witness X1 $0\nquorum X1", 1, true},
        {THREE "group g 2 X1 X2 X3\nquorum g\n", 1, false},
        {THREE "group g 2 X1 X2 X3\nquorum g\n", 5, true},
        {THREE "group g any X1 X2 X3\nquorum g\n", 4, true},
        {THREE "group g all X1 X2 X3\nquorum g\n", 3, false},
        {THREE "group g all X1 X2 X3\nquorum g\n", 7, true},
        {THREE "group a any X1 X2\ngroup b all a X3\nquorum b\n", 2, false},
        {THREE "group a any X1 X2\ngroup b all a X3\nquorum b\n", 6, true},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_witness_policy policy;
        struct lbx_buf text LBX_BUF = {0};
        size_t line;
        expand(rows[i].policy, &text);
        enum lbx_err err = lbx_policy_read(text.data, text.len, &policy, &line);
        CHECK_ROW(&bad, rows[i].policy, err == LBX_OK, "line %zu", line);
        if (err == LBX_OK)
            CHECK_ROW(&bad, rows[i].policy,
                      lbx_policy_is_met(&policy, rows[i].witnesses) == rows[i].met, "not so");
    }
    assert_int_equal(bad, 0);
}

static void policies_of_another_form(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        size_t line;
    } rows[] = {
        {"", 0},
        {"witness X1 $0\n", 0},
        {"quorum none\nquorum none\n", 2},
        {"quorum X1\n", 1},
        {"quorum\n", 1},
        {"colour blue\nquorum none\n", 1},
        {"witness X1\nquorum none\n", 1},
        {"witness none $0\nquorum none\n", 1},
        {"witness X1 $0\nwitness X1 $1\nquorum none\n", 2},
        {"witness X1 $0\nwitness X2 $0\nquorum none\n", 2},
        {"witness X1 nonsense\nquorum none\n", 1},
        {"log nonsense\nquorum none\n", 1},
        {"witness X1 $0\ngroup g 2 X1\nquorum g\n", 2},
        {"witness X1 $0\ngroup g 0 X1\nquorum g\n", 2},
        {"witness X1 $0\ngroup g any\nquorum g\n", 2},
        {"witness X1 $0\ngroup g any X2\nquorum g\n", 2},
        {"witness X1 $0\ngroup g any X1 X1\nquorum g\n", 2},
        {"witness X1 $0\ngroup g any X1\ngroup h any X1\nquorum g\n", 3},
        {"witness X1 $0\ngroup X1 any X1\nquorum X1\n", 2},
        {"quorum none\r\n", 1},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_witness_policy policy;
        struct lbx_buf text LBX_BUF = {0};
        size_t line = 99;
        lbx_buf_str(&text, "");
        expand(rows[i].policy, &text);
        enum lbx_err err = lbx_policy_read(text.data, text.len, &policy, &line);
        CHECK_ROW(&bad, rows[i].policy, err == LBX_ERR_INVALID && line == rows[i].line,
                  "err %d, line %zu", err, line);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quorums),
        cmocka_unit_test(policies_of_another_form),
    };
    return cmocka_run_group_tests_name("policy", tests, make_witnesses, NULL);
}
