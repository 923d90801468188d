/* Clusters' ids: their form, and Azure's alphabets. */
#include "base/resource.h"

#include "check.h"

#define S "/subscriptions/"
#define G "/resourceGroups/"
#define P "/providers/Microsoft.RedHatOpenShift/openShiftClusters/"
#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static void each_id_has_its_alphabet(void **unused) {
    (void)unused;
    static const struct {
        const char *text, *bad; /* which id; NULL: none */
    } rows[] = {
        {S "3a7c9d52-6e14" G "rg-prod" P "aro", NULL},
        {"/SUBSCRIPTIONS/s/RESOURCEGROUPS/g/PROVIDERS/MICROSOFT.REDHATOPENSHIFT/OPENSHIFTCLUSTERS/c",
         NULL},
        {S A60 "aaaa" G "g" P "c", NULL},
        {S A60 "aaaaa" G "g" P "c", "subscription"},
        {S "s_1" G "g" P "c", "subscription"},
        {S "s 1" G "g" P "c", "subscription"},
        {S "\xe2\x84\xaa" G "g" P "c", "subscription"},
        {S "s" G "A.z_0(1)-" P "c", NULL},
        {S "s" G "." P "c", "resource group"},
        {S "s" G "g." P "c", "resource group"},
        {S "s" G "g%20" P "c", "resource group"},
        {S "s" G A60 A10 A10 A10 P "c", NULL},
        {S "s" G A60 A10 A10 A10 "a" P "c", "resource group"},
        {S "s" G "g" P "C-0", NULL},
        {S "s" G "g" P "-c", "cluster"},
        {S "s" G "g" P "c-", "cluster"},
        {S "s" G "g" P "-", "cluster"},
        {S "s" G "g" P "c.d", "cluster"},
        {S "s" G "g" P A60 "aaa", NULL},
        {S "s" G "g" P A60 "aaaa", "cluster"},
        /* of another form: no ids of a cluster */
        {S "s!" G "g" P "c/x", NULL},
        {S "s!" G "g" P, NULL},
        {S "s!" G P "c", NULL},
        {S "s!", NULL},
        {"aro!", NULL},
        {"", NULL},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *why = lbx_cluster_id_check(rows[i].text, strlen(rows[i].text));
        CHECK_ROW(&bad, rows[i].text, rows[i].bad ? why && strstr(why, rows[i].bad) : !why, "%s",
                  why ? why : "nothing");
    }
    assert_int_equal(bad, 0);
}

static void the_text_ends_where_it_says(void **unused) {
    (void)unused;
    static const char text[] = S "s" G "g" P "cd.";
    struct lbx_cluster_id id;
    assert_true(lbx_cluster_id_read(text, sizeof text - 2, &id));
    assert_int_equal(id.cluster.len, 2);
    assert_int_equal(id.group.len, 1);
    assert_memory_equal(id.subscription.text, "s", 1);
    assert_null(lbx_cluster_id_check(text, sizeof text - 2));
    assert_non_null(lbx_cluster_id_check(text, sizeof text - 1));
    assert_false(lbx_cluster_id_read(text, sizeof S - 2, &id));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_id_has_its_alphabet),
        cmocka_unit_test(the_text_ends_where_it_says),
    };
    return cmocka_run_group_tests_name("resource", tests, NULL, NULL);
}
