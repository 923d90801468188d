/* From a wish to a request: each check, which of several speaks, and what each outcome carries. */
#include "core/creation.h"

#include "base/time.h"

#include "check.h"

#include <assert.h>

#define HOUR INT64_C(3600000000)
#define NOW INT64_C(1795450118123456)
#define RESOURCE                                                                                   \
    "/subscriptions/sub-1/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"                  \
    "openShiftClusters/aro"
#define RESOURCE_ELSEWHERE                                                                         \
    "/subscriptions/sub-2/resourceGroups/rg/providers/Microsoft.RedHatOpenShift/"                  \
    "openShiftClusters/aro"

/* A creation in which all is well, with everything it points to. Not to be copied. */
struct world {
    struct lbx_arena arena;
    struct lbx_item items[3];
    struct lbx_access_requested wish;
    struct lbx_engineer escalated[1];
    struct lbx_ticket ticket;
    struct lbx_subscription subscription;
    struct lbx_approver approvers[2];
    struct lbx_request extended;
    struct lbx_limits limits;
    struct lbx_creation creation;
    struct lbx_request request;
};

static char *organizations[] = {"microsoft", "redhat", NULL};
static const int64_t reminders[] = {24 * HOUR, 4 * HOUR};
static const char *alternates[] = {"soc@contoso.example", "ops@contoso.example"};

static void world_init(struct world *w) {
    *w = (struct world){
        .items = {{.action = "get_pod_logs", .namespace = "openshift-etcd"},
                  {.action = "list_or_get_objects", .kind = "Node"},
                  {.action = "delete_object", .namespace = "a", .kind = "Pod", .name = "p"}},
        .wish = {.ticket_id = "T-1",
                 .engineer_id = "e-erin",
                 .resource_id = RESOURCE,
                 .actions = w->items,
                 .action_count = COUNT(w->items),
                 .justification = "Routers restart.",
                 .reason_code = "incident"},
        .escalated = {{"e-max", "max@redhat.example", "Max", "redhat"}},
        .ticket = {.ticket_id = "T-1",
                   .subscription_id = "sub-1",
                   .title = "Routers",
                   .opened_by = {"c-carl", "carl@contoso.example", "Carl"},
                   .open = true,
                   .assigned = {"e-erin", "erin@vendor.example", "Erin", "microsoft"},
                   .escalated = w->escalated,
                   .escalated_count = 1},
        .subscription = {.subscription_id = "sub-1",
                         .tenant_id = "tenant-1",
                         .lockbox_enabled = true,
                         .alternate_emails = alternates,
                         .alternate_count = COUNT(alternates)},
        .approvers = {{{"u-ann", "ann@contoso.example", "Ann"}, LBX_ROLE_OWNER},
                      {{"u-bo", "bo@contoso.example", "Bo"}, LBX_ROLE_LOCKBOX_APPROVER}},
        .extended = {.request_id = "R-0",
                     .state = LBX_STATE_APPROVED,
                     .engineer = {.id = "e-erin"},
                     .resource_id = RESOURCE},
        .limits = {.pending_ttl = 96 * HOUR,
                   .grant_ttl = 4 * HOUR,
                   .grant_ttl_max = 8 * HOUR,
                   .emergency_ttl = HOUR,
                   .acknowledge_ttl = 24 * HOUR,
                   .reminders = reminders,
                   .reminder_count = COUNT(reminders),
                   .organizations = organizations,
                   .forbidden = lbx_forbidden_default,
                   .pending_per_ticket = 50,
                   .pending_per_subscription = 500,
                   .emergencies_per_day = 3,
                   .starts_within = 7 * 24 * HOUR},
        .creation = {.wish = &w->wish,
                     .ticket = &w->ticket,
                     .subscription = &w->subscription,
                     .approvers = w->approvers,
                     .approver_count = COUNT(w->approvers),
                     .able_count = COUNT(w->approvers),
                     .authorizer_proved = true,
                     .limits = &w->limits,
                     .request_id = "R-1",
                     .now = NOW},
    };
    lbx_arena_init(&w->arena);
}

static const struct lbx_request *create(struct world *w) {
    memset(&w->request, 0xA5, sizeof w->request); /* nothing may be left of what was there */
    lbx_request_create(&w->creation, &w->arena, &w->request);
    return &w->request;
}

static void world_done(struct world *w) {
    lbx_arena_done(&w->arena);
}

/* ---- what can be wrong, in the published order ---- */

static void no_ticket(struct world *w) {
    w->creation.ticket = NULL;
}
static void closed_ticket(struct world *w) {
    w->ticket.open = false;
}
static void not_on_the_ticket(struct world *w) {
    w->wish.engineer_id = "e-eve";
    w->ticket.assigned.id = "e-fay";
}
static void other_organization(struct world *w) {
    w->ticket.assigned.organization = "initech";
}
static void not_enabled(struct world *w) {
    w->subscription.lockbox_enabled = false;
}
static void no_such_subscription(struct world *w) {
    w->creation.subscription = NULL;
}
static void no_such_action(struct world *w) {
    w->items[1].action = "exec_in_pod";
}
static void kind_of_no_group(struct world *w) {
    w->items[1].kind = "Ingress";
}
static void forbidden_kind(struct world *w) {
    w->items[2].kind = "Secret";
}
static void cluster_elsewhere(struct world *w) {
    w->wish.resource_id = RESOURCE_ELSEWHERE;
}
static void too_long(struct world *w) {
    w->wish.duration = 8 * HOUR + 1;
}
static void too_late(struct world *w) {
    w->wish.starts_at = NOW + 7 * 24 * HOUR + 1;
}
static void no_justification(struct world *w) {
    w->wish.justification = NULL;
}
static void extends_nothing(struct world *w) {
    w->wish.extends = "R-0";
    w->creation.extended = NULL;
}
static void declare_emergency(struct world *w) {
    if (w->wish.incident_id)
        return; /* by another fault already */
    w->wish.incident_id = "I-1";
    w->wish.authorized_by =
        (struct lbx_principal){"v-vera", "vera@vendor.example", "Vera, on duty"};
}
static void authorized_by_himself(struct world *w) {
    declare_emergency(w);
    w->wish.authorized_by.id = w->wish.engineer_id;
}
static void change_without_content(struct world *w) {
    w->subscription.policy.exact_changes = true;
    w->items[0] = (struct lbx_item){.action = "update_object", .kind = "Node", .name = "n"};
}
static void reads_where_changes_are_exact(struct world *w) {
    w->subscription.policy.exact_changes = true;
}
static void never_an_emergency(struct world *w) {
    declare_emergency(w);
    w->subscription.policy.emergency = LBX_EMERGENCY_NEVER;
}
static void an_emergency_where_allowed(struct world *w) {
    declare_emergency(w);
    w->subscription.policy.emergency = LBX_EMERGENCY_ALLOWED;
}
static void after_an_unacknowledged_one(struct world *w) {
    declare_emergency(w);
    w->creation.emergencies.unacknowledged = true;
}
static void after_a_revoked_one(struct world *w) {
    declare_emergency(w);
    w->creation.emergencies.revoked = true;
}
static void the_fourth_of_a_day(struct world *w) {
    declare_emergency(w);
    w->creation.emergencies.today = 3;
}
static void the_third_of_a_day(struct world *w) {
    declare_emergency(w);
    w->creation.emergencies.today = 2;
}
static void no_emergency_where_none_is_allowed(struct world *w) {
    w->subscription.policy.emergency = LBX_EMERGENCY_NEVER;
    w->creation.emergencies =
        (struct lbx_emergencies){.today = 9, .unacknowledged = true, .revoked = true};
    w->creation.authorizer_proved = false;
}
static void authorizer_unproved(struct world *w) {
    declare_emergency(w);
    w->creation.authorizer_proved = false;
}
static void too_many_of_the_ticket(struct world *w) {
    w->creation.ticket_pending = 50;
}
static void too_many_of_the_subscription(struct world *w) {
    w->creation.subscription_pending = 500;
}
static void one_less_than_too_many(struct world *w) {
    w->creation.ticket_pending = 49;
    w->creation.subscription_pending = 499;
}
static void too_many_and_an_emergency(struct world *w) {
    too_many_of_the_ticket(w);
    declare_emergency(w);
}
static void nobody_to_ask(struct world *w) {
    w->creation.approver_count = w->creation.able_count = 0;
}

static const struct {
    void (*breaks)(struct world *w);
    int reason, state;
    int64_t item;
} faults[] = {
    {no_ticket, LBX_REFUSAL_TICKET_UNKNOWN, LBX_STATE_REFUSED, 0},
    {closed_ticket, LBX_REFUSAL_TICKET_CLOSED, LBX_STATE_REFUSED, 0},
    {not_on_the_ticket, LBX_REFUSAL_ENGINEER_NOT_ON_TICKET, LBX_STATE_REFUSED, 0},
    {other_organization, LBX_REFUSAL_ORGANIZATION_NOT_ALLOWED, LBX_STATE_REFUSED, 0},
    {no_such_subscription, LBX_REFUSAL_SUBSCRIPTION_UNKNOWN, LBX_STATE_REFUSED, 0},
    {no_such_action, LBX_REFUSAL_ACTION_NOT_PERMITTED, LBX_STATE_REFUSED, 2},
    {kind_of_no_group, LBX_REFUSAL_KIND_NEEDS_GROUP, LBX_STATE_REFUSED, 2},
    {forbidden_kind, LBX_REFUSAL_ACTION_FORBIDDEN, LBX_STATE_REFUSED, 3},
    {cluster_elsewhere, LBX_REFUSAL_RESOURCE_OUTSIDE_SUBSCRIPTION, LBX_STATE_REFUSED, 0},
    {too_long, LBX_REFUSAL_DURATION_TOO_LONG, LBX_STATE_REFUSED, 0},
    {too_late, LBX_REFUSAL_STARTS_TOO_LATE, LBX_STATE_REFUSED, 0},
    {no_justification, LBX_REFUSAL_JUSTIFICATION_MISSING, LBX_STATE_REFUSED, 0},
    {extends_nothing, LBX_REFUSAL_EXTENDS_UNKNOWN, LBX_STATE_REFUSED, 0},
    {not_enabled, LBX_REFUSAL_NONE, LBX_STATE_NOT_REQUIRED, 0},
    {change_without_content, LBX_REFUSAL_CONTENT_REQUIRED, LBX_STATE_REFUSED, 1},
    {never_an_emergency, LBX_REFUSAL_EMERGENCY_NOT_ALLOWED, LBX_STATE_REFUSED, 0},
    {authorized_by_himself, LBX_REFUSAL_AUTHORIZER_IS_ENGINEER, LBX_STATE_REFUSED, 0},
    {authorizer_unproved, LBX_REFUSAL_AUTHORIZER_UNPROVED, LBX_STATE_REFUSED, 0},
    {nobody_to_ask, LBX_REFUSAL_NO_APPROVERS, LBX_STATE_REFUSED, 0},
};

/* All 524,287 ways to be wrong: the first fault in the published order speaks, whatever else is. */
static void the_first_fault_speaks(void **unused) {
    (void)unused;
    int bad = 0;
    for (unsigned set = 1; set < 1U << COUNT(faults); set++) {
        struct world w;
        char row[16];
        size_t first = COUNT(faults);
        world_init(&w);
        for (size_t i = 0; i < COUNT(faults); i++)
            if (set & 1U << i) {
                faults[i].breaks(&w);
                first = i < first ? i : first;
            }
        assert(first < COUNT(faults));
        const struct lbx_request *r = create(&w);
        (void)snprintf(row, sizeof row, "faults %05x", set);
        CHECK_ROW(&bad, row, r->state == faults[first].state, "state %d", r->state);
        CHECK_ROW(&bad, row, r->reason == faults[first].reason, "reason %s, not %s",
                  lbx_refusal_names[r->reason], lbx_refusal_names[faults[first].reason]);
        CHECK_ROW(&bad, row, r->item == faults[first].item && r->reason_item == r->item,
                  "item %lld", (long long)r->item);
        CHECK_ROW(&bad, row, r->version == 1 && r->ended_at == NOW && r->created_at == NOW,
                  "not over at once");
        const bool unasked = r->state == LBX_STATE_NOT_REQUIRED;
        CHECK_ROW(&bad, row,
                  !r->decide_by && !r->approvals_needed && !r->decision_count && !r->remind_at &&
                      !r->acknowledge_by,
                  "somebody is asked");
        CHECK_ROW(&bad, row, unasked || (!r->approver_count && !r->alternate_count),
                  "somebody is told");
        CHECK_ROW(&bad, row, lbx_request_due(r) == r->expires_at, "it is due");
        CHECK_ROW(&bad, row, unasked || (!r->expires_at && !r->starts_at), "a refusal grants");
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

static void nothing_is_wrong(void **unused) {
    (void)unused;
    struct world w;
    world_init(&w);
    w.wish.duration = 2 * HOUR;
    w.wish.starts_at = NOW + HOUR;
    const struct lbx_request *r = create(&w);
    assert_int_equal(r->state, LBX_STATE_CUSTOMER_NOTIFIED);
    assert_int_equal(r->version, 1);
    assert_string_equal(r->request_id, "R-1");
    assert_string_equal(r->tenant_id, "tenant-1");
    assert_string_equal(r->subscription_id, "sub-1");
    assert_string_equal(r->ticket_id, "T-1");
    assert_string_equal(r->engineer.id, "e-erin");
    assert_string_equal(r->engineer.email, "erin@vendor.example");
    assert_string_equal(r->engineer.name, "Erin");
    assert_string_equal(r->engineer.organization, "microsoft");
    assert_string_equal(r->resource_id, RESOURCE);
    assert_string_equal(r->justification, "Routers restart.");
    assert_string_equal(r->reason_code, "incident");
    assert_null(r->extends);
    assert_int_equal(r->duration, 2 * HOUR);
    assert_int_equal(r->created_at, NOW);
    assert_int_equal(r->decide_by, NOW + 96 * HOUR);
    assert_int_equal(r->starts_at, NOW + HOUR);
    assert_int_equal(r->expires_at, 0);
    assert_int_equal(r->ended_at, 0);
    assert_int_equal(r->reason, LBX_REFUSAL_NONE);
    assert_int_equal(r->reason_item, 0);
    assert_int_equal(r->approvals_needed, 1);
    assert_int_equal(r->decision_count, 0);
    assert_null(r->digest);
    assert_int_equal(r->granted_duration, 0);
    assert_int_equal(r->remind_at, NOW + 72 * HOUR);
    assert_false(r->signed_decisions);
    assert_null(r->opened_by.id); /* the customer himself */
    assert_null(r->incident_id);
    assert_null(r->authorized_by.id);
    assert_int_equal(r->acknowledge_by, 0);

    assert_int_equal(r->action_count, 3);
    assert_ptr_not_equal(r->actions, w.items); /* the wish itself is never marked */
    for (size_t i = 0; i < r->action_count; i++) {
        assert_int_equal(r->actions[i].number, i + 1);
        assert_true(r->actions[i].kept);
        assert_string_equal(r->actions[i].action, w.items[i].action);
        assert_true(same(r->actions[i].namespace, w.items[i].namespace));
        assert_true(same(r->actions[i].kind, w.items[i].kind));
        assert_true(same(r->actions[i].name, w.items[i].name));
    }
    assert_int_equal(r->approver_count, 2);
    assert_string_equal(r->approvers[0].principal.id, "u-ann");
    assert_string_equal(r->approvers[0].principal.email, "ann@contoso.example");
    assert_int_equal(r->approvers[0].role, LBX_ROLE_OWNER);
    assert_string_equal(r->approvers[1].principal.id, "u-bo");
    assert_int_equal(r->approvers[1].role, LBX_ROLE_LOCKBOX_APPROVER);
    assert_int_equal(r->alternate_count, 2);
    assert_string_equal(r->alternate_emails[0], "soc@contoso.example");
    assert_string_equal(r->alternate_emails[1], "ops@contoso.example");

    w.wish.duration = w.wish.starts_at = 0;
    r = create(&w);
    assert_int_equal(r->duration, 4 * HOUR); /* what the operator set */
    assert_int_equal(r->starts_at, 0);       /* with the approval */
    world_done(&w);
}

/* ---- each check by itself ---- */

static void unopened_ticket(struct world *w) {
    w->ticket.subscription_id = NULL;
    w->ticket.open = false;
}
static void escalation_engineer(struct world *w) {
    w->wish.engineer_id = "e-max";
}
static void escalation_engineer_of_another_organization(struct world *w) {
    w->wish.engineer_id = "e-max";
    w->escalated[0].organization = "initech";
}
static void nobody_assigned(struct world *w) {
    w->ticket.assigned = (struct lbx_engineer){0};
}
static void engineer_in_another_case(struct world *w) {
    w->wish.engineer_id = "E-ERIN";
}
static void organization_in_another_case(struct world *w) {
    w->ticket.assigned.organization = "MicroSoft";
}
static void organization_that_begins_alike(struct world *w) {
    w->ticket.assigned.organization = "microsoft2";
}
static void beginning_of_an_organization(struct world *w) {
    w->ticket.assigned.organization = "micro";
}
static void unknown_subscription(struct world *w) {
    w->creation.subscription = NULL;
}
static void removed_subscription(struct world *w) {
    w->subscription.removed = true;
}
static void unknown_subscription_where_that_is_allowed(struct world *w) {
    unknown_subscription(w);
    w->limits.unknown_subscriptions = true;
}
static void removed_subscription_where_that_is_allowed(struct world *w) {
    removed_subscription(w);
    w->limits.unknown_subscriptions = true;
}
static void as_late_as_may_be(struct world *w) {
    w->wish.starts_at = NOW + 7 * 24 * HOUR;
}
static void as_early_as_can_be(struct world *w) {
    w->wish.starts_at = 1;
}
static void last_item_of_none(struct world *w) {
    w->items[2].name = NULL;
}
static void two_items_of_none(struct world *w) {
    w->items[0].namespace = "kube-system";
    w->items[2].name = NULL;
}
static void resource_in_another_case(struct world *w) {
    w->wish.resource_id = "/SUBSCRIPTIONS/SUB-1/resourcegroups/RG/providers/"
                          "microsoft.redhatopenshift/OPENSHIFTCLUSTERS/aro";
}
static void as_long_as_may_be(struct world *w) {
    w->wish.duration = 8 * HOUR;
}
static void longer_than_anything(struct world *w) {
    w->wish.duration = LBX_DURATION_BEYOND;
}
static void extends_a_grant(struct world *w) {
    w->wish.extends = "R-0";
    w->creation.extended = &w->extended;
}
static void extends_an_emergency(struct world *w) {
    extends_a_grant(w);
    w->extended.state = LBX_STATE_EMERGENCY;
}
static void extends_what_nobody_was_asked_for(struct world *w) {
    extends_a_grant(w);
    w->extended.state = LBX_STATE_NOT_REQUIRED;
}
static void extends_another_spelling(struct world *w) {
    extends_a_grant(w);
    w->extended.resource_id = "/SUBSCRIPTIONS/SUB-1/resourcegroups/RG/providers/"
                              "microsoft.redhatopenshift/OPENSHIFTCLUSTERS/aro";
}
static void extends_another_cluster(struct world *w) {
    extends_a_grant(w);
    w->extended.resource_id = RESOURCE_ELSEWHERE;
}
static void extends_somebody_elses(struct world *w) {
    extends_a_grant(w);
    w->extended.engineer.id = "e-max";
}
static void extends_what_is_pending(struct world *w) {
    extends_a_grant(w);
    w->extended.state = LBX_STATE_CUSTOMER_NOTIFIED;
}
static void extends_what_has_ended(struct world *w) {
    extends_a_grant(w);
    w->extended.state = LBX_STATE_COMPLETED;
}
static void extends_what_ended_since(struct world *w) {
    extends_what_has_ended(w);
    w->extended.expires_at = w->creation.now + 1;
}
static void extends_what_ends_now(struct world *w) {
    extends_what_has_ended(w);
    w->extended.expires_at = w->creation.now;
}
static void extends_what_was_revoked(struct world *w) {
    extends_a_grant(w);
    w->extended.state = LBX_STATE_REVOKED;
}
static void one_approver(struct world *w) {
    w->creation.approver_count = w->creation.able_count = 1;
}
static void two_without_keys(struct world *w) {
    w->creation.able_count = 0;
}
static void fewer_than_are_needed(struct world *w) {
    w->subscription.policy.approvals_needed = 3;
}
static void as_many_as_are_needed(struct world *w) {
    w->subscription.policy.approvals_needed = 2;
}

static void each_check_by_itself(void **unused) {
    (void)unused;
#define ROW(change, outcome, why, number)                                                          \
    { #change, change, LBX_STATE_##outcome, LBX_REFUSAL_##why, number }
    static const struct {
        const char *what;
        void (*change)(struct world *w);
        int state, reason;
        int64_t item;
    } rows[] = {
        ROW(unopened_ticket, REFUSED, TICKET_UNKNOWN, 0),
        ROW(escalation_engineer, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(escalation_engineer_of_another_organization, REFUSED, ORGANIZATION_NOT_ALLOWED, 0),
        ROW(nobody_assigned, REFUSED, ENGINEER_NOT_ON_TICKET, 0),
        ROW(engineer_in_another_case, REFUSED, ENGINEER_NOT_ON_TICKET, 0),
        ROW(organization_in_another_case, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(organization_that_begins_alike, REFUSED, ORGANIZATION_NOT_ALLOWED, 0),
        ROW(beginning_of_an_organization, REFUSED, ORGANIZATION_NOT_ALLOWED, 0),
        ROW(unknown_subscription, REFUSED, SUBSCRIPTION_UNKNOWN, 0),
        ROW(removed_subscription, REFUSED, SUBSCRIPTION_UNKNOWN, 0),
        ROW(unknown_subscription_where_that_is_allowed, NOT_REQUIRED, NONE, 0),
        ROW(removed_subscription_where_that_is_allowed, NOT_REQUIRED, NONE, 0),
        ROW(as_late_as_may_be, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(as_early_as_can_be, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(last_item_of_none, REFUSED, ACTION_NOT_PERMITTED, 3),
        ROW(two_items_of_none, REFUSED, ACTION_NOT_PERMITTED, 1),
        ROW(resource_in_another_case, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(as_long_as_may_be, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(longer_than_anything, REFUSED, DURATION_TOO_LONG, 0),
        ROW(extends_a_grant, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(extends_an_emergency, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(extends_what_nobody_was_asked_for, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(extends_another_spelling, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(extends_another_cluster, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(extends_somebody_elses, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(extends_what_is_pending, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(extends_what_has_ended, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(extends_what_ended_since, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(extends_what_ends_now, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(extends_what_was_revoked, REFUSED, EXTENDS_UNKNOWN, 0),
        ROW(too_many_of_the_ticket, REFUSED, TOO_MANY_REQUESTS, 0),
        ROW(too_many_of_the_subscription, REFUSED, TOO_MANY_REQUESTS, 0),
        ROW(one_less_than_too_many, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(too_many_and_an_emergency, EMERGENCY, NONE, 0),
        ROW(one_approver, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(two_without_keys, REFUSED, NO_APPROVERS, 0),
        ROW(fewer_than_are_needed, REFUSED, NO_APPROVERS, 0),
        ROW(as_many_as_are_needed, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(change_without_content, REFUSED, CONTENT_REQUIRED, 1),
        ROW(reads_where_changes_are_exact, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(never_an_emergency, REFUSED, EMERGENCY_NOT_ALLOWED, 0),
        ROW(an_emergency_where_allowed, EMERGENCY, NONE, 0),
        ROW(after_an_unacknowledged_one, REFUSED, EMERGENCY_NOT_ALLOWED, 0),
        ROW(after_a_revoked_one, REFUSED, EMERGENCY_NOT_ALLOWED, 0),
        ROW(the_fourth_of_a_day, REFUSED, EMERGENCY_NOT_ALLOWED, 0),
        ROW(the_third_of_a_day, EMERGENCY, NONE, 0),
        ROW(no_emergency_where_none_is_allowed, CUSTOMER_NOTIFIED, NONE, 0),
        ROW(authorizer_unproved, REFUSED, AUTHORIZER_UNPROVED, 0),
    };
#undef ROW
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        rows[i].change(&w);
        const struct lbx_request *r = create(&w);
        CHECK_ROW(&bad, rows[i].what, r->state == rows[i].state, "%s", lbx_state_names[r->state]);
        CHECK_ROW(&bad, rows[i].what, r->reason == rows[i].reason, "%s",
                  lbx_refusal_names[r->reason]);
        CHECK_ROW(&bad, rows[i].what, r->reason_item == rows[i].item, "item %lld",
                  (long long)r->reason_item);
        CHECK_ROW(&bad, rows[i].what, same(r->extends, w.wish.extends), "extends %s", r->extends);
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

static void justifications(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *text;
        bool justified;
    } rows[] = {
        {"none", NULL, false},
        {"empty", "", false},
        {"a space", " ", false},
        {"white space of all kinds", " \t\r\n\v\f ", false},
        {"no-break spaces", "\xC2\xA0\xC2\xA0", false},
        {"ideographic spaces", "\xE3\x80\x80 \xE3\x80\x80", false},
        {"all of them", " \xC2\xA0\t\xE3\x80\x80\n", false},
        {"an em space", "\xE2\x80\x83", false},
        {"a zero-width space", "\xE2\x80\x8B", false},
        {"a byte order mark", "\xEF\xBB\xBF", false},
        {"soft hyphens", "\xC2\xAD\xC2\xAD", false},
        {"a line separator", "\xE2\x80\xA8", false},
        {"an override of direction", "\xE2\x80\xAE", false},
        {"an empty Braille pattern", "\xE2\xA0\x80", false},
        {"a Hangul filler", "\xE3\x85\xA4", false},
        {"a variation selector", "\xEF\xB8\x8F", false},
        {"a tag", "\xF3\xA0\x81\x81", false},
        {"a word", "x", true},
        {"a word behind a zero-width space", "\xE2\x80\x8Bx", true},
        {"an em dash", "\xE2\x80\x94", true},
        {"an emoji", "\xF0\x9F\x94\xA5", true},
        {"a word behind spaces", " \xC2\xA0\n\xE3\x80\x80x", true},
        {"a word before spaces", "x  ", true},
        {"a full stop", ".", true},
        {"a pound sign: begins as a no-break space does", "\xC2\xA3", true},
        {"an ideographic comma: begins as an ideographic space does", "\xE3\x80\x81", true},
        {"another script", "\xD0\xBD\xD0\xB0\xD0\xB4\xD0\xBE", true},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        w.wish.justification = rows[i].text;
        const struct lbx_request *r = create(&w);
        bool justified = r->reason != LBX_REFUSAL_JUSTIFICATION_MISSING;
        CHECK_ROW(&bad, rows[i].what, justified == rows[i].justified, "%s",
                  lbx_refusal_names[r->reason]);
        CHECK_ROW(&bad, rows[i].what, same(r->justification, rows[i].text), "not as it came");
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

/* ---- what the customer's policy says ---- */

static void policies(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_policy policy;
        int64_t wished;
        int reason;
        int64_t duration, needed;
    } rows[] = {
        {"none", {0}, 0, LBX_REFUSAL_NONE, 4 * HOUR, 1},
        {"two approvals", {.approvals_needed = 2}, 0, LBX_REFUSAL_NONE, 4 * HOUR, 2},
        {"shorter than usual", {.max_duration = HOUR}, 0, LBX_REFUSAL_NONE, HOUR, 1},
        {"as long as it may be", {.max_duration = HOUR}, HOUR, LBX_REFUSAL_NONE, HOUR, 1},
        {"longer", {.max_duration = HOUR}, HOUR + 1, LBX_REFUSAL_DURATION_TOO_LONG, HOUR + 1, 0},
        {"longer than usual", {.max_duration = 6 * HOUR}, 0, LBX_REFUSAL_NONE, 4 * HOUR, 1},
        {"longer than usual, used",
         {.max_duration = 6 * HOUR},
         6 * HOUR,
         LBX_REFUSAL_NONE,
         6 * HOUR,
         1},
        {"longer than the operator's",
         {.max_duration = 20 * HOUR},
         8 * HOUR,
         LBX_REFUSAL_NONE,
         8 * HOUR,
         1},
        {"and no way around him",
         {.max_duration = 20 * HOUR},
         9 * HOUR,
         LBX_REFUSAL_DURATION_TOO_LONG,
         9 * HOUR,
         0},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        w.subscription.policy = rows[i].policy;
        w.subscription.policy.signed_decisions = true;
        w.wish.duration = rows[i].wished;
        const struct lbx_request *r = create(&w);
        CHECK_ROW(&bad, rows[i].what, r->reason == rows[i].reason, "%s",
                  lbx_refusal_names[r->reason]);
        CHECK_ROW(&bad, rows[i].what, r->duration == rows[i].duration, "duration %lld",
                  (long long)r->duration);
        CHECK_ROW(&bad, rows[i].what, r->approvals_needed == rows[i].needed, "%lld needed",
                  (long long)r->approvals_needed);
        CHECK_ROW(&bad, rows[i].what, r->signed_decisions == (rows[i].needed > 0), "signed %d",
                  r->signed_decisions);
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

/* ---- who opened the ticket ---- */

static void openers_on_the_vendors_side(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_engineer opened_by;
        bool vendors;
    } rows[] = {
        {"nobody known", {0}, false},
        {"somebody without an organization", {"c-carl", "c@c.example", "Carl", NULL}, false},
        {"of another organization", {"c-carl", "c@c.example", "Carl", "contoso"}, false},
        {"of the vendor's", {"v-vic", "v@v.example", "Vic", "redhat"}, true},
        {"of the vendor's, in another case", {"v-vic", "v@v.example", "Vic", "RedHat"}, true},
        {"the engineer himself", {"e-erin", "erin@vendor.example", "Erin", NULL}, true},
        {"the escalation engineer", {"e-max", "max@redhat.example", "Max", NULL}, true},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        w.ticket.opened_by = rows[i].opened_by;
        const struct lbx_request *r = create(&w);
        const struct lbx_engineer *o = &rows[i].opened_by;
        CHECK_ROW(&bad, rows[i].what,
                  rows[i].vendors
                      ? same(r->opened_by.id, o->id) && same(r->opened_by.email, o->email) &&
                            same(r->opened_by.name, o->name)
                      : !r->opened_by.id && !r->opened_by.email && !r->opened_by.name,
                  "%s", r->opened_by.id);
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

/* ---- emergencies ---- */

/* What the emergencies before say of the next one, on the ticket T-1. */
static void earlier_emergencies(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_request request;
        struct lbx_emergencies adds;
    } rows[] = {
        {"it runs",
         {.state = LBX_STATE_EMERGENCY, .created_at = NOW, .acknowledge_by = NOW + 1},
         {1}},
        {"its time is up",
         {.state = LBX_STATE_EMERGENCY, .created_at = NOW, .acknowledge_by = NOW},
         {1, true}},
        {"a day old",
         {.state = LBX_STATE_COMPLETED, .created_at = NOW - 24 * HOUR, .acknowledge_by = NOW},
         {0, true}},
        {"nearly a day old",
         {.state = LBX_STATE_COMPLETED, .created_at = NOW - 24 * HOUR + 1, .acknowledge_by = NOW},
         {1, true}},
        {"acknowledged",
         {.state = LBX_STATE_COMPLETED, .acknowledge_by = NOW, .acknowledged_at = NOW - 1},
         {0}},
        {"acknowledged late",
         {.state = LBX_STATE_COMPLETED,
          .acknowledge_by = NOW - 2,
          .unacknowledged = true,
          .acknowledged_at = NOW - 1},
         {0}},
        {"revoked", {.state = LBX_STATE_REVOKED, .acknowledge_by = NOW + 1}, {0, .revoked = true}},
        {"revoked, of another ticket",
         {.state = LBX_STATE_REVOKED, .ticket_id = "T-2", .acknowledge_by = NOW + 1},
         {0}},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request request = rows[i].request;
        struct lbx_emergencies earlier = {0};
        request.ticket_id = request.ticket_id ? request.ticket_id : "T-1";
        lbx_emergencies_add(&earlier, &request, "T-1", NOW);
        CHECK_ROW(&bad, rows[i].what,
                  earlier.today == rows[i].adds.today &&
                      earlier.unacknowledged == rows[i].adds.unacknowledged &&
                      earlier.revoked == rows[i].adds.revoked,
                  "%lld, %d, %d", (long long)earlier.today, earlier.unacknowledged,
                  earlier.revoked);
    }
    assert_int_equal(bad, 0);
}

static void an_emergency_starts_at_once(void **unused) {
    (void)unused;
    struct world w;
    world_init(&w);
    declare_emergency(&w);
    w.wish.starts_at = NOW + 3 * HOUR; /* at once, whatever was wished */
    w.subscription.policy.approvals_needed = 2;
    const struct lbx_request *r = create(&w);
    assert_int_equal(r->state, LBX_STATE_EMERGENCY);
    assert_int_equal(r->approvals_needed, 0);
    assert_int_equal(r->version, 1);
    assert_int_equal(r->duration, HOUR);
    assert_int_equal(r->starts_at, NOW);
    assert_int_equal(r->expires_at, NOW + HOUR);
    assert_int_equal(r->acknowledge_by, NOW + 24 * HOUR);
    assert_int_equal(r->acknowledged_at, 0);
    assert_false(r->unacknowledged);
    assert_string_equal(r->incident_id, "I-1");
    assert_string_equal(r->authorized_by.id, "v-vera");
    assert_string_equal(r->authorized_by.email, "vera@vendor.example");
    assert_string_equal(r->authorized_by.name, "Vera, on duty");
    assert_int_equal(r->decide_by, 0);
    assert_int_equal(r->remind_at, 0);
    assert_int_equal(r->ended_at, 0);
    assert_int_equal(r->approver_count, 2);
    assert_int_equal(r->alternate_count, 2);
    assert_int_equal(lbx_request_due(r), NOW + HOUR);
    assert_int_equal(lbx_request_access_end(r), NOW + HOUR);
    assert_string_equal(lbx_request_basis(r), "emergency");
    for (size_t i = 0; i < r->action_count; i++)
        assert_true(r->actions[i].kept);
    world_done(&w);
}

static void who_may_declare_one(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        struct lbx_principal authorized_by;
        int64_t duration, policy;
        int reason;
    } rows[] = {
        {"another", {"v-vera", "vera@vendor.example", ""}, 0, 0, LBX_REFUSAL_NONE},
        {"himself",
         {"e-erin", "vera@vendor.example", ""},
         0,
         0,
         LBX_REFUSAL_AUTHORIZER_IS_ENGINEER},
        {"himself, by e-mail",
         {"v-vera", "Erin@Vendor.Example", ""},
         0,
         0,
         LBX_REFUSAL_AUTHORIZER_IS_ENGINEER},
        {"the escalation engineer", {"e-max", "max@redhat.example", ""}, 0, 0, LBX_REFUSAL_NONE},
        {"for as long as may be", {"v-vera", "v@v", ""}, HOUR, 0, LBX_REFUSAL_NONE},
        {"for longer", {"v-vera", "v@v", ""}, HOUR + 1, 0, LBX_REFUSAL_DURATION_TOO_LONG},
        {"for less", {"v-vera", "v@v", ""}, HOUR / 2, 0, LBX_REFUSAL_NONE},
        {"the customer's bound holds too",
         {"v-vera", "v@v", ""},
         HOUR / 2,
         HOUR / 4,
         LBX_REFUSAL_DURATION_TOO_LONG},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        declare_emergency(&w);
        w.wish.authorized_by = rows[i].authorized_by;
        w.wish.duration = rows[i].duration;
        w.subscription.policy.max_duration = rows[i].policy;
        const struct lbx_request *r = create(&w);
        CHECK_ROW(&bad, rows[i].what, r->reason == rows[i].reason, "%s",
                  lbx_refusal_names[r->reason]);
        CHECK_ROW(&bad, rows[i].what,
                  r->state == (rows[i].reason ? LBX_STATE_REFUSED : LBX_STATE_EMERGENCY), "%s",
                  lbx_state_names[r->state]);
        CHECK_ROW(&bad, rows[i].what, same(r->incident_id, "I-1"), "the incident is hidden");
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

/* ---- what a refused request still says ---- */

static void refused_as_asked(void **unused) {
    (void)unused;
    struct world w;
    world_init(&w);
    w.creation.ticket = NULL;
    w.creation.subscription = NULL;
    w.items[1].action = "exec_in_pod";
    w.wish.duration = 100 * HOUR;
    const struct lbx_request *r = create(&w);
    assert_string_equal(r->ticket_id, "T-1");
    assert_string_equal(r->engineer.id, "e-erin");
    assert_null(r->engineer.email);
    assert_null(r->tenant_id);
    assert_null(r->subscription_id);
    assert_int_equal(r->action_count, 3);
    assert_string_equal(r->actions[1].action, "exec_in_pod");
    assert_int_equal(r->duration, 100 * HOUR);
    assert_int_equal(lbx_request_access_end(r), 0);
    assert_null(lbx_request_basis(r));

    /* known, but not on this ticket: he stays but an id */
    w.creation.ticket = &w.ticket;
    w.creation.subscription = &w.subscription;
    w.wish.engineer_id = "e-eve";
    r = create(&w);
    assert_string_equal(r->engineer.id, "e-eve");
    assert_null(r->engineer.name);
    assert_string_equal(r->tenant_id, "tenant-1");
    assert_string_equal(r->subscription_id, "sub-1");
    world_done(&w);
}

/* ---- where Lockbox is not enabled ---- */

static void not_required_begins_and_ends_as_a_grant(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        int64_t duration, starts_at, start, end;
    } rows[] = {
        {"as set", 0, 0, NOW, NOW + 4 * HOUR},
        {"shorter", HOUR, 0, NOW, NOW + HOUR},
        {"the longest", 8 * HOUR, 0, NOW, NOW + 8 * HOUR},
        {"from later on", HOUR, NOW + HOUR, NOW + HOUR, NOW + 2 * HOUR},
        {"from earlier on", HOUR, NOW - HOUR, NOW, NOW + HOUR},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world w;
        world_init(&w);
        not_enabled(&w);
        w.wish.duration = rows[i].duration;
        w.wish.starts_at = rows[i].starts_at;
        const struct lbx_request *r = create(&w);
        CHECK_ROW(&bad, rows[i].what, r->state == LBX_STATE_NOT_REQUIRED, "%s",
                  lbx_state_names[r->state]);
        CHECK_ROW(&bad, rows[i].what, r->starts_at == rows[i].start && r->expires_at == rows[i].end,
                  "from %lld to %lld", (long long)r->starts_at, (long long)r->expires_at);
        CHECK_ROW(&bad, rows[i].what, lbx_request_access_end(r) == rows[i].end, "until %lld",
                  (long long)lbx_request_access_end(r));
        CHECK_ROW(&bad, rows[i].what, same(lbx_request_basis(r), "not_required"), "basis %s",
                  lbx_request_basis(r));
        CHECK_ROW(&bad, rows[i].what, lbx_request_due(r) == rows[i].end, "due %lld",
                  (long long)lbx_request_due(r));
        CHECK_ROW(&bad, rows[i].what, r->ended_at == NOW, "asking is not over");
        CHECK_ROW(&bad, rows[i].what, r->approver_count == 2 && r->alternate_count == 2,
                  "%zu approvers, %zu alternates", r->approver_count, r->alternate_count);
        world_done(&w);
    }
    assert_int_equal(bad, 0);
}

/* Nobody is asked, and nothing is allowed that could not have been asked for. */
static void not_required_is_refused_what_a_request_is(void **unused) {
    (void)unused;
    int bad = 0;
    for (size_t i = 0; faults[i].state != LBX_STATE_NOT_REQUIRED; i++) {
        struct world w;
        world_init(&w);
        not_enabled(&w);
        faults[i].breaks(&w);
        const struct lbx_request *r = create(&w);
        CHECK_ROW(&bad, lbx_refusal_names[faults[i].reason],
                  r->state == LBX_STATE_REFUSED && r->reason == faults[i].reason, "%s",
                  lbx_refusal_names[r->reason]);
        world_done(&w);
    }
    struct world w;
    world_init(&w);
    not_enabled(&w);
    declare_emergency(&w);
    w.wish.duration = HOUR + 1;
    assert_int_equal(create(&w)->reason, LBX_REFUSAL_DURATION_TOO_LONG);
    w.wish.duration = HOUR;
    assert_int_equal(create(&w)->expires_at, NOW + HOUR);
    assert_int_equal(w.request.acknowledge_by, 0);
    world_done(&w);
    assert_int_equal(bad, 0);
}

/* The member at fault is told with the item's number, and stays what it was. */
static void what_is_wrong_with_an_item_is_told(void **unused) {
    (void)unused;
    struct world w;
    world_init(&w);
    w.items[2].name = "../secrets";
    const struct lbx_request *r = create(&w);
    assert_int_equal(r->reason_item, 3);
    assert_string_equal(r->detail,
                        "name: not 1 to 253 visible ASCII characters without / and %, nor . or ..");
    assert_string_equal(r->actions[2].name, "../secrets");
    w.items[2].name = "p";
    assert_null(create(&w)->detail);

    w.items[1].kind = "Ingress";
    assert_string_equal(create(&w)->detail,
                        "kind: Ingress.config.openshift.io, Ingress.networking.k8s.io or "
                        "Ingress.operator.openshift.io");
    w.items[1].kind = "Deployment";
    assert_string_equal(create(&w)->detail, "kind: Deployment.apps");
    w.items[1].kind = "Unheard"; /* that nobody knows is the core group's */
    assert_null(create(&w)->detail);

    w.items[1].kind = "Secret";
    assert_string_equal(create(&w)->detail, "operator: every action of Secret is forbidden");
    w.limits.forbidden = (struct lbx_forbidden_list){0};
    assert_int_equal(create(&w)->state, LBX_STATE_CUSTOMER_NOTIFIED);
    struct lbx_forbidden theirs[] = {{"delete_object", "a", NULL}};
    w.subscription.policy.forbid = theirs;
    w.subscription.policy.forbid_count = 1;
    assert_string_equal(create(&w)->detail, "policy: delete_object in a is forbidden");
    assert_int_equal(w.request.reason_item, 3);
    assert_int_equal(w.request.reason, LBX_REFUSAL_ACTION_FORBIDDEN);
    world_done(&w);
}

static void every_refusal_has_words(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++)
        assert_int_equal(lbx_refusal_words((enum lbx_refusal)faults[i].reason) != NULL,
                         faults[i].reason != LBX_REFUSAL_NONE);
    assert_null(lbx_refusal_words(LBX_REFUSAL_BAD_KEY)); /* a tenant's */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fault_speaks),
        cmocka_unit_test(nothing_is_wrong),
        cmocka_unit_test(every_refusal_has_words),
        cmocka_unit_test(each_check_by_itself),
        cmocka_unit_test(justifications),
        cmocka_unit_test(policies),
        cmocka_unit_test(openers_on_the_vendors_side),
        cmocka_unit_test(earlier_emergencies),
        cmocka_unit_test(an_emergency_starts_at_once),
        cmocka_unit_test(who_may_declare_one),
        cmocka_unit_test(refused_as_asked),
        cmocka_unit_test(not_required_begins_and_ends_as_a_grant),
        cmocka_unit_test(not_required_is_refused_what_a_request_is),
        cmocka_unit_test(what_is_wrong_with_an_item_is_told),
    };
    return cmocka_run_group_tests_name("creation", tests, NULL, NULL);
}
