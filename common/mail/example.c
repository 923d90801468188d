/* Examples: a request in each state, adapted to each kind of mail. Static data; cannot fail. */
#include "mail/example.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define ASKED INT64_C(1795450118000000) /* 2026-11-23 16:08:38 UTC */

static struct lbx_item items[] = {
    {1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
    {2, "list_or_get_objects", "openshift-ingress", "ConfigMap", NULL, .kept = true},
    {3, "delete_object", "openshift-ingress", "Pod", "router-default-5f6d8c7b9-x2kqp",
     .kept = true},
};
static struct lbx_item items_in_part[] = {
    {1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
    {2, "list_or_get_objects", "openshift-ingress", "ConfigMap", NULL, .kept = true},
    {3, "delete_object", "openshift-ingress", "Pod", "router-default-5f6d8c7b9-x2kqp"},
};
static struct lbx_item items_exact[] = {
    {1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
    {2, "update_object", "openshift-ingress", "Deployment.apps", "router-default",
     .content = {.normal_form = 1,
                 .api_version = "apps/v1",
                 .digest = "f39592393ef0859cb196a52693d2cea00fb2df784b3c04ae54aa7cadb8e562f8",
                 .previous_digest =
                     "6db7d803e74f1ffa7d8f5adc0bf95b3e15bf4c8373fffadf546227cc6c6742cb",
                 .changes =
                     "[{\"after\":3,\"before\":2,\"path\":\"/spec/replicas\"},"
                     "{\"after\":[{\"name\":\"ROUTER_MAX_CONNECTIONS\",\"value\":\"50000\"}],"
                     "\"path\":\"/spec/template/spec/containers/0/env\"},"
                     "{\"after\":\"quay.io/openshift/origin-haproxy-router:4.17.3\","
                     "\"before\":\"quay.io/openshift/origin-haproxy-router:4.17.1\","
                     "\"path\":\"/spec/template/spec/containers/0/image\"}]"},
     .kept = true},
};
static struct lbx_item items_refused[] = {
    {1, "get_pod_logs", "openshift-ingress"},
    {2, "reboot_node", NULL, NULL, "worker-eastus2-7"},
};

#define LENA                                                                                       \
    { "u-lena", "lena.fischer@contoso.example", "Lena Fischer" }
#define OMAR                                                                                       \
    { "u-omar", "omar.haddad@contoso.example", "Omar Haddad" }
static struct lbx_vote approved[] = {{LENA, LBX_DECISION_APPROVE, ASKED + HOUR,
                                      "Logs and settings only. Call us before a pod goes."}};
static struct lbx_vote denied[] = {{LENA, LBX_DECISION_DENY, ASKED + HOUR,
                                    "Not before the weekend.\nPlease ask again on Monday."}};
static struct lbx_vote revoked[] = {{LENA, LBX_DECISION_APPROVE, ASKED + HOUR, NULL},
                                    {OMAR, LBX_DECISION_REVOKE, ASKED + 3 * HOUR, NULL}};
static struct lbx_vote approved_plainly[] = {{LENA, LBX_DECISION_APPROVE, ASKED + HOUR, NULL}};

/* The members that all examples share; a row's own members override them. */
#define REQUEST(hours, ...)                                                                        \
    .request_id = "019ab1f0-6c1e-7d3a-9f52-2f1d1c9a0b77", .tenant_id = "contoso",                  \
    .subscription_id = "5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10", .ticket_id = "2611230040001",       \
    .engineer = {"e-ines", "ines.duarte@microsoft.example", "In\xC3\xAAs Duarte", "microsoft"},    \
    .resource_id = "/subscriptions/5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10/resourceGroups/rg-prod/"   \
                   "providers/Microsoft.RedHatOpenShift/openShiftClusters/aro-prod",               \
    .duration = (hours)*HOUR, .created_at = ASKED, .decide_by = ASKED + 4 * DAY,                   \
    .justification = "Ingress routers restart about once an hour since the upgrade to 4.17.\n"     \
                     "I need their logs and settings, and want to restart the worst one.",         \
    __VA_ARGS__
#define ITEMS(list) .actions = (list), .action_count = sizeof(list) / sizeof *(list)
#define VOTES(list) .decisions = (list), .decision_count = sizeof(list) / sizeof *(list)
#define GRANT .starts_at = ASKED + HOUR, .expires_at = ASKED + 9 * HOUR
#define EMERGENCY                                                                                  \
    .starts_at = ASKED, .expires_at = ASKED + HOUR, .incident_id = "INC-4711",                     \
    .acknowledge_by = ASKED + DAY,                                                                 \
    .authorized_by = {"m-noor", "noor.ali@microsoft.example", "Noor Ali"}

/* clang-format off */
static const struct lbx_request
    waiting = {REQUEST(8, ITEMS(items), .state = LBX_STATE_CUSTOMER_NOTIFIED, .approvals_needed = 1)},
    waiting_exact = {REQUEST(2, ITEMS(items_exact), .state = LBX_STATE_CUSTOMER_NOTIFIED, .approvals_needed = 1)},
    waiting_for_two = {REQUEST(8, ITEMS(items_exact), .state = LBX_STATE_CUSTOMER_NOTIFIED, .approvals_needed = 2)},
    is_approved = {REQUEST(8, ITEMS(items_in_part), VOTES(approved), GRANT, .state = LBX_STATE_APPROVED)},
    is_denied = {REQUEST(8, ITEMS(items), VOTES(denied), .state = LBX_STATE_DENIED, .ended_at = ASKED + HOUR)},
    is_expired = {REQUEST(8, ITEMS(items), .state = LBX_STATE_EXPIRED, .ended_at = ASKED + 4 * DAY)},
    is_cancelled = {REQUEST(8, ITEMS(items), .state = LBX_STATE_CANCELLED, .ended_at = ASKED + 2 * HOUR)},
    is_completed = {REQUEST(8, ITEMS(items), VOTES(approved_plainly), GRANT, .state = LBX_STATE_COMPLETED,
                            .ended_at = ASKED + 9 * HOUR)},
    is_revoked = {REQUEST(8, ITEMS(items), VOTES(revoked), GRANT, .state = LBX_STATE_REVOKED,
                          .ended_at = ASKED + 3 * HOUR)},
    is_refused = {REQUEST(8, ITEMS(items_refused), .state = LBX_STATE_REFUSED, .ended_at = ASKED,
                          .reason = LBX_REFUSAL_ACTION_NOT_PERMITTED, .reason_item = 2)},
    is_not_required = {REQUEST(8, ITEMS(items), GRANT, .state = LBX_STATE_NOT_REQUIRED)},
    is_open = {REQUEST(1, ITEMS(items), EMERGENCY, .state = LBX_STATE_EMERGENCY)},
    was_open = {REQUEST(1, ITEMS(items), EMERGENCY, .state = LBX_STATE_COMPLETED,
                        .ended_at = ASKED + HOUR)};
/* clang-format on */

static const char *concerned[] = {"5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10",
                                  "8d0a4b67-2c1e-4f93-b6a5-90e7c3d1f428"};
#define GWEN                                                                                       \
    { "u-gwen", "gwen.adams@contoso.example", "Gwen Adams" }
static const struct lbx_tenant_changed key_set = {
    .tenant_id = "contoso",
    .change = LBX_CHANGE_APPROVER_KEY_SET,
    .principal_id = "u-lena",
    .by = GWEN,
    .at = ASKED,
    .weakens = true,
    .concerns = concerned,
    .concern_count = 2,
};
static const struct lbx_approvers_missing missing = {
    .tenant_id = "contoso",
    .subscription_id = "5f3e1c7a-90b4-4f0e-8a51-6d2f4b9c3e10",
    .cause = LBX_CAUSE_ROLE_REMOVED,
    .needed = 2,
    .left = 1,
    .by = GWEN,
    .at = ASKED,
};

static const struct lbx_digest digest = {
    .tenant_id = "contoso",
    .requests = (const struct lbx_request *const[]){&waiting, &waiting_for_two, &is_denied},
    .count = 3,
};

static const struct {
    enum lbx_mail_kind kind;
    const struct lbx_request *request;
    int64_t now;
    const struct lbx_tenant_changed *change;
    const struct lbx_approvers_missing *missing;
    const struct lbx_digest *digest;
} examples[] = {
    {LBX_MAIL_APPROVAL_NEEDED, &waiting, ASKED},
    {LBX_MAIL_APPROVAL_NEEDED, &waiting_exact, ASKED},
    {LBX_MAIL_REMINDER, &waiting_for_two, ASKED + 3 * DAY},
    {LBX_MAIL_OUTCOME, &is_approved, ASKED + HOUR},
    {LBX_MAIL_OUTCOME, &is_denied, ASKED + HOUR},
    {LBX_MAIL_OUTCOME, &is_expired, ASKED + 4 * DAY},
    {LBX_MAIL_OUTCOME, &is_cancelled, ASKED + 2 * HOUR},
    {LBX_MAIL_OUTCOME, &is_completed, ASKED + 9 * HOUR},
    {LBX_MAIL_OUTCOME, &is_revoked, ASKED + 3 * HOUR},
    {LBX_MAIL_OUTCOME, &is_refused, ASKED},
    {LBX_MAIL_OUTCOME, &is_not_required, ASKED + HOUR},
    {LBX_MAIL_EMERGENCY, &is_open, ASKED},
    {LBX_MAIL_EMERGENCY_REMINDER, &was_open, ASKED + DAY},
    {LBX_MAIL_EMERGENCY_REMINDER, &is_open, ASKED + DAY},
    {LBX_MAIL_INFORMED, &is_not_required, ASKED + HOUR},
    {LBX_MAIL_SECURITY_CHANGE, NULL, ASKED, .change = &key_set},
    {LBX_MAIL_APPROVERS_MISSING, NULL, ASKED, .missing = &missing},
    {LBX_MAIL_DIGEST, NULL, ASKED, .digest = &digest},
};

bool lbx_mail_example(size_t i, struct lbx_mail_input *ret_input) {
    if (i >= sizeof examples / sizeof *examples)
        return false;
    *ret_input = (struct lbx_mail_input){
        .request = examples[i].request,
        .change = examples[i].change,
        .missing = examples[i].missing,
        .digest = examples[i].digest,
        .kind = examples[i].kind,
        .reader =
            examples[i].request || examples[i].digest ? LBX_READER_APPROVER : LBX_READER_CONCERNED,
        .portal_url = "https://portal.contoso.example/lockbox",
        .ticket_title = "Ingress routers restart after upgrade",
        .now = examples[i].now,
    };
    return true;
}
