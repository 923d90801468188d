/* Weakening: what asks for less than before, member by member, and when a change's signature counts. */
#include "core/tenant.h"

#include "check.h"

#define HOUR INT64_C(3600000000)

static struct lbx_auto_approval logs[] = {{"get_pod_logs", NULL, NULL}};
static struct lbx_auto_approval logs_there[] = {{"get_pod_logs", "openshift-etcd", NULL}};
static struct lbx_auto_approval logs_sev1[] = {{"get_pod_logs", "openshift-etcd", "sev1"}};
static struct lbx_auto_approval lists[] = {{"get_pod_logs", NULL, NULL},
                                           {"list_or_get_objects", NULL, NULL}};

static struct lbx_forbidden secrets[] = {{NULL, NULL, "Secret"}};
static struct lbx_forbidden secrets_there[] = {{NULL, "openshift-etcd", "Secret"}};

static const struct row {
    const char *what;
    struct lbx_policy before, after;
    bool weakens;
} rows[] = {
    /* clang-format off */
    {"nothing to nothing", {0}, {0}, false},
    {"as before", {2, HOUR, logs, 1, true, LBX_EMERGENCY_NEVER, true}, {2, HOUR, logs, 1, true, LBX_EMERGENCY_NEVER, true}, false},
    {"fewer approvals", {3}, {2}, true},
    {"the default of approvals", {2}, {0}, true},
    {"one is the default", {1}, {0}, false},
    {"more approvals", {0}, {2}, false},
    {"longer", {0, HOUR}, {0, 2 * HOUR}, true},
    {"as long as the operator lets", {0, HOUR}, {0}, true},
    {"shorter", {0, 2 * HOUR}, {0, HOUR}, false},
    {"limited", {0}, {0, HOUR}, false},
    {"approved beforehand", {0}, {0, 0, logs, 1}, true},
    {"more approved beforehand", {0, 0, logs, 1}, {0, 0, lists, 2}, true},
    {"less approved beforehand", {0, 0, lists, 2}, {0, 0, logs, 1}, false},
    {"approved beforehand in one namespace", {0, 0, logs, 1}, {0, 0, logs_there, 1}, false},
    {"approved beforehand in every namespace", {0, 0, logs_there, 1}, {0, 0, logs, 1}, true},
    {"approved beforehand for one reason", {0, 0, logs_there, 1}, {0, 0, logs_sev1, 1}, false},
    {"approved beforehand for every reason", {0, 0, logs_sev1, 1}, {0, 0, logs_there, 1}, true},
    {"signatures off", {.signed_decisions = true}, {0}, true},
    {"signatures on", {0}, {.signed_decisions = true}, false},
    {"exact changes off", {.exact_changes = true}, {0}, true},
    {"exact changes on", {0}, {.exact_changes = true}, false},
    {"emergencies allowed", {.emergency = LBX_EMERGENCY_NEVER}, {.emergency = LBX_EMERGENCY_ALLOWED}, true},
    {"emergencies by default", {.emergency = LBX_EMERGENCY_NEVER}, {0}, true},
    {"emergencies as by default", {.emergency = LBX_EMERGENCY_ALLOWED}, {0}, false},
    {"one kind less forbidden", {.forbid = secrets, .forbid_count = 1}, {0}, true},
    {"forbidden in one namespace only", {.forbid = secrets, .forbid_count = 1}, {.forbid = secrets_there, .forbid_count = 1}, true},
    {"forbidden everywhere", {.forbid = secrets_there, .forbid_count = 1}, {.forbid = secrets, .forbid_count = 1}, false},
    {"more forbidden", {0}, {.forbid = secrets, .forbid_count = 1}, false},
    {"no emergencies", {0}, {.emergency = LBX_EMERGENCY_NEVER}, false},
    /* clang-format on */
};

static void policies(void **unused) {
    (void)unused;
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK_ROW(&bad, rows[i].what,
                  lbx_policy_weakens(&rows[i].before, &rows[i].after) == rows[i].weakens,
                  "weakens: %d", !rows[i].weakens);
    assert_int_equal(bad, 0);
}

/* Everybody is told of it, whether or not decisions are signed. */
static void changes(void **unused) {
    (void)unused;
    const char *both[] = {"Soc@contoso.example", "ops@contoso.example"};
    const char *other[] = {"soc@contoso.example"};
    const struct lbx_subscription before = {.alternate_emails = other, .alternate_count = 1};
    const struct lbx_tenant_facts none = {0}, had_key = {.had_key = true},
                                  is_signed = {.signed_decisions = true};
    const struct lbx_tenant_event key = {.public_key.kty = "OKP"}, nothing = {0};
    const struct lbx_tenant_event more = {.alternate_emails = both, .alternate_count = 2};
#define WEAKENS(type, event, facts)                                                                \
    lbx_tenant_weakens(LBX_EVENT_TENANT_##type, &(event), &(facts), &before)
    assert_true(WEAKENS(LOCKBOX_DISABLED, nothing, none));
    assert_true(WEAKENS(SUBSCRIPTION_REMOVED, nothing, none));
    assert_false(WEAKENS(LOCKBOX_ENABLED, nothing, is_signed));
    assert_false(WEAKENS(SUBSCRIPTION_ADDED, nothing, is_signed));
    assert_false(WEAKENS(ROLE_REMOVED, nothing, is_signed));
    assert_true(WEAKENS(CONTACTS_SET, nothing, none));
    assert_false(WEAKENS(CONTACTS_SET, more, none));
    assert_true(WEAKENS(APPROVER_KEY_SET, key, had_key));
    assert_true(WEAKENS(APPROVER_KEY_SET, nothing, had_key));
    assert_false(WEAKENS(APPROVER_KEY_SET, key, none));
    assert_true(WEAKENS(APPROVER_KEY_SET, key, is_signed));
    assert_false(WEAKENS(APPROVER_KEY_SET, nothing, is_signed));
    assert_false(WEAKENS(ROLE_ASSIGNED, nothing, none));
    assert_true(WEAKENS(ROLE_ASSIGNED, nothing, is_signed));
    assert_false(WEAKENS(POLICY_SET, nothing, is_signed));
    assert_false(lbx_tenant_weakens(LBX_EVENT_TENANT_POLICY_SET, &nothing, &none, NULL));
    assert_false(lbx_tenant_weakens(LBX_EVENT_TENANT_CONTACTS_SET, &nothing, &none, NULL));
    assert_false(lbx_tenant_weakens(LBX_EVENT_TICKET_OPENED, &nothing, &none, NULL));
}

static void times(void **unused) {
    (void)unused;
    const int64_t now = 1000000, now_us = now * 1000000 + 999999;
    assert_true(lbx_change_signature_is_timely(now, now_us, 0));
    assert_true(lbx_change_signature_is_timely(now - 900, now_us, 0));
    assert_false(lbx_change_signature_is_timely(now - 901, now_us, 0));
    assert_true(lbx_change_signature_is_timely(now + 60, now_us, 0));
    assert_false(lbx_change_signature_is_timely(now + 61, now_us, 0));
    assert_true(lbx_change_signature_is_timely(now, now_us, now_us));
    assert_false(lbx_change_signature_is_timely(now - 1, now_us, now_us));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policies),
        cmocka_unit_test(changes),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests_name("weaken", tests, NULL, NULL);
}
