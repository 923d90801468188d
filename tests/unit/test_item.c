/* Items: what an action must name, what each member must look like, and what is said of the first at fault. */
#include "core/item.h"

#include "check.h"

static bool permitted(const struct lbx_item *item) {
    struct lbx_item_fault fault;
    return lbx_item_permitted(item, &fault);
}

/* Which of namespace (N), kind (K) and name (O, the object's) an item may have, of all combinations. */
static const struct {
    const char *action, *namespace;
    const char *permitted[4];
} actions[] = {
    {"create_object", "default", {"K", "NK", "KO", "NKO"}},
    {"update_object", "default", {"KO", "NKO"}},
    {"delete_object", "default", {"KO", "NKO"}},
    {"list_or_get_objects", "default", {"K", "NK", "KO", "NKO"}},
    {"get_pod_logs", "openshift-etcd", {"N", "NO"}},
};

enum { ABSENT, EMPTY, PRESENT, PRESENCES };

static const char *part(int presence, const char *text) {
    return presence == ABSENT ? NULL : presence == EMPTY ? "" : text;
}

static void items_by_what_they_name(void **unused) {
    (void)unused;
    int bad = 0;
    for (size_t i = 0; i < COUNT(actions); i++)
        for (int combination = 0; combination < PRESENCES * PRESENCES * PRESENCES; combination++) {
            const int n = combination % 3, k = combination / 3 % 3, o = combination / 9;
            char given[4] = "", row[64];
            (void)snprintf(given, sizeof given, "%s%s%s", n ? "N" : "", k ? "K" : "", o ? "O" : "");
            (void)snprintf(row, sizeof row, "%s %s %d%d%d", actions[i].action, given, n, k, o);
            bool want = false;
            for (size_t p = 0; p < COUNT(actions[i].permitted); p++)
                want |= same(actions[i].permitted[p], given);
            want &= n != EMPTY && k != EMPTY && o != EMPTY;
            const struct lbx_item item = {.action = actions[i].action,
                                          .namespace = part(n, actions[i].namespace),
                                          .kind = part(k, "Deployment.apps"),
                                          .name = part(o, "router")};
            CHECK_ROW(&bad, row, permitted(&item) == want, "expected %d", want);
        }
    assert_int_equal(bad, 0);
}

static void logs_in_openshift_namespaces(void **unused) {
    (void)unused;
    static const struct {
        const char *namespace;
        bool permitted;
    } rows[] = {
        {"openshift", true},    {"openshift-etcd", true}, {"openshift-a-b", true},
        {"openshiftx", false},  {"openshif", false},      {"my-openshift-etcd", false},
        {"kube-system", false}, {"default", false},       {"openshift1-etcd", false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_item logs = {.action = "get_pod_logs", .namespace = rows[i].namespace};
        const struct lbx_item list = {
            .action = "list_or_get_objects", .namespace = rows[i].namespace, .kind = "Pod"};
        CHECK_ROW(&bad, rows[i].namespace, permitted(&logs) == rows[i].permitted, "expected %d",
                  rows[i].permitted);
        CHECK_ROW(&bad, rows[i].namespace, permitted(&list), "objects live everywhere");
    }
    assert_int_equal(bad, 0);
}

static void no_other_action(void **unused) {
    (void)unused;
    static const char *const words[] = {
        "",
        "create",
        "patch_object",
        "exec_in_pod",
        "Create_object",
        "get_pod_log",
        "create_objects",
        " create_object",
        "create_object ",
        "list_objects",
        "watch",
        "get_pod_logsx",
        "*",
        "list-or-get-objects",
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(words); i++) {
        const struct lbx_item item = {
            .action = words[i], .namespace = "openshift-etcd", .kind = "Pod", .name = "p"};
        const struct lbx_item bare = {.action = words[i], .namespace = "openshift-etcd"};
        CHECK_ROW(&bad, words[i], !permitted(&item) && !permitted(&bare), "permitted");
    }
    assert_int_equal(bad, 0);
}

/* ---- what members look like ---- */

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

/* Bad where the rest is good: which member is named, and how its fault begins; NULL: none. */
static const struct {
    struct lbx_item item;
    const char *fault;
} members[] = {
#define NAMESPACE(text, fault)                                                                     \
    { {.action = "update_object", .namespace = (text), .kind = "Pod", .name = "p"}, fault }
    NAMESPACE("a", NULL),
    NAMESPACE("0", NULL),
    NAMESPACE("a--b", NULL),
    NAMESPACE(SIXTY "abc", NULL),
    NAMESPACE(SIXTY "abcd", "namespace: not an RFC 1123"),
    NAMESPACE("", "namespace: not an RFC 1123"),
    NAMESPACE("A", "namespace: not an RFC 1123"),
    NAMESPACE("-a", "namespace: not an RFC 1123"),
    NAMESPACE("a-", "namespace: not an RFC 1123"),
    NAMESPACE("a.b", "namespace: not an RFC 1123"),
    NAMESPACE("a/b", "namespace: not an RFC 1123"),
    NAMESPACE("a b", "namespace: not an RFC 1123"),
    NAMESPACE("*", "namespace: not an RFC 1123"),
    NAMESPACE("\xE2\x84\xAA", "namespace: not an RFC 1123"),
#define KIND(text, fault)                                                                          \
    { {.action = "update_object", .kind = (text), .name = "p"}, fault }
    KIND("P", NULL),
    KIND("Pod2", NULL),
    KIND("Deployment.apps", NULL),
    KIND("Machine.machine.openshift.io", NULL),
    KIND("Pod.v", NULL),
    KIND("Pod.vx1", NULL),
    KIND("Pod.v1x", NULL),
    KIND("Pod.v1beta", NULL),
    KIND("Pod.v1", "kind: a version"),
    KIND("Deployment.v1.apps", "kind: a version"),
    KIND("Deployment.v1beta1.apps", "kind: a version"),
    KIND("Deployment.v2alpha10.apps", "kind: a version"),
    KIND("Deployment.apps.v1", NULL),
    KIND("A" SIXTY "ab", NULL),
    KIND("A" SIXTY "abc", "kind: not Kind"),
    KIND("", "kind: not Kind"),
    KIND("pod", "kind: not Kind"),
    KIND("pods/exec", "kind: not Kind"),
    KIND("Pod/exec", "kind: not Kind"),
    KIND("*", "kind: not Kind"),
    KIND("Pod*", "kind: not Kind"),
    KIND("Pod-s", "kind: not Kind"),
    KIND(".apps", "kind: not Kind"),
    KIND("2Pod", "kind: not Kind"),
    KIND("Deployment.", "kind: its group"),
    KIND("Deployment.apps.", "kind: its group"),
    KIND("Deployment..apps", "kind: its group"),
    KIND("Deployment.Apps", "kind: its group"),
    KIND("Deployment.*", "kind: its group"),
    KIND("Deployment.apps/v1", "kind: its group"),
    KIND("Deployment.-apps", "kind: its group"),
    KIND("\xE2\x84\xAAind", "kind: not Kind"),
#define NAMED(text, fault)                                                                         \
    { {.action = "delete_object", .kind = "Node", .name = (text)}, fault }
    NAMED("!", NULL),
    NAMED("~", NULL),
    NAMED("system:node:a", NULL),
    NAMED("...", NULL),
    NAMED(SIXTY SIXTY SIXTY SIXTY TEN "abc", NULL),
    NAMED(SIXTY SIXTY SIXTY SIXTY TEN "abcd", "name: not 1 to 253"),
    NAMED("", "name: not 1 to 253"),
    NAMED(".", "name: not 1 to 253"),
    NAMED("..", "name: not 1 to 253"),
    NAMED("a/b", "name: not 1 to 253"),
    NAMED("../secrets", "name: not 1 to 253"),
    NAMED("%2e", "name: not 1 to 253"),
    NAMED("a b", "name: not 1 to 253"),
    NAMED("a\x7F", "name: not 1 to 253"),
    NAMED("a\t", "name: not 1 to 253"),
    NAMED("\xC3\xA9", "name: not 1 to 253"),
#define LOGS(...)                                                                                  \
    { .action = "get_pod_logs", .namespace = "openshift-dns", __VA_ARGS__ }
    {LOGS(.container = "dns"), NULL},
    {LOGS(.name = "dns-1", .container = "kube-rbac-proxy"), NULL},
    {LOGS(.container = "Dns"), "container: not an RFC 1123"},
    {LOGS(.container = ""), "container: not an RFC 1123"},
    {LOGS(.uid = "u"), "uid: not with this action"},
    {LOGS(.kind = "Pod"), "kind: not with this action"},
    {{.action = "delete_object", .kind = "Node", .name = "n", .uid = "0d9f-1"}, NULL},
    {{.action = "delete_object", .kind = "Node", .name = "n", .uid = ""}, "uid: not a Kubernetes"},
    {{.action = "delete_object", .kind = "Node", .name = "n", .uid = "a/b"}, "uid: not a Kuber"},
    {{.action = "delete_object", .kind = "Node", .name = "n", .container = "c"},
     "container: not w"},
    {{.action = "update_object", .kind = "Node", .name = "n", .uid = "u"}, "uid: not with this"},
    {{.action = "create_object", .kind = "Node", .container = "c"}, "container: not with this"},
    {{.action = "update_object", .kind = "Node"}, "name: missing"},
    {{.action = "update_object", .name = "n"}, "kind: missing"},
    {{.action = "get_pod_logs"}, "namespace: missing"},
    {{.action = "get_pod_logs", .namespace = "app"}, "namespace: logs only of"},
    {{.action = "exec"}, "action: not create_object"},
};

static void what_members_look_like(void **unused) {
    (void)unused;
    int bad = 0;
    for (size_t i = 0; i < COUNT(members); i++) {
        struct lbx_item_fault fault = {"none"};
        char row[16];
        (void)snprintf(row, sizeof row, "%zu", i);
        bool good = lbx_item_permitted(&members[i].item, &fault);
        CHECK_ROW(&bad, row, good == !members[i].fault, "permitted %d: %s", good, fault.text);
        CHECK_ROW(&bad, row,
                  good || strncmp(fault.text, members[i].fault, strlen(members[i].fault)) == 0,
                  "not %s but %s", members[i].fault, fault.text);
    }
    assert_int_equal(bad, 0);
}

/* Items by their numbers, and one that no action permits. */
static void items_in_their_places(void **unused) {
    (void)unused;
#define READ(at)                                                                                   \
    { .number = (at), .action = "list_or_get_objects", .kind = "Node" }
    static const struct lbx_item in_place[] = {READ(1), READ(2)}, twice[] = {READ(1), READ(1)},
                                 behind[] = {READ(2)}, unnumbered[] = {READ(0)},
                                 unknown[] = {READ(1), {.number = 2, .action = "exec"}},
                                 undigested[] = {{.number = 1,
                                                  .action = "update_object",
                                                  .kind = "Node",
                                                  .name = "n",
                                                  .content = {.normal_form = 1,
                                                              .api_version = "v1",
                                                              .changes = "[]"}}};
#undef READ
    assert_true(lbx_items_hold(in_place, 2));
    assert_true(lbx_items_hold(in_place, 1));
    assert_false(lbx_items_hold(twice, 2));
    assert_false(lbx_items_hold(behind, 1));
    assert_false(lbx_items_hold(unnumbered, 1));
    assert_false(lbx_items_hold(unknown, 2));
    assert_false(lbx_items_hold(undigested, 1));
}

static void groups_of_kinds(void **unused) {
    (void)unused;
    assert_string_equal(lbx_kind_group("Pod"), "");
    assert_string_equal(lbx_kind_group("Deployment.apps"), "apps");
    assert_string_equal(lbx_kind_group("Machine.machine.openshift.io"), "machine.openshift.io");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_by_what_they_name), cmocka_unit_test(logs_in_openshift_namespaces),
        cmocka_unit_test(no_other_action),         cmocka_unit_test(what_members_look_like),
        cmocka_unit_test(groups_of_kinds),         cmocka_unit_test(items_in_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
