/* What is forbidden whoever agrees and what is marked: by rows, and as a printed page. */
#include "core/forbidden.h"

#include "check.h"
#include "golden.h"

/* One entry and one item. */
static void an_item_meets_an_entry(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_forbidden entry;
        struct lbx_item item;
        bool meets;
    } rows[] = {
#define LIST(...) {.action = "list_or_get_objects", __VA_ARGS__}
        {"a kind", {.kind = "Secret"}, LIST(.kind = "Secret"), true},
        {"its kind of another group", {.kind = "Secret"}, LIST(.kind = "Secret.x.io"), false},
        {"another case", {.kind = "Secret"}, LIST(.kind = "SECRET"), false},
        {"one object of it",
         {.kind = "Secret"},
         LIST(.namespace = "a", .kind = "Secret", .name = "s"),
         true},
        {"a group",
         {.kind = "*.oauth.openshift.io"},
         LIST(.kind = "OAuthClient.oauth.openshift.io"),
         true},
        {"a group within it",
         {.kind = "*.openshift.io"},
         LIST(.kind = "OAuthClient.oauth.openshift.io"),
         false},
        {"the core group is none", {.kind = "*.apps"}, LIST(.kind = "Pod"), false},
        {"a kind of a group", {.kind = "Deployment.apps"}, LIST(.kind = "Deployment.apps"), true},
        {"a kind, and logs",
         {.kind = "Pod"},
         {.action = "get_pod_logs", .namespace = "openshift"},
         false},
        {"an action",
         {.action = "get_pod_logs"},
         {.action = "get_pod_logs", .namespace = "openshift"},
         true},
        {"another action", {.action = "create_object"}, LIST(.kind = "Pod"), false},
        {"a namespace", {.namespace = "a"}, LIST(.namespace = "a", .kind = "Pod"), true},
        {"another namespace", {.namespace = "a"}, LIST(.namespace = "b", .kind = "Pod"), false},
        {"every namespace", {.namespace = "a"}, LIST(.kind = "Pod"), true},
        {"no namespace",
         {.namespace = "a"},
         {.action = "delete_object", .kind = "Node", .name = "n"},
         false},
        {"all that there is", {.action = NULL}, LIST(.kind = "Pod"), true},
        {"all members",
         {"delete_object", "a", "Pod"},
         {.action = "delete_object", .namespace = "a", .kind = "Pod", .name = "p"},
         true},
        {"all but one",
         {"delete_object", "a", "Pod"},
         {.action = "update_object", .namespace = "a", .kind = "Pod", .name = "p"},
         false},
#undef LIST
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_ROW(&bad, rows[i].what,
                  lbx_forbidden_meets(&rows[i].entry, &rows[i].item) == rows[i].meets, "not %d",
                  rows[i].meets);
    assert_int_equal(bad, 0);
}

static void lists_are_read(void **unused) {
    (void)unused;
    static const struct {
        const char *json;
        int count; /* -1: refused */
    } rows[] = {
        {"[]", 0},
        {" [ {\"kind\": \"Secret\"}, {\"kind\": \"*.apps\", \"namespace\": \"a\"} ]\n", 2},
        {"[{\"action\": \"create_object\"}]", 1},
        {"[{}]", 1},
        {"", -1},
        {"{}", -1},
        {"[\"Secret\"]", -1},
        {"[{\"kind\": \"secrets\"}]", -1},
        {"[{\"kind\": \"*\"}]", -1},
        {"[{\"kind\": \"*.Apps\"}]", -1},
        {"[{\"kind\": \"Deployment.v1.apps\"}]", -1},
        {"[{\"action\": \"create\"}]", -1},
        {"[{\"namespace\": \"a/b\"}]", -1},
        {"[{\"kind\": \"Secret\"}", -1},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_arena arena;
        struct lbx_forbidden_list list = {0};
        struct lbx_reason reason;
        lbx_arena_init(&arena);
        enum lbx_err err =
            lbx_forbidden_read(rows[i].json, strlen(rows[i].json), &arena, &list, &reason);
        CHECK_ROW(&bad, rows[i].json, (err == LBX_OK) == (rows[i].count >= 0), "error %d", err);
        CHECK_ROW(&bad, rows[i].json, err != LBX_OK || list.count == (size_t)rows[i].count,
                  "%zu entries", list.count);
        lbx_arena_done(&arena);
    }
    assert_int_equal(bad, 0);
}

static void items_are_marked(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_item item;
        bool runs, leaves;
    } rows[] = {
#define OF(verb, ns, of) {.action = verb, .namespace = (ns), .kind = (of), .name = "x"}
        {"a pod", OF("create_object", "openshift-dns", "Pod"), true, false},
        {"a pod's end", OF("delete_object", "openshift-dns", "Pod"), false, false},
        {"a deployment of the customer's", OF("update_object", "app", "Deployment.apps"), true,
         true},
        {"a config map", OF("update_object", "openshift", "ConfigMap"), false, false},
        {"a machine config",
         OF("create_object", NULL, "MachineConfig.machineconfiguration.openshift.io"), true, false},
        {"kube-system", OF("list_or_get_objects", "kube-system", "Pod"), false, false},
        {"default", OF("list_or_get_objects", "default", "Pod"), false, false},
        {"a name that begins alike", OF("list_or_get_objects", "openshiftx", "Pod"), false, true},
        {"another one", OF("list_or_get_objects", "kubes", "Pod"), false, true},
        {"every namespace", OF("list_or_get_objects", NULL, "Pod"), false, true},
        {"every node", OF("list_or_get_objects", NULL, "Node"), false, false},
        {"a node", OF("delete_object", NULL, "Node"), false, false},
        {"logs", OF("get_pod_logs", "openshift-dns", NULL), false, false},
#undef OF
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK_ROW(&bad, rows[i].what, lbx_item_runs_programs(&rows[i].item) == rows[i].runs,
                  "runs");
        CHECK_ROW(&bad, rows[i].what, lbx_item_leaves_managed(&rows[i].item) == rows[i].leaves,
                  "leaves");
    }
    assert_int_equal(bad, 0);
}

/* The list that holds without a setting, as people read it. */
static void the_default_list(void **unused) {
    (void)unused;
    struct lbx_buf page LBX_BUF = {0};
    for (size_t i = 0; i < lbx_forbidden_default.count; i++) {
        const struct lbx_forbidden *e = &lbx_forbidden_default.entries[i];
        assert_true(lbx_forbidden_valid(e));
        lbx_buf_printf(&page, "%s of %s in %s\n", e->action ? e->action : "every action",
                       e->kind ? e->kind : "every kind",
                       e->namespace ? e->namespace : "every namespace");
    }
    check_golden("forbidden.txt", &page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_meets_an_entry),
        cmocka_unit_test(lists_are_read),
        cmocka_unit_test(items_are_marked),
        cmocka_unit_test(the_default_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
