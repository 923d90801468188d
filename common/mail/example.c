/* Examples: one engineer's request in each state, changed as its kind of mail needs. Static
 * data. */
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

/* What all have in common; what follows in a row overrides it. */
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
    waiting_for_two = {REQUEST(8, ITEMS(items), .state = LBX_STATE_CUSTOMER_NOTIFIED, .approvals_needed = 2)},
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

static const struct {
    enum lbx_mail_kind kind;
    const struct lbx_request *request;
    int64_t now;
} examples[] = {
    {LBX_MAIL_APPROVAL_NEEDED, &waiting, ASKED},
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
};

bool lbx_mail_example(size_t i, struct lbx_mail_input *ret_input) {
    if (i >= sizeof examples / sizeof *examples)
        return false;
    *ret_input = (struct lbx_mail_input){
        .request = examples[i].request,
        .kind = examples[i].kind,
        .reader = LBX_READER_APPROVER,
        .portal_url = "https://portal.contoso.example/lockbox",
        .ticket_title = "Ingress routers restart after upgrade",
        .now = examples[i].now,
    };
    return true;
}
