/* What an item covers: rows of an item, what is attempted, and the answer. */
#include "core/cover.h"

#include "check.h"

#define NS "openshift-dns"
#define CREATE(...)                                                                                \
    { .action = "create_object", __VA_ARGS__ }
#define UPDATE(...)                                                                                \
    { .action = "update_object", __VA_ARGS__ }
#define DELETE(...)                                                                                \
    { .action = "delete_object", __VA_ARGS__ }
#define READ(...)                                                                                  \
    { .action = "list_or_get_objects", __VA_ARGS__ }
#define LOGS(...)                                                                                  \
    { .action = "get_pod_logs", __VA_ARGS__ }
#define POD .namespace = NS, .kind = "Pod"

static const struct lbx_item_content undigested = {.api_version = "v1", .changes = "[]"};

static const struct {
    const char *what;
    struct lbx_item item;
    struct lbx_attempt attempt;
    bool covered;
} rows[] = {
    {"a creation", CREATE(POD, .name = "a"), CREATE(POD, .name = "a"), true},
    {"of another name", CREATE(POD, .name = "a"), CREATE(POD, .name = "b"), false},
    {"of any name", CREATE(POD), CREATE(POD, .name = "b"), true},
    {"whose name is not known yet", CREATE(POD, .name = "a"), CREATE(POD, .is_asked_again = true),
     true},
    {"whose name nobody asks again about", CREATE(POD, .name = "a"), CREATE(POD), false},
    {"asked again, of another name", CREATE(POD, .name = "a"),
     CREATE(POD, .name = "b", .is_asked_again = true), false},
    {"in another namespace", CREATE(POD), CREATE(.namespace = "x", .kind = "Pod"), false},
    {"in no namespace", CREATE(POD), CREATE(.kind = "Pod"), false},
    {"in one, of what has none", CREATE(.kind = "Pod"), CREATE(POD), false},
    {"of another kind", CREATE(POD), CREATE(.namespace = NS, .kind = "Pod.x"), false},
    {"an update", UPDATE(POD, .name = "a"), UPDATE(POD, .name = "a"), true},
    {"an update without a name", UPDATE(POD, .name = "a"), UPDATE(POD), false},
    {"an update by an item without a name", UPDATE(POD), UPDATE(POD), false},
    {"an update by a creation", CREATE(POD, .name = "a"), UPDATE(POD, .name = "a"), false},
    {"an update of anything, by changes without a digest",
     UPDATE(POD, .name = "a", .content = {.api_version = "v1", .changes = "[]"}),
     UPDATE(POD, .name = "a"), false},
    {"the same, of changes without a digest",
     UPDATE(POD, .name = "a", .content = {.api_version = "v1", .changes = "[]"}),
     UPDATE(POD, .name = "a", .content = &undigested), false},
    {"a deletion", DELETE(.kind = "Node", .name = "a"), DELETE(.kind = "Node", .name = "a"), true},
    {"a deletion elsewhere", DELETE(.kind = "Node", .name = "a"),
     DELETE(.namespace = NS, .kind = "Node", .name = "a"), false},
    {"a deletion of another kind", DELETE(POD, .name = "a"),
     DELETE(.namespace = NS, .kind = "Job", .name = "a"), false},
    {"a deletion of that object", DELETE(POD, .name = "a", .uid = "u"),
     DELETE(POD, .name = "a", .uid = "u"), true},
    {"a deletion of another of that name", DELETE(POD, .name = "a", .uid = "u"),
     DELETE(POD, .name = "a", .uid = "v"), false},
    {"a deletion of one without a uid", DELETE(POD, .name = "a", .uid = "u"),
     DELETE(POD, .name = "a", .uid = ""), false},
    {"a deletion whose uid is not known yet", DELETE(POD, .name = "a", .uid = "u"),
     DELETE(POD, .name = "a"), true},
    {"a deletion of any", DELETE(POD, .name = "a"), DELETE(POD, .name = "a", .uid = "v"), true},
    {"reading", READ(POD), READ(POD), true},
    {"reading one", READ(POD), READ(POD, .name = "a"), true},
    {"reading one, of one", READ(POD, .name = "a"), READ(POD, .name = "a"), true},
    {"reading all, of one", READ(POD, .name = "a"), READ(POD), false},
    {"reading every namespace's", READ(.kind = "Pod"), READ(POD), true},
    {"reading all namespaces, of one", READ(POD), READ(.kind = "Pod"), false},
    {"reading another kind", READ(POD), READ(.namespace = NS, .kind = "Job"), false},
    {"logs", LOGS(.namespace = NS), LOGS(.namespace = NS, .name = "a"), true},
    {"logs of one", LOGS(.namespace = NS, .name = "a"), LOGS(.namespace = NS, .name = "a"), true},
    {"logs of another", LOGS(.namespace = NS, .name = "a"), LOGS(.namespace = NS, .name = "b"),
     false},
    {"logs elsewhere", LOGS(.namespace = NS), LOGS(.namespace = "x"), false},
    {"logs of no namespace", LOGS(.namespace = NS), LOGS(.name = "a"), false},
    {"logs of a kind", LOGS(.namespace = NS), LOGS(POD), false},
    {"logs, by reading", READ(POD), LOGS(.namespace = NS), false},
    {"implied by a creation", CREATE(POD, .name = "a"), READ(POD, .name = "a"), true},
    {"implied by a creation of any name", CREATE(POD), READ(POD, .name = "a"), false},
    {"implied by an update", UPDATE(POD, .name = "a"), READ(POD, .name = "a"), true},
    {"implied by a deletion", DELETE(POD, .name = "a"), READ(POD, .name = "a"), true},
    {"of another object", DELETE(POD, .name = "a"), READ(POD, .name = "b"), false},
    {"elsewhere", DELETE(POD, .name = "a"), READ(.namespace = "x", .kind = "Pod", .name = "a"),
     false},
    {"of another kind, implied", DELETE(POD, .name = "a"),
     READ(.namespace = NS, .kind = "Job", .name = "a"), false},
    {"of all", DELETE(POD, .name = "a"), READ(POD), false},
    {"of every namespace's of that name", DELETE(.kind = "Pod", .name = "a"),
     READ(.kind = "Pod", .name = "a", .in_every_namespace = true), false},
    {"of what is in no namespace", DELETE(.kind = "Node", .name = "a"),
     READ(.kind = "Node", .name = "a"), true},
    {"reading every namespace's of one name", READ(.kind = "Pod", .name = "a"),
     READ(.kind = "Pod", .name = "a", .in_every_namespace = true), true},
    {"implied by logs", LOGS(.namespace = NS, .name = "a"), READ(POD, .name = "a"), true},
    {"implied by everybody's logs", LOGS(.namespace = NS), READ(POD, .name = "a"), true},
    {"not of another pod", LOGS(.namespace = NS, .name = "a"), READ(POD, .name = "b"), false},
    {"not of another kind", LOGS(.namespace = NS),
     READ(.namespace = NS, .kind = "Job", .name = "a"), false},
    {"an empty namespace", READ(.namespace = "", .kind = "Pod"),
     READ(.namespace = "", .kind = "Pod"), false},
    {"an empty kind", READ(.kind = ""), READ(.kind = ""), false},
    {"an empty name", READ(.kind = "Pod", .name = ""), READ(.kind = "Pod", .name = ""), false},
    {"another action", {.action = "approve"}, {.action = "approve"}, false},
    {"no action", {.kind = "Pod"}, READ(.kind = "Pod"), false},
};

static void an_item_covers_what_access_check_says(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (lbx_item_covers(&rows[i].item, &rows[i].attempt) != rows[i].covered)
            fail_msg("%s", rows[i].what);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_covers_what_access_check_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
