/* What may be asked, when it is over, what a decision does to it, and what consent is given to. */
#include "core/request.h"

#include "event/time.h"
#include "io/hash.h"

#include "check.h"

#define HOUR INT64_C(3600000000)
#define NOW INT64_C(1795450118123456) /* 2026-11-23T16:08:38.123456Z */
#define DECIDE_BY (NOW + 96 * HOUR)
#define SUBSCRIPTION "00000000-aaaa-bbbb-cccc-000000000001"
#define CLUSTER "/providers/Microsoft.RedHatOpenShift/openShiftClusters/"

/* ---- items ---- */

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
                                          .kind = part(k, "Deployment"),
                                          .name = part(o, "router")};
            CHECK_ROW(&bad, row, lbx_item_permitted(&item) == want, "expected %d", want);
        }
    assert_int_equal(bad, 0);
}

static void logs_in_openshift_namespaces(void **unused) {
    (void)unused;
    static const struct {
        const char *namespace;
        bool permitted;
    } rows[] = {
        {"openshift", true},          {"openshift-etcd", true},  {"openshift-a-b", true},
        {"openshift--", true},        {"openshift-", false},     {"openshiftx", false},
        {"openshift_etcd", false},    {"openshift/etcd", false}, {"openshift.etcd", false},
        {"openshif", false},          {"Openshift-etcd", false}, {" openshift-etcd", false},
        {"my-openshift-etcd", false}, {"kube-system", false},    {"default", false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_item logs = {.action = "get_pod_logs", .namespace = rows[i].namespace};
        const struct lbx_item list = {
            .action = "list_or_get_objects", .namespace = rows[i].namespace, .kind = "Pod"};
        CHECK_ROW(&bad, rows[i].namespace, lbx_item_permitted(&logs) == rows[i].permitted,
                  "expected %d", rows[i].permitted);
        CHECK_ROW(&bad, rows[i].namespace, lbx_item_permitted(&list), "objects live everywhere");
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
        CHECK_ROW(&bad, words[i], !lbx_item_permitted(&item) && !lbx_item_permitted(&bare),
                  "permitted");
    }
    assert_int_equal(bad, 0);
}

/* ---- the cluster ---- */

static void resources(void **unused) {
    (void)unused;
#define RG "/resourceGroups/rg-1"
    static const struct {
        const char *what, *resource_id;
        bool inside;
        const char *subscription_id; /* NULL: SUBSCRIPTION */
    } rows[] = {
        {"as it should be", "/subscriptions/" SUBSCRIPTION RG CLUSTER "aro", true},
        {"all in upper case",
         "/SUBSCRIPTIONS/00000000-AAAA-BBBB-CCCC-000000000001/RESOURCEGROUPS/RG-1/PROVIDERS/"
         "MICROSOFT.REDHATOPENSHIFT/OPENSHIFTCLUSTERS/ARO",
         true},
        {"all in lower case",
         "/subscriptions/" SUBSCRIPTION "/resourcegroups/rg-1/providers/microsoft.redhatopenshift/"
         "openshiftclusters/aro",
         true},
        {"the subscription in upper case", "/subscriptions/sub-a" RG CLUSTER "aro", true, "SUB-A"},
        {"another subscription",
         "/subscriptions/00000000-aaaa-bbbb-cccc-000000000002" RG CLUSTER "aro", false},
        {"a subscription of which ours is the beginning",
         "/subscriptions/" SUBSCRIPTION "0" RG CLUSTER "aro", false},
        {"a subscription that is the beginning of ours",
         "/subscriptions/00000000-aaaa-bbbb-cccc-00000000000" RG CLUSTER "aro", false},
        {"no subscription", "/subscriptions/" RG CLUSTER "aro", false},
        {"another provider",
         "/subscriptions/" SUBSCRIPTION RG "/providers/Microsoft.Compute/virtualMachines/vm",
         false},
        {"another type of the provider",
         "/subscriptions/" SUBSCRIPTION RG
         "/providers/Microsoft.RedHatOpenShift/openShiftClusters2/aro",
         false},
        {"hosted clusters of the provider",
         "/subscriptions/" SUBSCRIPTION RG
         "/providers/Microsoft.RedHatOpenShift/hcpOpenShiftClusters/aro",
         false},
        {"a slash behind it", "/subscriptions/" SUBSCRIPTION RG CLUSTER "aro/", false},
        {"something of the cluster", "/subscriptions/" SUBSCRIPTION RG CLUSTER "aro/syncSets/s",
         false},
        {"nested in another resource",
         "/subscriptions/" SUBSCRIPTION RG "/providers/Microsoft.Compute/virtualMachines/vm"
         "/subscriptions/" SUBSCRIPTION RG CLUSTER "aro",
         false},
        {"behind another subscription",
         "/subscriptions/other/subscriptions/" SUBSCRIPTION RG CLUSTER "aro", false},
        {"no cluster's name", "/subscriptions/" SUBSCRIPTION RG CLUSTER, false},
        {"no type", "/subscriptions/" SUBSCRIPTION RG "/providers/Microsoft.RedHatOpenShift",
         false},
        {"the resource group alone", "/subscriptions/" SUBSCRIPTION RG, false},
        {"no resource group's name",
         "/subscriptions/" SUBSCRIPTION "/resourceGroups/" CLUSTER "aro", false},
        {"a resource group of two segments", "/subscriptions/" SUBSCRIPTION RG "/x" CLUSTER "aro",
         false},
        {"no resource group", "/subscriptions/" SUBSCRIPTION CLUSTER "aro", false},
        {"the subscription alone", "/subscriptions/" SUBSCRIPTION, false},
        {"a tenant's", CLUSTER "aro", false},
        {"no slash before it", "subscriptions/" SUBSCRIPTION RG CLUSTER "aro", false},
        {"two slashes before it", "//subscriptions/" SUBSCRIPTION RG CLUSTER "aro", false},
        {"a host before it",
         "https://management.azure.com/subscriptions/" SUBSCRIPTION RG CLUSTER "aro", false},
        {"a space before it", " /subscriptions/" SUBSCRIPTION RG CLUSTER "aro", false},
        {"empty", "", false},
    };
#undef RG
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *subscription = rows[i].subscription_id ? rows[i].subscription_id : SUBSCRIPTION;
        CHECK_ROW(&bad, rows[i].what,
                  lbx_resource_inside(rows[i].resource_id, subscription) == rows[i].inside,
                  "expected %d", rows[i].inside);
    }
    assert_int_equal(bad, 0);
}

/* ---- a request to play with ---- */

static const int64_t day_and_four_hours[] = {24 * HOUR, 4 * HOUR};
static const struct lbx_limits limits = {.reminders = day_and_four_hours, .reminder_count = 2};

/* Five approvers: two ordinary ones, the engineer himself, he again under another id, and the vendor's
 * own who opened the ticket. */
static struct lbx_request *request_in(enum lbx_state state, struct lbx_arena *arena) {
    static const struct lbx_approver approvers[] = {
        {{"u-ann", "ann@contoso.example", "Ann"}, LBX_ROLE_OWNER},
        {{"u-bo", "bo@contoso.example", "Bo"}, LBX_ROLE_LOCKBOX_APPROVER},
        {{"e-erin", "erin@vendor.example", "Erin"}, LBX_ROLE_OWNER},
        {{"u-erin", "Erin@VENDOR.example", "Erin too"}, LBX_ROLE_OWNER},
        {{"u-olga", "olga@vendor.example", "Olga"}, LBX_ROLE_OWNER},
    };
    static const struct lbx_item items[] = {
        {1, "get_pod_logs", "openshift-etcd", NULL, NULL, true},
        {2, "list_or_get_objects", NULL, "Node", NULL, true},
        {3, "delete_object", "default", "Pod", "p", true},
    };
    struct lbx_request *request = LBX_ARENA_NEW(arena, struct lbx_request);
    *request = (struct lbx_request){
        .request_id = "R-1",
        .state = (int)state,
        .version = 1,
        .ticket_id = "T-1",
        .engineer = {"e-erin", "erin@vendor.example", "Erin", "microsoft"},
        .opened_by = {"u-olga", "olga@vendor.example", "Olga"},
        .actions = LBX_ARENA_ARRAY(arena, struct lbx_item, 33),
        .action_count = COUNT(items),
        .justification = "because",
        .duration = 8 * HOUR,
        .created_at = NOW - HOUR,
        .decide_by = DECIDE_BY,
        .approvals_needed = 1,
        .approvers = LBX_ARENA_ARRAY(arena, struct lbx_approver, COUNT(approvers)),
        .approver_count = COUNT(approvers),
    };
    memcpy(request->actions, items, sizeof items);
    for (size_t i = COUNT(items); i < 33; i++)
        request->actions[i].kept = true; /* nobody has business there */
    memcpy(request->approvers, approvers, sizeof approvers);
    if (state == LBX_STATE_APPROVED || state == LBX_STATE_EMERGENCY) {
        request->starts_at = NOW - HOUR;
        request->expires_at = NOW + 7 * HOUR;
    }
    return request;
}

static void make_emergency(struct lbx_request *request) {
    request->incident_id = "I-1";
    request->acknowledge_by = NOW + 24 * HOUR;
}

/* "1 3" as the numbers of the items that an approval keeps. */
static void give_items(struct lbx_decision_submitted *decision, const char *numbers,
                       struct lbx_arena *arena) {
    if (!numbers)
        return;
    decision->actions = LBX_ARENA_ARRAY(arena, int64_t, 32);
    for (char *end; *numbers; numbers = end + (*end == ' '))
        decision->actions[decision->action_count++] = strtoll(numbers, &end, 10);
}

/* ---- time ---- */

static const int64_t all_times[] = {1, NOW - 1, NOW, DECIDE_BY, DECIDE_BY + 1, 10 * DECIDE_BY};

static void time_ends_at_the_deadline(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        enum lbx_state state;
        int64_t due, now;
        enum lbx_state then; /* NONE: stays */
        int event;
    } rows[] = {
        {"asked, just before", LBX_STATE_CUSTOMER_NOTIFIED, DECIDE_BY, DECIDE_BY - 1},
        {"asked, long before", LBX_STATE_CUSTOMER_NOTIFIED, DECIDE_BY, 1},
        {"asked, at the deadline", LBX_STATE_CUSTOMER_NOTIFIED, DECIDE_BY, DECIDE_BY,
         LBX_STATE_EXPIRED, LBX_EVENT_REQUEST_EXPIRED},
        {"asked, long after", LBX_STATE_CUSTOMER_NOTIFIED, DECIDE_BY, DECIDE_BY + 1000 * HOUR,
         LBX_STATE_EXPIRED, LBX_EVENT_REQUEST_EXPIRED},
        {"approved, just before", LBX_STATE_APPROVED, NOW + 7 * HOUR, NOW + 7 * HOUR - 1},
        {"approved, at the end", LBX_STATE_APPROVED, NOW + 7 * HOUR, NOW + 7 * HOUR,
         LBX_STATE_COMPLETED, LBX_EVENT_REQUEST_COMPLETED},
        {"approved, after", LBX_STATE_APPROVED, NOW + 7 * HOUR, NOW + 8 * HOUR, LBX_STATE_COMPLETED,
         LBX_EVENT_REQUEST_COMPLETED},
        {"emergency, just before", LBX_STATE_EMERGENCY, NOW + 7 * HOUR, NOW + 7 * HOUR - 1},
        {"emergency, at the end", LBX_STATE_EMERGENCY, NOW + 7 * HOUR, NOW + 7 * HOUR,
         LBX_STATE_COMPLETED, LBX_EVENT_REQUEST_COMPLETED},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(rows[i].state, &arena);
        bool moves = rows[i].then != LBX_STATE_NONE;
        CHECK_ROW(&bad, rows[i].what, lbx_request_due(request) == rows[i].due, "due %lld",
                  (long long)lbx_request_due(request));
        struct lbx_step step = lbx_request_pass_time(request, &limits, rows[i].now);
        CHECK_ROW(&bad, rows[i].what, step.event == rows[i].event, "event %d", step.event);
        CHECK_ROW(&bad, rows[i].what, request->version == 1 + moves, "version %lld",
                  (long long)request->version);
        CHECK_ROW(&bad, rows[i].what, request->state == (int)(moves ? rows[i].then : rows[i].state),
                  "state %d", request->state);
        CHECK_ROW(&bad, rows[i].what, !moves || step.previous_state == (int)rows[i].state,
                  "previous state %d", step.previous_state);
        /* over since the deadline, however late anybody looked */
        CHECK_ROW(&bad, rows[i].what, request->ended_at == (moves ? rows[i].due : 0),
                  "ended at %lld", (long long)request->ended_at);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void nothing_befalls_what_is_over(void **unused) {
    (void)unused;
    static const enum lbx_state over[] = {
        LBX_STATE_DENIED,  LBX_STATE_EXPIRED, LBX_STATE_CANCELLED,    LBX_STATE_COMPLETED,
        LBX_STATE_REVOKED, LBX_STATE_REFUSED, LBX_STATE_NOT_REQUIRED,
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(over); i++)
        for (size_t t = 0; t < COUNT(all_times); t++) {
            struct lbx_request *request = request_in(over[i], &arena), before;
            request->expires_at = NOW;
            memcpy(&before, request, sizeof before);
            struct lbx_step time = lbx_request_pass_time(request, &limits, all_times[t]);
            struct lbx_step ticket = lbx_request_ticket_ended(request, all_times[t]);
            CHECK_ROW(&bad, lbx_state_names[over[i]], !time.event && !ticket.event, "events %d, %d",
                      time.event, ticket.event);
            CHECK_ROW(&bad, lbx_state_names[over[i]], lbx_request_due(request) == 0, "still due");
            CHECK_ROW(&bad, lbx_state_names[over[i]], !memcmp(&before, request, sizeof before),
                      "it changed");
            lbx_arena_reset(&arena);
        }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void the_ticket_ends_at_once(void **unused) {
    (void)unused;
    static const struct {
        enum lbx_state state, then;
        int event;
        int64_t access_end;
    } rows[] = {
        {LBX_STATE_CUSTOMER_NOTIFIED, LBX_STATE_CANCELLED, LBX_EVENT_REQUEST_CANCELLED, 0},
        {LBX_STATE_APPROVED, LBX_STATE_REVOKED, LBX_EVENT_REQUEST_REVOKED, NOW},
        {LBX_STATE_EMERGENCY, LBX_STATE_REVOKED, LBX_EVENT_REQUEST_REVOKED, NOW},
    };
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(rows[i].state, &arena);
        struct lbx_step step = lbx_request_ticket_ended(request, NOW);
        assert_int_equal(step.event, rows[i].event);
        assert_int_equal(step.previous_state, rows[i].state);
        assert_int_equal(request->state, rows[i].then);
        assert_int_equal(request->version, 2);
        assert_int_equal(request->ended_at, NOW);
        assert_int_equal(lbx_request_access_end(request), rows[i].access_end);
        assert_int_equal(lbx_request_ticket_ended(request, NOW + 1).event, LBX_EVENT_NONE);
        assert_int_equal(request->ended_at, NOW);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
}

/* All that time does up to now, as words: "reminder_due expired". */
static const char *all_of_time(struct lbx_request *request, int64_t now, struct lbx_arena *arena) {
    const char *said = "";
    for (int guard = 0; guard < 10; guard++) {
        int64_t version = request->version;
        struct lbx_step step = lbx_request_pass_time(request, &limits, now);
        if (step.event == LBX_EVENT_NONE)
            return request->version == version ? said : "a version without an event";
        if (request->version != version + 1)
            return "an event without a version";
        const char *name = lbx_event_type_info((enum lbx_event_type)step.event)->name;
        int len = (int)strcspn(name + strlen("lockbox.request."), ".");
        said = lbx_arena_printf(arena, "%s%s%.*s", said, *said ? " " : "", len,
                                name + strlen("lockbox.request."));
    }
    return "no end";
}

static void reminders_and_acknowledgements_in_their_time(void **unused) {
    (void)unused;
#define LAST_DAY (DECIDE_BY - 24 * HOUR)
#define LAST_HOURS (DECIDE_BY - 4 * HOUR)
#define END (NOW + 7 * HOUR)
#define ACKNOWLEDGE_BY (NOW + 24 * HOUR)
    static const struct {
        const char *what;
        enum lbx_state state;
        int64_t remind_at, acknowledge_by, acknowledged_at, now;
        const char *said;
        int64_t due; /* afterwards */
    } rows[] = {
        {"before any reminder", LBX_STATE_CUSTOMER_NOTIFIED, LAST_DAY, 0, 0, LAST_DAY - 1, "",
         LAST_DAY},
        {"the first reminder", LBX_STATE_CUSTOMER_NOTIFIED, LAST_DAY, 0, 0, LAST_DAY,
         "reminder_due", LAST_HOURS},
        {"between the two", LBX_STATE_CUSTOMER_NOTIFIED, LAST_HOURS, 0, 0, LAST_HOURS - 1, "",
         LAST_HOURS},
        {"the second", LBX_STATE_CUSTOMER_NOTIFIED, LAST_HOURS, 0, 0, LAST_HOURS, "reminder_due",
         DECIDE_BY},
        {"both at once are one", LBX_STATE_CUSTOMER_NOTIFIED, LAST_DAY, 0, 0, LAST_HOURS,
         "reminder_due", DECIDE_BY},
        {"the last moment", LBX_STATE_CUSTOMER_NOTIFIED, LAST_HOURS, 0, 0, DECIDE_BY - 1,
         "reminder_due", DECIDE_BY},
        {"lapsed: no reminder any more", LBX_STATE_CUSTOMER_NOTIFIED, LAST_DAY, 0, 0, DECIDE_BY,
         "expired", 0},
        {"lapsed long ago", LBX_STATE_CUSTOMER_NOTIFIED, LAST_DAY, 0, 0, 2 * DECIDE_BY, "expired",
         0},
        {"an emergency", LBX_STATE_EMERGENCY, 0, ACKNOWLEDGE_BY, 0, END - 1, "", END},
        {"it ends, and is still to be acknowledged", LBX_STATE_EMERGENCY, 0, ACKNOWLEDGE_BY, 0, END,
         "completed", ACKNOWLEDGE_BY},
        {"it ends, acknowledged", LBX_STATE_EMERGENCY, 0, ACKNOWLEDGE_BY, NOW, END, "completed", 0},
        {"both have passed", LBX_STATE_EMERGENCY, 0, ACKNOWLEDGE_BY, 0, ACKNOWLEDGE_BY,
         "completed unacknowledged", 0},
        {"acknowledgement was due first", LBX_STATE_EMERGENCY, 0, END - 1, 0, END,
         "unacknowledged completed", 0},
        {"both at one moment", LBX_STATE_EMERGENCY, 0, END, 0, END, "completed unacknowledged", 0},
        {"acknowledged: only its end", LBX_STATE_EMERGENCY, 0, ACKNOWLEDGE_BY, NOW,
         2 * ACKNOWLEDGE_BY, "completed", 0},
        {"over, just before", LBX_STATE_COMPLETED, 0, ACKNOWLEDGE_BY, 0, ACKNOWLEDGE_BY - 1, "",
         ACKNOWLEDGE_BY},
        {"over", LBX_STATE_COMPLETED, 0, ACKNOWLEDGE_BY, 0, ACKNOWLEDGE_BY, "unacknowledged", 0},
        {"revoked", LBX_STATE_REVOKED, 0, ACKNOWLEDGE_BY, 0, ACKNOWLEDGE_BY, "unacknowledged", 0},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(rows[i].state, &arena);
        request->remind_at = rows[i].remind_at;
        request->acknowledge_by = rows[i].acknowledge_by;
        request->acknowledged_at = rows[i].acknowledged_at;
        const char *said = all_of_time(request, rows[i].now, &arena);
        CHECK_ROW(&bad, rows[i].what, same(said, rows[i].said), "%s", said);
        CHECK_ROW(&bad, rows[i].what, lbx_request_due(request) == rows[i].due, "due at %lld",
                  (long long)lbx_request_due(request));
        bool missed = strstr(rows[i].said, "unacknowledged") != NULL;
        CHECK_ROW(&bad, rows[i].what, request->unacknowledged == missed, "marked %d",
                  request->unacknowledged);
        CHECK_ROW(&bad, rows[i].what, request->state != LBX_STATE_EXPIRED || !request->remind_at,
                  "a reminder is left");
        CHECK_ROW(&bad, rows[i].what,
                  request->ended_at == (strstr(rows[i].said, "completed") ? END
                                        : strstr(rows[i].said, "expired") ? DECIDE_BY
                                                                          : 0),
                  "ended at %lld", (long long)request->ended_at);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
#undef LAST_DAY
#undef LAST_HOURS
#undef END
#undef ACKNOWLEDGE_BY
}

static void the_next_reminder(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        int64_t before[3]; /* 0: no more */
        int64_t after, next;
    } rows[] = {
        {"none set", {0}, NOW, 0},
        {"the longest first", {24 * HOUR, 4 * HOUR}, NOW, DECIDE_BY - 24 * HOUR},
        {"in any order", {4 * HOUR, 24 * HOUR, HOUR}, NOW, DECIDE_BY - 24 * HOUR},
        {"behind the first", {24 * HOUR, 4 * HOUR}, DECIDE_BY - 24 * HOUR, DECIDE_BY - 4 * HOUR},
        {"just before it", {24 * HOUR}, DECIDE_BY - 24 * HOUR - 1, DECIDE_BY - 24 * HOUR},
        {"behind the last", {24 * HOUR, 4 * HOUR}, DECIDE_BY - 4 * HOUR, 0},
        {"longer than one is asked", {100 * HOUR}, NOW, 0},
        {"longer, and one that fits", {100 * HOUR, HOUR}, NOW, DECIDE_BY - HOUR},
        {"exactly as long as one is asked", {96 * HOUR}, NOW, 0},
        {"two the same", {HOUR, HOUR}, NOW, DECIDE_BY - HOUR},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_request request = {.decide_by = DECIDE_BY};
        struct lbx_limits set = {.reminders = rows[i].before};
        while (set.reminder_count < COUNT(rows[i].before) && rows[i].before[set.reminder_count])
            set.reminder_count++;
        int64_t next = lbx_request_next_reminder(&request, &set, rows[i].after);
        CHECK_ROW(&bad, rows[i].what, next == rows[i].next, "%lld", (long long)next);
    }
    assert_int_equal(bad, 0);
}

/* ---- decisions ---- */

static const struct lbx_voter approver = {.still_approver = true}, nobody = {0};

#define ANN "u-ann"
#define BO "u-bo"
#define ERIN "e-erin"
#define BY(who, what)                                                                              \
    { .by = {(who), "", ""}, .decision = LBX_DECISION_##what }

static const struct decide_row {
    const char *what;
    enum lbx_state state;
    int decision;
    const char *by, *email;
    int verdict;
    enum lbx_state then; /* NONE: stays */
    struct lbx_vote votes[3];
    bool lost_role;
    int64_t duration;
    const char *items; /* NULL: no list, "": an empty one */
    int event;         /* where the state stays, but not all */
    int64_t needed;    /* approvals; 0: 1 */
    bool must_sign;
    enum lbx_signature signature;
    enum { NO_EMERGENCY, EMERGENCY, ACKNOWLEDGED, UNACKNOWLEDGED } emergency;
} decide_rows[] = {
#define ASKED LBX_STATE_CUSTOMER_NOTIFIED
#define APPROVES LBX_DECISION_APPROVE
#define DENIES LBX_DECISION_DENY
#define REVOKES LBX_DECISION_REVOKE
#define ACKNOWLEDGES LBX_DECISION_ACKNOWLEDGE
#define IN(state) LBX_STATE_##state
#define STAYS(as, what) LBX_VERDICT_##as, .event = LBX_EVENT_REQUEST_##what
#define JUDGED(as) LBX_VERDICT_##as
#define SAID(who, what) .votes = {{.by = {(who), "", ""}, .decision = LBX_DECISION_##what}}
#define ANNS "ann@contoso.example"
#define APPLIED(state) LBX_VERDICT_APPLIED, LBX_STATE_##state
    /* clang-format off */
    {"approve", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED)},
    {"approve by another", ASKED, APPROVES, BO, "bo@contoso.example", APPLIED(APPROVED)},
    {"approve, his e-mail has changed", ASKED, APPROVES, ANN, "new@contoso.example", APPLIED(APPROVED)},
    {"deny", ASKED, DENIES, ANN, ANNS, APPLIED(DENIED)},
    {"revoke before there is anything", ASKED, REVOKES, ANN, ANNS, JUDGED(CONFLICT)},
    {"acknowledge what is no emergency", ASKED, ACKNOWLEDGES, ANN, ANNS, JUDGED(CONFLICT)},

    /* who approves himself */
    {"self, by id", ASKED, APPROVES, ERIN, "other@vendor.example", JUDGED(SELF_APPROVAL)},
    {"self, by e-mail", ASKED, APPROVES, "u-erin", "erin@vendor.example", JUDGED(SELF_APPROVAL)},
    {"self, by e-mail in another case", ASKED, APPROVES, "u-erin", "ERIN@Vendor.Example",
     JUDGED(SELF_APPROVAL)},
    {"self, not on the list", ASKED, APPROVES, "u-zoe", "erin@vendor.example", JUDGED(SELF_APPROVAL)},
    {"self, role lost", ASKED, APPROVES, ERIN, "erin@vendor.example", JUDGED(SELF_APPROVAL), .lost_role = true},
    {"self, of what is approved", IN(APPROVED), APPROVES, ERIN, "e@v", JUDGED(SELF_APPROVAL)},
    {"self, of what has lapsed", IN(EXPIRED), APPROVES, ERIN, "e@v", JUDGED(SELF_APPROVAL)},
    {"self, with an empty list", ASKED, APPROVES, ERIN, "e@v", JUDGED(SELF_APPROVAL), .items = ""},
    {"somebody whose e-mail begins like his", ASKED, APPROVES, ANN, "erin@vendor.example.com",
     APPLIED(APPROVED)},
    {"self, who opened the ticket", ASKED, APPROVES, "u-olga", "new@vendor.example", JUDGED(SELF_APPROVAL)},
    {"self, by the e-mail of who opened the ticket", ASKED, APPROVES, BO, "OLGA@vendor.example",
     JUDGED(SELF_APPROVAL)},
    {"who opened the ticket may deny", ASKED, DENIES, "u-olga", "olga@vendor.example", APPLIED(DENIED)},
    {"he may deny himself", ASKED, DENIES, ERIN, "erin@vendor.example", APPLIED(DENIED)},
    {"he may end his own access", IN(APPROVED), REVOKES, ERIN, "e@v", APPLIED(REVOKED)},

    /* who may not */
    {"a stranger approves", ASKED, APPROVES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER)},
    {"a stranger denies", ASKED, DENIES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER)},
    {"a stranger revokes", IN(APPROVED), REVOKES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER)},
    {"a stranger acknowledges", ASKED, ACKNOWLEDGES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER)},
    {"a stranger, when all is over", IN(COMPLETED), APPROVES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER)},
    {"a stranger who widens", ASKED, APPROVES, "u-zoe", "z@c", JUDGED(NOT_AN_APPROVER), .duration = 9 * HOUR},
    {"a stranger with an approver's e-mail", ASKED, APPROVES, "u-zoe", ANNS, JUDGED(NOT_AN_APPROVER)},
    {"ids have case", ASKED, APPROVES, "U-ANN", ANNS, JUDGED(NOT_AN_APPROVER)},
    {"no longer an approver, approves", ASKED, APPROVES, ANN, ANNS, JUDGED(NOT_AN_APPROVER), .lost_role = true},
    {"no longer an approver, denies", ASKED, DENIES, ANN, ANNS, JUDGED(NOT_AN_APPROVER), .lost_role = true},
    {"no longer an approver, revokes what he approved", IN(APPROVED), REVOKES, ANN, ANNS,
     JUDGED(NOT_AN_APPROVER), SAID(ANN, APPROVE), .lost_role = true},

    /* once more, or too late */
    {"approves again", IN(APPROVED), APPROVES, ANN, ANNS, JUDGED(DUPLICATE), SAID(ANN, APPROVE)},
    {"approves again and widens", IN(APPROVED), APPROVES, ANN, ANNS,
     JUDGED(DUPLICATE), SAID(ANN, APPROVE), .duration = 9 * HOUR},
    {"approves what another approved", IN(APPROVED), APPROVES, BO, "b@c", JUDGED(CONFLICT), SAID(ANN, APPROVE)},
    {"denies what he approved", IN(APPROVED), DENIES, ANN, ANNS, JUDGED(CONFLICT), SAID(ANN, APPROVE)},
    {"denies what another approved", IN(APPROVED), DENIES, BO, "b@c", JUDGED(CONFLICT), SAID(ANN, APPROVE)},
    {"revokes", IN(APPROVED), REVOKES, ANN, ANNS, APPLIED(REVOKED), SAID(ANN, APPROVE)},
    {"revokes what another approved", IN(APPROVED), REVOKES, BO, "b@c", APPLIED(REVOKED), SAID(ANN, APPROVE)},
    {"denies again", IN(DENIED), DENIES, ANN, ANNS, JUDGED(DUPLICATE), SAID(ANN, DENY)},
    {"denies what another denied", IN(DENIED), DENIES, BO, "b@c", JUDGED(CONFLICT), SAID(ANN, DENY)},
    {"approves what he denied", IN(DENIED), APPROVES, ANN, ANNS, JUDGED(CONFLICT), SAID(ANN, DENY)},
    {"approves what another denied", IN(DENIED), APPROVES, BO, "b@c", JUDGED(CONFLICT), SAID(ANN, DENY)},
    {"revokes what was denied", IN(DENIED), REVOKES, BO, "b@c", JUDGED(LATE), SAID(ANN, DENY)},
    {"approves what has lapsed", IN(EXPIRED), APPROVES, ANN, ANNS, JUDGED(LATE)},
    {"widens what has lapsed", IN(EXPIRED), APPROVES, ANN, ANNS, JUDGED(LATE), .duration = 9 * HOUR},
    {"denies what has lapsed", IN(EXPIRED), DENIES, ANN, ANNS, JUDGED(LATE)},
    {"revokes what has lapsed", IN(EXPIRED), REVOKES, ANN, ANNS, JUDGED(LATE)},
    {"approves what was cancelled", IN(CANCELLED), APPROVES, ANN, ANNS, JUDGED(LATE)},
    {"denies what was cancelled", IN(CANCELLED), DENIES, ANN, ANNS, JUDGED(LATE)},
    {"revokes what has ended", IN(COMPLETED), REVOKES, ANN, ANNS, JUDGED(LATE), SAID(ANN, APPROVE)},
    {"approves again what has ended", IN(COMPLETED), APPROVES, ANN, ANNS,
     JUDGED(DUPLICATE), SAID(ANN, APPROVE)},
    {"another approves what has ended", IN(COMPLETED), APPROVES, BO, "b@c", JUDGED(LATE), SAID(ANN, APPROVE)},
    {"denies what he approved and has ended", IN(COMPLETED), DENIES, ANN, ANNS,
     JUDGED(LATE), SAID(ANN, APPROVE)},
    {"denies what he approved and another revoked", IN(REVOKED), DENIES, ANN, ANNS,
     JUDGED(CONFLICT), SAID(ANN, APPROVE)},
    {"revokes what is revoked", IN(REVOKED), REVOKES, BO, "b@c",
     JUDGED(LATE), .votes = {BY(ANN, APPROVE), BY(ANN, REVOKE)}},
    {"approves what was revoked", IN(REVOKED), APPROVES, BO, "b@c",
     JUDGED(CONFLICT), .votes = {BY(ANN, APPROVE), BY(ANN, REVOKE)}},
    {"approves an emergency", IN(EMERGENCY), APPROVES, ANN, ANNS, JUDGED(CONFLICT), .emergency = EMERGENCY},
    {"denies an emergency", IN(EMERGENCY), DENIES, ANN, ANNS, JUDGED(CONFLICT), .emergency = EMERGENCY},
    {"revokes an emergency", IN(EMERGENCY), REVOKES, ANN, ANNS, APPLIED(REVOKED), .emergency = EMERGENCY},

    /* several needed */
    {"the first of two", ASKED, APPROVES, ANN, ANNS, STAYS(RECORDED, APPROVAL_RECORDED), .needed = 2},
    {"the first of two, again", ASKED, APPROVES, ANN, ANNS, JUDGED(DUPLICATE), SAID(ANN, APPROVE), .needed = 2},
    {"the first of two again, and more", ASKED, APPROVES, ANN, ANNS,
     JUDGED(DUPLICATE), SAID(ANN, APPROVE), .needed = 2, .duration = 9 * HOUR},
    {"the second of two", ASKED, APPROVES, BO, "b@c", APPLIED(APPROVED), SAID(ANN, APPROVE), .needed = 2},
    {"the second of three", ASKED, APPROVES, BO, "b@c",
     STAYS(RECORDED, APPROVAL_RECORDED), SAID(ANN, APPROVE), .needed = 3},
    {"the second of two widens", ASKED, APPROVES, BO, "b@c",
     JUDGED(WIDENS), SAID(ANN, APPROVE), .needed = 2, .items = "4"},
    {"the first of two keeps nothing", ASKED, APPROVES, ANN, ANNS, APPLIED(DENIED), .needed = 2, .items = ""},
    {"the second of two keeps nothing", ASKED, APPROVES, BO, "b@c",
     APPLIED(DENIED), SAID(ANN, APPROVE), .needed = 2, .items = ""},
    {"one denial ends it", ASKED, DENIES, BO, "b@c", APPLIED(DENIED), SAID(ANN, APPROVE), .needed = 2},
    {"he thinks better of it", ASKED, DENIES, ANN, ANNS, APPLIED(DENIED), SAID(ANN, APPROVE), .needed = 2},
    {"revokes what is not there yet", ASKED, REVOKES, ANN, ANNS,
     JUDGED(CONFLICT), SAID(ANN, APPROVE), .needed = 2},

    /* signatures */
    {"signed where it must be", ASKED, APPROVES, ANN, ANNS,
     APPLIED(APPROVED), .must_sign = true, .signature = LBX_SIGNATURE_GOOD},
    {"signed where it need not be", ASKED, APPROVES, ANN, ANNS,
     APPLIED(APPROVED), .signature = LBX_SIGNATURE_GOOD},
    {"not signed", ASKED, APPROVES, ANN, ANNS, JUDGED(BAD_SIGNATURE), .must_sign = true},
    {"badly signed", ASKED, APPROVES, ANN, ANNS,
     JUDGED(BAD_SIGNATURE), .must_sign = true, .signature = LBX_SIGNATURE_BAD},
    {"badly signed where it need not be", ASKED, APPROVES, ANN, ANNS,
     JUDGED(BAD_SIGNATURE), .signature = LBX_SIGNATURE_BAD},
    {"denied, not signed", ASKED, DENIES, ANN, ANNS, JUDGED(BAD_SIGNATURE), .must_sign = true},
    {"denied, signed", ASKED, DENIES, ANN, ANNS,
     APPLIED(DENIED), .must_sign = true, .signature = LBX_SIGNATURE_GOOD},
    {"revoked, not signed", IN(APPROVED), REVOKES, ANN, ANNS, JUDGED(BAD_SIGNATURE), .must_sign = true},
    {"late and not signed", IN(EXPIRED), APPROVES, ANN, ANNS, JUDGED(BAD_SIGNATURE), .must_sign = true},
    {"a stranger, signed", ASKED, APPROVES, "u-zoe", "z@c",
     JUDGED(NOT_AN_APPROVER), .must_sign = true, .signature = LBX_SIGNATURE_GOOD},
    {"self, badly signed", ASKED, APPROVES, ERIN, "e@v", JUDGED(SELF_APPROVAL), .signature = LBX_SIGNATURE_BAD},

    /* acknowledgements */
    {"an emergency", IN(EMERGENCY), ACKNOWLEDGES, ANN, ANNS,
     STAYS(APPLIED, ACKNOWLEDGED), .emergency = EMERGENCY},
    {"an emergency that has ended", IN(COMPLETED), ACKNOWLEDGES, ANN, ANNS,
     STAYS(APPLIED, ACKNOWLEDGED), .emergency = EMERGENCY},
    {"an emergency that was revoked", IN(REVOKED), ACKNOWLEDGES, BO, "b@c",
     STAYS(APPLIED, ACKNOWLEDGED), SAID(ANN, REVOKE), .emergency = EMERGENCY},
    {"acknowledged again", IN(EMERGENCY), ACKNOWLEDGES, ANN, ANNS,
     JUDGED(DUPLICATE), SAID(ANN, ACKNOWLEDGE), .emergency = ACKNOWLEDGED},
    {"acknowledged by another as well", IN(EMERGENCY), ACKNOWLEDGES, BO, "b@c",
     JUDGED(DUPLICATE), SAID(ANN, ACKNOWLEDGE), .emergency = ACKNOWLEDGED},
    {"acknowledged too late", IN(COMPLETED), ACKNOWLEDGES, ANN, ANNS,
     JUDGED(LATE), .emergency = UNACKNOWLEDGED},
    {"acknowledged by a stranger", IN(EMERGENCY), ACKNOWLEDGES, "u-zoe", "z@c",
     JUDGED(NOT_AN_APPROVER), .emergency = EMERGENCY},
    {"an approved request", IN(APPROVED), ACKNOWLEDGES, ANN, ANNS, JUDGED(CONFLICT)},
    {"an approved request that has ended", IN(COMPLETED), ACKNOWLEDGES, ANN, ANNS, JUDGED(CONFLICT)},
    {"an approved request that was revoked", IN(REVOKED), ACKNOWLEDGES, ANN, ANNS, JUDGED(CONFLICT)},

    /* more than was asked for */
    {"longer by the least", ASKED, APPROVES, ANN, ANNS, JUDGED(WIDENS), .duration = 8 * HOUR + 1},
    {"longer than anything", ASKED, APPROVES, ANN, ANNS, JUDGED(WIDENS), .duration = LBX_DURATION_BEYOND},
    {"as long", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED), .duration = 8 * HOUR},
    {"shorter", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED), .duration = 1000000},
    {"an item behind the last", ASKED, APPROVES, ANN, ANNS, JUDGED(WIDENS), .items = "4"},
    {"one of the items is none", ASKED, APPROVES, ANN, ANNS, JUDGED(WIDENS), .items = "1 2 3 32"},
    {"all items", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED), .items = "1 2 3"},
    {"items in any order", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED), .items = "3 1"},
    {"an item twice", ASKED, APPROVES, ANN, ANNS, APPLIED(APPROVED), .items = "2 2"},
    {"a denial widens nothing", ASKED, DENIES, ANN, ANNS, APPLIED(DENIED), .duration = 9 * HOUR, .items = "9"},
    {"a revocation widens nothing", IN(APPROVED), REVOKES, ANN, ANNS,
     APPLIED(REVOKED), .duration = 9 * HOUR, .items = "9"},

    /* an approval of nothing is a denial */
    {"no item kept", ASKED, APPROVES, ANN, ANNS, APPLIED(DENIED), .items = ""},
    {"no item kept of what is approved", IN(APPROVED), APPROVES, BO, "b@c",
     JUDGED(CONFLICT), SAID(ANN, APPROVE), .items = ""},
    {"no item kept of what has lapsed", IN(EXPIRED), APPROVES, ANN, ANNS, JUDGED(LATE), .items = ""},
    /* clang-format on */
};

static struct lbx_request *request_of_row(const struct decide_row *row, struct lbx_arena *arena) {
    struct lbx_request *request = request_in(row->state, arena);
    if (row->emergency)
        make_emergency(request);
    request->acknowledged_at = row->emergency == ACKNOWLEDGED ? NOW - 1 : 0;
    request->unacknowledged = row->emergency == UNACKNOWLEDGED;
    request->approvals_needed = row->needed ? row->needed : 1;
    request->signed_decisions = row->must_sign;
    request->remind_at = row->state == LBX_STATE_CUSTOMER_NOTIFIED ? NOW + HOUR : 0;
    request->decisions = (struct lbx_vote *)row->votes;
    while (request->decision_count < COUNT(row->votes) && row->votes[request->decision_count].by.id)
        request->decision_count++;
    return request;
}

/* What is applied or recorded: one version, one event, one vote more. */
static void check_applied(int *bad, const struct decide_row *row, const struct lbx_request *before,
                          const struct lbx_request *after, const struct lbx_step *step) {
    char event[128] = "";
    const int then = (int)(row->then ? row->then : row->state);
    const bool over = row->then && row->then != LBX_STATE_APPROVED;
    (void)snprintf(event, sizeof event, "lockbox.request.%s.v1", lbx_state_names[then]);
    CHECK_ROW(bad, row->what,
              step->event == (row->event ? row->event : (int)lbx_event_type_find(event)),
              "event %d", step->event);
    CHECK_ROW(bad, row->what, step->previous_state == (int)row->state, "previous state %d",
              step->previous_state);
    CHECK_ROW(bad, row->what, after->state == then, "%s, not %s", lbx_state_names[after->state],
              lbx_state_names[then]);
    CHECK_ROW(bad, row->what, after->version == before->version + 1, "version %lld",
              (long long)after->version);
    CHECK_ROW(bad, row->what, after->ended_at == (over ? NOW : before->ended_at), "ended at %lld",
              (long long)after->ended_at);
    CHECK_ROW(bad, row->what,
              after->remind_at == (then == LBX_STATE_CUSTOMER_NOTIFIED ? before->remind_at : 0),
              "reminder at %lld", (long long)after->remind_at);
    CHECK_ROW(bad, row->what, after->decision_count == before->decision_count + 1, "%zu votes",
              after->decision_count);
    const struct lbx_vote *last = &after->decisions[after->decision_count - 1];
    const int said = same(row->items, "") ? LBX_DECISION_DENY : row->decision;
    CHECK_ROW(bad, row->what,
              same(last->by.id, row->by) && same(last->by.email, row->email) &&
                  last->decision == said && last->at == NOW && same(last->comment, "as I say"),
              "vote by %s", last->by.id);
    CHECK_ROW(bad, row->what,
              !memcmp(after->decisions, row->votes, sizeof *row->votes * before->decision_count),
              "the votes before it changed");
}

static bool untouched(const struct lbx_request *before, const struct lbx_request *after) {
    bool kept = true;
    for (size_t i = 0; i < after->action_count; i++)
        kept &= after->actions[i].kept;
    return kept && memcmp(before, after, sizeof *before) == 0;
}

static void check_decision(int *bad, const struct decide_row *row, struct lbx_arena *arena) {
    struct lbx_request *request = request_of_row(row, arena), before;
    const struct lbx_voter voter = {!row->lost_role, row->signature};
    struct lbx_decision_submitted decision = {
        .request_id = "R-1",
        .decision = row->decision,
        .by = {row->by, row->email, "Somebody"},
        .comment = "as I say",
        .duration = row->duration,
    };
    give_items(&decision, row->items, arena);
    memcpy(&before, request, sizeof before);
    struct lbx_judgement got = lbx_request_decide(request, &decision, &voter, NOW, arena);
    CHECK_ROW(bad, row->what, got.verdict == row->verdict, "%s, not %s",
              lbx_verdict_names[got.verdict], lbx_verdict_names[row->verdict]);
    if (row->verdict == LBX_VERDICT_APPLIED || row->verdict == LBX_VERDICT_RECORDED)
        check_applied(bad, row, &before, request, &got.step);
    else
        CHECK_ROW(bad, row->what, !got.step.event && untouched(&before, request),
                  "it changed, or event %d", got.step.event);
}

static void every_decision_has_its_verdict(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(decide_rows); i++) {
        check_decision(&bad, &decide_rows[i], &arena);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* Whoever is not on the list, or is the engineer, opens nothing: in no state, by no word. */
static void nobody_else_moves_anything(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (int state = LBX_STATE_NONE + 1; state < LBX_STATE_END; state++)
        for (int word = LBX_DECISION_NONE + 1; word < LBX_DECISION_END; word++) {
            struct lbx_decision_submitted decision = {
                .decision = word, .by = {"u-zoe", "zoe@contoso.example", "Zoe"}};
            struct lbx_request *request = request_in((enum lbx_state)state, &arena), before;
            make_emergency(request);
            memcpy(&before, request, sizeof before);
            int stranger = lbx_request_decide(request, &decision, &approver, NOW, &arena).verdict;
            decision.by.id = ANN;
            int former = lbx_request_decide(request, &decision, &nobody, NOW, &arena).verdict;
            CHECK_ROW(&bad, lbx_state_names[state],
                      stranger == LBX_VERDICT_NOT_AN_APPROVER && former == stranger, "%s: %d, %d",
                      lbx_decision_names[word], stranger, former);
            decision.by.id = ERIN;
            int himself = LBX_VERDICT_SELF_APPROVAL;
            if (word == LBX_DECISION_APPROVE)
                himself = lbx_request_decide(request, &decision, &approver, NOW, &arena).verdict;
            CHECK_ROW(&bad, lbx_state_names[state], himself == LBX_VERDICT_SELF_APPROVAL,
                      "himself: %d", himself);
            CHECK_ROW(&bad, lbx_state_names[state], !memcmp(&before, request, sizeof before),
                      "%s changed it", lbx_decision_names[word]);
            lbx_arena_reset(&arena);
        }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* ---- what an approval grants ---- */

static void approvals_grant_what_they_keep(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *asked, *items; /* asked: numbers kept so far */
        int64_t duration, starts_at;
        const char *kept;
        int64_t start, end;
    } rows[] = {
        {"all", "1 2 3", NULL, 0, 0, "123", NOW, NOW + 8 * HOUR},
        {"one", "1 2 3", "2", 0, 0, "2", NOW, NOW + 8 * HOUR},
        {"two, in another order", "1 2 3", "3 1", 0, 0, "13", NOW, NOW + 8 * HOUR},
        {"one, named twice", "1 2 3", "3 3", 0, 0, "3", NOW, NOW + 8 * HOUR},
        {"all of what is left", "1 3", NULL, 0, 0, "13", NOW, NOW + 8 * HOUR},
        {"one of what is left", "1 3", "3", 0, 0, "3", NOW, NOW + 8 * HOUR},
        {"one that is left, one that is not", "1 3", "1 2", 0, 0, "1", NOW, NOW + 8 * HOUR},
        {"shorter", "1 2 3", NULL, HOUR, 0, "123", NOW, NOW + HOUR},
        {"shorter, one", "1 2 3", "1", 1000000, 0, "1", NOW, NOW + 1000000},
        {"from later on", "1 2 3", NULL, 0, NOW + 2 * HOUR, "123", NOW + 2 * HOUR, NOW + 10 * HOUR},
        {"from the next moment on", "1 2 3", NULL, 0, NOW + 1, "123", NOW + 1, NOW + 8 * HOUR + 1},
        {"from a time that has passed on", "1 2 3", NULL, 0, NOW - HOUR, "123", NOW,
         NOW + 8 * HOUR},
        {"until the end of time", "1 2 3", NULL, 0, LBX_TIME_MAX - HOUR, "123", LBX_TIME_MAX - HOUR,
         LBX_TIME_MAX},
        {"from later on, shorter", "1 2 3", NULL, HOUR, NOW + HOUR, "123", NOW + HOUR,
         NOW + 2 * HOUR},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
        struct lbx_decision_submitted decision = {.decision = LBX_DECISION_APPROVE,
                                                  .by = {ANN, ANNS, "Ann"},
                                                  .duration = rows[i].duration};
        give_items(&decision, rows[i].items, &arena);
        request->starts_at = rows[i].starts_at;
        for (size_t k = 0; k < request->action_count; k++)
            request->actions[k].kept = strchr(rows[i].asked, '1' + (int)k) != NULL;
        (void)lbx_request_decide(request, &decision, &approver, NOW, &arena);

        char kept[8] = "";
        for (size_t k = 0; k < request->action_count; k++)
            if (request->actions[k].kept)
                kept[strlen(kept)] = (char)('1' + k);
        CHECK_ROW(&bad, rows[i].what, request->state == LBX_STATE_APPROVED, "%s",
                  lbx_state_names[request->state]);
        CHECK_ROW(&bad, rows[i].what, same(kept, rows[i].kept), "keeps %s", kept);
        CHECK_ROW(&bad, rows[i].what, request->action_count == 3, "items are never taken away");
        CHECK_ROW(&bad, rows[i].what,
                  request->starts_at == rows[i].start && request->expires_at == rows[i].end,
                  "from %lld to %lld", (long long)request->starts_at,
                  (long long)request->expires_at);
        CHECK_ROW(&bad, rows[i].what, request->duration == 8 * HOUR,
                  "what was asked for became %lld", (long long)request->duration);
        CHECK_ROW(&bad, rows[i].what,
                  lbx_request_due(request) == rows[i].end &&
                      lbx_request_access_end(request) == rows[i].end &&
                      same(lbx_request_basis(request), "approved"),
                  "due %lld", (long long)lbx_request_due(request));
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* Several approvers' choices meet: the items that all keep, the shortest of their durations. */
static void several_approvals_meet(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *items[2];
        int64_t duration[2];
        int verdict; /* of the second */
        const char *kept;
        int64_t granted;
    } rows[] = {
        {"all", {NULL, NULL}, {0}, LBX_VERDICT_APPLIED, "123", 8 * HOUR},
        {"the first keeps fewer", {"1 2", NULL}, {0}, LBX_VERDICT_APPLIED, "12", 8 * HOUR},
        {"the second keeps fewer", {NULL, "3"}, {0}, LBX_VERDICT_APPLIED, "3", 8 * HOUR},
        {"both", {"1 2", "2 3"}, {0}, LBX_VERDICT_APPLIED, "2", 8 * HOUR},
        {"nothing left", {"1", "2 3"}, {0}, LBX_VERDICT_APPLIED, "", 0},
        {"more than there is", {"1", "1 4"}, {0}, LBX_VERDICT_WIDENS, "1", 0},
        {"the first is shorter", {NULL}, {HOUR, 2 * HOUR}, LBX_VERDICT_APPLIED, "123", HOUR},
        {"the second is shorter", {NULL}, {2 * HOUR, HOUR}, LBX_VERDICT_APPLIED, "123", HOUR},
        {"only the first says", {NULL}, {2 * HOUR, 0}, LBX_VERDICT_APPLIED, "123", 2 * HOUR},
        {"only the second says", {NULL}, {0, 2 * HOUR}, LBX_VERDICT_APPLIED, "123", 2 * HOUR},
        {"the second says all of it", {NULL}, {HOUR, 8 * HOUR}, LBX_VERDICT_APPLIED, "123", HOUR},
        {"the second widens", {NULL}, {HOUR, 8 * HOUR + 1}, LBX_VERDICT_WIDENS, "123", 0},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
        request->approvals_needed = 2;
        struct lbx_decision_submitted first = {.decision = LBX_DECISION_APPROVE,
                                               .by = {ANN, ANNS, "Ann"},
                                               .duration = rows[i].duration[0]};
        struct lbx_decision_submitted second = {.decision = LBX_DECISION_APPROVE,
                                                .by = {BO, "bo@contoso.example", "Bo"},
                                                .duration = rows[i].duration[1]};
        give_items(&first, rows[i].items[0], &arena);
        give_items(&second, rows[i].items[1], &arena);
        CHECK_ROW(&bad, rows[i].what,
                  lbx_request_decide(request, &first, &approver, NOW - 1, &arena).verdict ==
                      LBX_VERDICT_RECORDED,
                  "the first is not recorded");
        CHECK_ROW(&bad, rows[i].what, !request->expires_at && lbx_request_due(request) == DECIDE_BY,
                  "the first grants");
        struct lbx_judgement got = lbx_request_decide(request, &second, &approver, NOW, &arena);
        CHECK_ROW(&bad, rows[i].what, got.verdict == rows[i].verdict, "%s",
                  lbx_verdict_names[got.verdict]);
        char kept[8] = "";
        for (size_t k = 0; k < request->action_count; k++)
            if (request->actions[k].kept)
                kept[strlen(kept)] = (char)('1' + k);
        CHECK_ROW(&bad, rows[i].what, same(kept, rows[i].kept), "keeps %s", kept);
        int64_t end = rows[i].granted ? NOW + rows[i].granted : 0;
        CHECK_ROW(&bad, rows[i].what, request->expires_at == end, "until %lld",
                  (long long)request->expires_at);
        enum lbx_state state = rows[i].granted                         ? LBX_STATE_APPROVED
                               : rows[i].verdict == LBX_VERDICT_WIDENS ? LBX_STATE_CUSTOMER_NOTIFIED
                                                                       : LBX_STATE_DENIED;
        CHECK_ROW(&bad, rows[i].what, request->state == (int)state, "%s",
                  lbx_state_names[request->state]);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void five_of_five(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    static char ids[5][8];
    request->approvals_needed = 5;
    for (int i = 0; i < 5; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "u-%d", i);
        request->approvers[i].principal = (struct lbx_principal){ids[i], "u@contoso.example", "U"};
    }
    for (int i = 0; i < 5; i++) {
        const struct lbx_decision_submitted decision = {.decision = LBX_DECISION_APPROVE,
                                                        .by = request->approvers[i].principal};
        struct lbx_judgement got = lbx_request_decide(request, &decision, &approver, NOW, &arena);
        assert_int_equal(got.verdict, i < 4 ? LBX_VERDICT_RECORDED : LBX_VERDICT_APPLIED);
        assert_int_equal(lbx_request_decide(request, &decision, &approver, NOW, &arena).verdict,
                         LBX_VERDICT_DUPLICATE);
        assert_int_equal(request->decision_count, i + 1);
        assert_int_equal(request->version, i + 2);
    }
    assert_int_equal(request->state, LBX_STATE_APPROVED);
    lbx_arena_done(&arena);
}

/* A life as it goes: each step one version, each vote kept, time before whatever comes late. */
static void a_life(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    const struct lbx_decision_submitted approve = {
        .decision = LBX_DECISION_APPROVE, .by = {ANN, ANNS, "Ann"}, .comment = "go"};
    const struct lbx_decision_submitted revoke = {.decision = LBX_DECISION_REVOKE,
                                                  .by = {BO, "bo@contoso.example", "Bo"}};
    const int64_t last_moment = DECIDE_BY - 1;
    assert_int_equal(lbx_request_pass_time(request, &limits, last_moment).event, LBX_EVENT_NONE);
    assert_int_equal(lbx_request_decide(request, &approve, &approver, last_moment, &arena).verdict,
                     LBX_VERDICT_APPLIED);
    assert_int_equal(request->version, 2);
    assert_int_equal(request->expires_at, last_moment + 8 * HOUR);
    assert_int_equal(lbx_request_pass_time(request, &limits, DECIDE_BY).event, LBX_EVENT_NONE);
    assert_int_equal(
        lbx_request_decide(request, &revoke, &approver, DECIDE_BY + HOUR, &arena).verdict,
        LBX_VERDICT_APPLIED);
    assert_int_equal(request->version, 3);
    assert_int_equal(request->state, LBX_STATE_REVOKED);
    assert_int_equal(lbx_request_access_end(request), DECIDE_BY + HOUR);
    assert_int_equal(request->decision_count, 2);
    assert_string_equal(request->decisions[0].by.id, ANN);
    assert_string_equal(request->decisions[0].comment, "go");
    assert_int_equal(request->decisions[0].at, last_moment);
    assert_string_equal(request->decisions[1].by.id, BO);
    assert_null(request->decisions[1].comment);

    request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    assert_int_equal(lbx_request_pass_time(request, &limits, DECIDE_BY).event,
                     LBX_EVENT_REQUEST_EXPIRED);
    assert_int_equal(lbx_request_decide(request, &approve, &approver, DECIDE_BY, &arena).verdict,
                     LBX_VERDICT_LATE);
    assert_int_equal(request->version, 2);
    assert_int_equal(lbx_request_access_end(request), 0);
    assert_null(lbx_request_basis(request));
    lbx_arena_done(&arena);
}

static void access_ends(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        enum lbx_state state;
        int64_t expires_at, ended_at, end;
        const char *basis, *incident_id;
    } rows[] = {
        {"never granted", LBX_STATE_CUSTOMER_NOTIFIED, 0, 0, 0, NULL},
        {"denied", LBX_STATE_DENIED, 0, NOW, 0, NULL},
        {"refused", LBX_STATE_REFUSED, 0, NOW, 0, NULL},
        {"granted", LBX_STATE_APPROVED, NOW + HOUR, 0, NOW + HOUR, "approved"},
        {"revoked", LBX_STATE_REVOKED, NOW + HOUR, NOW, NOW, "approved"},
        {"completed", LBX_STATE_COMPLETED, NOW, NOW, NOW, "approved"},
        {"not required", LBX_STATE_NOT_REQUIRED, NOW + HOUR, NOW, NOW + HOUR, "not_required"},
        {"not required, cluster elsewhere", LBX_STATE_NOT_REQUIRED, 0, NOW, 0, NULL},
        {"emergency", LBX_STATE_EMERGENCY, NOW + HOUR, 0, NOW + HOUR, "emergency", "I-1"},
        {"emergency, revoked", LBX_STATE_REVOKED, NOW + HOUR, NOW, NOW, "emergency", "I-1"},
        {"emergency, ended", LBX_STATE_COMPLETED, NOW, NOW, NOW, "emergency", "I-1"},
        {"emergency, refused", LBX_STATE_REFUSED, 0, NOW, 0, NULL, "I-1"},
        {"emergency, not required", LBX_STATE_NOT_REQUIRED, NOW + HOUR, NOW, NOW + HOUR,
         "not_required", "I-1"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_request request = {.state = (int)rows[i].state,
                                            .expires_at = rows[i].expires_at,
                                            .ended_at = rows[i].ended_at,
                                            .incident_id = rows[i].incident_id};
        CHECK_ROW(&bad, rows[i].what, lbx_request_access_end(&request) == rows[i].end, "%lld",
                  (long long)lbx_request_access_end(&request));
        CHECK_ROW(&bad, rows[i].what, same(lbx_request_basis(&request), rows[i].basis), "%s",
                  lbx_request_basis(&request));
    }
    assert_int_equal(bad, 0);
}

/* ---- policy ---- */

#define LOGS                                                                                       \
    { .action = "get_pod_logs", .namespace = "openshift-etcd" }
#define LOGS_ELSEWHERE                                                                             \
    { .action = "get_pod_logs", .namespace = "openshift-dns" }
#define LIST                                                                                       \
    { .action = "list_or_get_objects", .kind = "Node" }
#define DELETE                                                                                     \
    { .action = "delete_object", .namespace = "a", .kind = "Pod", .name = "p" }

static void policies_approve_what_they_cover_whole(void **unused) {
    (void)unused;
    static const struct {
        const char *what, *reason_code;
        struct lbx_item items[3];
        struct lbx_auto_approval policy[3];
        bool approved;
    } rows[] = {
        {"no policy", NULL, {LOGS}, {{0}}, false},
        {"the action", NULL, {LOGS}, {{"get_pod_logs", NULL, NULL}}, true},
        {"another action", NULL, {LOGS}, {{"list_or_get_objects", NULL, NULL}}, false},
        {"the namespace", NULL, {LOGS}, {{"get_pod_logs", "openshift-etcd", NULL}}, true},
        {"another namespace", NULL, {LOGS}, {{"get_pod_logs", "openshift-dns", NULL}}, false},
        {"the beginning of it", NULL, {LOGS}, {{"get_pod_logs", "openshift-etc", NULL}}, false},
        {"every namespace is more than one",
         NULL,
         {LIST},
         {{"list_or_get_objects", "default", NULL}},
         false},
        {"every namespace is every one", NULL, {LIST}, {{"list_or_get_objects", NULL, NULL}}, true},
        {"the reason", "routine", {LOGS}, {{"get_pod_logs", NULL, "routine"}}, true},
        {"another reason", "routine", {LOGS}, {{"get_pod_logs", NULL, "incident"}}, false},
        {"no reason given", NULL, {LOGS}, {{"get_pod_logs", NULL, "routine"}}, false},
        {"any reason", "routine", {LOGS}, {{"get_pod_logs", NULL, NULL}}, true},
        {"the namespace, another reason",
         "x",
         {LOGS},
         {{"get_pod_logs", "openshift-etcd", "y"}},
         false},
        {"one of two items", NULL, {LOGS, DELETE}, {{"get_pod_logs", NULL, NULL}}, false},
        {"the other of two", NULL, {DELETE, LOGS}, {{"get_pod_logs", NULL, NULL}}, false},
        {"a write, named",
         NULL,
         {LOGS, DELETE},
         {{"get_pod_logs", NULL, NULL}, {"delete_object", "a", NULL}},
         true},
        {"by several entries",
         NULL,
         {LOGS, LOGS_ELSEWHERE},
         {{"get_pod_logs", "openshift-dns", NULL}, {"get_pod_logs", "openshift-etcd", NULL}},
         true},
        {"by several entries, not all",
         NULL,
         {LOGS, LOGS_ELSEWHERE, LIST},
         {{"get_pod_logs", "openshift-dns", NULL}, {"get_pod_logs", "openshift-etcd", NULL}},
         false},
    };
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena), before;
        struct lbx_policy policy = {.auto_approve = (struct lbx_auto_approval *)rows[i].policy};
        while (policy.auto_approve_count < 3 && rows[i].policy[policy.auto_approve_count].action)
            policy.auto_approve_count++;
        request->reason_code = rows[i].reason_code;
        request->approvals_needed = 2; /* policy needs nobody's */
        for (request->action_count = 0; request->action_count < 3; request->action_count++) {
            if (!rows[i].items[request->action_count].action)
                break;
            request->actions[request->action_count] = rows[i].items[request->action_count];
            request->actions[request->action_count].kept = true;
        }
        memcpy(&before, request, sizeof before);
        struct lbx_step step = lbx_request_auto_approve(request, &policy, NOW, &arena);
        if (!rows[i].approved) {
            CHECK_ROW(&bad, rows[i].what, !step.event && untouched(&before, request), "event %d",
                      step.event);
            continue;
        }
        CHECK_ROW(&bad, rows[i].what,
                  step.event == LBX_EVENT_REQUEST_APPROVED &&
                      step.previous_state == LBX_STATE_CUSTOMER_NOTIFIED,
                  "event %d", step.event);
        CHECK_ROW(&bad, rows[i].what,
                  request->state == LBX_STATE_APPROVED && request->version == 2 &&
                      request->starts_at == NOW && request->expires_at == NOW + 8 * HOUR,
                  "%s until %lld", lbx_state_names[request->state], (long long)request->expires_at);
        CHECK_ROW(&bad, rows[i].what,
                  request->decision_count == 1 && same(request->decisions->by.id, "policy") &&
                      request->decisions->decision == LBX_DECISION_APPROVE &&
                      request->decisions->at == NOW,
                  "not decided by policy");
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void policies_approve_only_what_is_asked(void **unused) {
    (void)unused;
    static struct lbx_auto_approval all[] = {{"get_pod_logs", NULL, NULL},
                                             {"list_or_get_objects", NULL, NULL},
                                             {"delete_object", NULL, NULL}};
    const struct lbx_policy policy = {.auto_approve = all, .auto_approve_count = COUNT(all)};
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (int state = LBX_STATE_NONE + 1; state < LBX_STATE_END; state++) {
        struct lbx_request *request = request_in((enum lbx_state)state, &arena);
        struct lbx_step step = lbx_request_auto_approve(request, &policy, NOW, &arena);
        CHECK_ROW(&bad, lbx_state_names[state],
                  (step.event != LBX_EVENT_NONE) == (state == LBX_STATE_CUSTOMER_NOTIFIED),
                  "event %d", step.event);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* ---- signatures ---- */

/* A signature holds for one decision on one request as it was shown, and for nothing else. */
static void what_was_signed_is_what_was_sent(void **unused) {
    (void)unused;
    static int64_t one[] = {1}, one_two[] = {1, 2}, two_one[] = {2, 1};
#define DIGEST "c0ffee"
    static const struct {
        const char *what;
        bool matches;
        struct lbx_signed_decision payload;
        int64_t *actions; /* sent */
        size_t action_count;
        int64_t duration;
    } rows[] = {
        {"the same", true, {"R-1", DIGEST, LBX_DECISION_APPROVE}},
        {"at another time", true, {"R-1", DIGEST, LBX_DECISION_APPROVE, .iat = 5}},
        {"another request", false, {"R-2", DIGEST, LBX_DECISION_APPROVE}},
        {"another digest", false, {"R-1", "c0ffed", LBX_DECISION_APPROVE}},
        {"the beginning of the digest", false, {"R-1", "c0ffe", LBX_DECISION_APPROVE}},
        {"another decision", false, {"R-1", DIGEST, LBX_DECISION_DENY}},
        {"a duration nobody sent", false, {"R-1", DIGEST, LBX_DECISION_APPROVE, .duration = HOUR}},
        {"a duration nobody signed", false, {"R-1", DIGEST, LBX_DECISION_APPROVE}, NULL, 0, HOUR},
        {"another duration", false, {"R-1", DIGEST, LBX_DECISION_APPROVE, HOUR}, NULL, 0, 2 * HOUR},
        {"the same duration", true, {"R-1", DIGEST, LBX_DECISION_APPROVE, HOUR}, NULL, 0, HOUR},
        {"the same items",
         true,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one_two, .action_count = 2},
         one_two,
         2},
        {"in another order",
         false,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one_two, .action_count = 2},
         two_one,
         2},
        {"items nobody sent",
         false,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one, .action_count = 1}},
        {"items nobody signed", false, {"R-1", DIGEST, LBX_DECISION_APPROVE}, one, 1},
        {"one item more",
         false,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one, .action_count = 1},
         one_two,
         2},
        {"none of them, and all of them",
         false,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one, .action_count = 0}},
        {"none of them",
         true,
         {"R-1", DIGEST, LBX_DECISION_APPROVE, .actions = one, .action_count = 0},
         one_two,
         0},
    };
    const struct lbx_request request = {.request_id = "R-1", .digest = DIGEST};
    const struct lbx_request without = {.request_id = "R-1"};
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_decision_submitted decision = {.request_id = "R-1",
                                                        .decision = LBX_DECISION_APPROVE,
                                                        .duration = rows[i].duration,
                                                        .actions = rows[i].actions,
                                                        .action_count = rows[i].action_count};
        const struct lbx_signed_decision *payload = &rows[i].payload;
        CHECK_ROW(&bad, rows[i].what,
                  lbx_signed_decision_matches(payload, &decision, &request) == rows[i].matches,
                  "expected %d", rows[i].matches);
        CHECK_ROW(&bad, rows[i].what, !lbx_signed_decision_matches(payload, &decision, &without),
                  "a request without a digest");
    }
    assert_int_equal(bad, 0);
}

/* ---- consent ---- */

#define F(length, text) length text /* a field behind its length */
#define ABSENT_FIELD "\xFF\xFF\xFF\xFF"

/* The bytes by hand, from the words of request.h; their SHA-256 by Python's hashlib. */
static void consent_bytes(void **unused) {
    (void)unused;
    static struct lbx_item items[] = {
        {1, "get_pod_logs", "openshift-etcd", NULL, NULL, true},
        {2, "delete_object", NULL, "ClusterRole", "r\xC3\xB4le", false},
    };
    const struct lbx_request request = {
        .request_id = "R-1",
        .state = LBX_STATE_CUSTOMER_NOTIFIED,
        .version = 1,
        .tenant_id = "tenant",
        .subscription_id = "sub",
        .ticket_id = "T-1",
        .engineer = {"e", "e@v.example", "Never signed", "microsoft"},
        .resource_id = "/subscriptions/sub",
        .actions = items,
        .action_count = COUNT(items),
        .justification = "",
        .duration = 8 * HOUR,
        .created_at = NOW,
        .decide_by = DECIDE_BY,
    };
    /* clang-format off */
    static const char want[] =
        F("\0\0\0\3", "R-1")
        F("\0\0\0\6", "tenant")
        F("\0\0\0\3", "sub")
        F("\0\0\0\3", "T-1")
        F("\0\0\0\1", "e")
        F("\0\0\0\xB", "e@v.example")
        F("\0\0\0\x9", "microsoft")
        F("\0\0\0\x12", "/subscriptions/sub")
        F("\0\0\0\1", "2")
        F("\0\0\0\1", "1")
        F("\0\0\0\xC", "get_pod_logs") F("\0\0\0\xE", "openshift-etcd") ABSENT_FIELD ABSENT_FIELD
        F("\0\0\0\1", "2")
        F("\0\0\0\xD", "delete_object") ABSENT_FIELD F("\0\0\0\xB", "ClusterRole") F("\0\0\0\5", "r\xC3\xB4le")
        F("\0\0\0\0", "")
        ABSENT_FIELD
        F("\0\0\0\4", "PT8H")
        ABSENT_FIELD
        F("\0\0\0\x1B", "2026-11-27T16:08:38.123456Z");
    /* clang-format on */
    struct lbx_buf got LBX_BUF = {0};
    char digest[LBX_SHA256_HEX_SIZE];
    lbx_request_consent(&request, &got);
    assert_int_equal(got.len, sizeof want - 1);
    assert_memory_equal(got.data, want, got.len);
    lbx_sha256_hex(got.data, got.len, digest);
    assert_string_equal(digest, "060e2ced45724b877cae5bb7fdeccaf87ed35f66b2e7f4de2f1508cc510461d9");

    struct lbx_request asked = request;
    asked.reason_code = "routine";
    asked.starts_at = NOW;
    lbx_buf_clear(&got);
    lbx_request_consent(&asked, &got);
    lbx_sha256_hex(got.data, got.len, digest);
    assert_string_equal(digest, "b298614f2895a4ed2a79bfdebcc852707aaf012b7c7babb14bf3c9c5af674ce5");
}

/* Whatever an approver was shown, a change of it is a change of the bytes. */
static void consent_is_to_each_field(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_buf first LBX_BUF = {0};
    const struct lbx_request *base = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    lbx_request_consent(base, &first);
    int bad = 0;
#define CHANGED(what, ...)                                                                         \
    do {                                                                                           \
        struct lbx_request *r = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);                   \
        struct lbx_buf changed LBX_BUF = {0};                                                      \
        __VA_ARGS__;                                                                               \
        lbx_request_consent(r, &changed);                                                          \
        CHECK_ROW(&bad, what,                                                                      \
                  changed.len != first.len || memcmp(changed.data, first.data, first.len) != 0,    \
                  "the bytes are the same");                                                       \
    } while (0)
    CHANGED("request_id", r->request_id = "R-2");
    CHANGED("tenant_id", r->tenant_id = "t");
    CHANGED("an empty tenant_id", r->tenant_id = "");
    CHANGED("subscription_id", r->subscription_id = "s");
    CHANGED("ticket_id", r->ticket_id = "T-2");
    CHANGED("engineer", r->engineer.id = "e-eve");
    CHANGED("engineer's e-mail", r->engineer.email = "eve@vendor.example");
    CHANGED("organization", r->engineer.organization = "redhat");
    CHANGED("resource_id", r->resource_id = "/r");
    CHANGED("one action less", r->action_count--);
    CHANGED("action", r->actions[0].action = "list_or_get_objects");
    CHANGED("namespace", r->actions[0].namespace = "openshift");
    CHANGED("no namespace", r->actions[0].namespace = NULL);
    CHANGED("kind", r->actions[1].kind = "Secret");
    CHANGED("name", r->actions[2].name = "q");
    CHANGED("a kind that was a name", (r->actions[2].kind = "p", r->actions[2].name = "Pod"));
    CHANGED("order of the items", (r->actions[0].number = 2, r->actions[1].number = 1));
    CHANGED("justification", r->justification = "because ");
    CHANGED("reason_code", r->reason_code = "x");
    CHANGED("duration", r->duration += 1);
    CHANGED("starts_at", r->starts_at = NOW);
    CHANGED("decide_by", r->decide_by += 1);
#undef CHANGED
    /* and what comes of it later is none */
    struct lbx_request *later = request_in(LBX_STATE_REVOKED, &arena);
    struct lbx_buf same_bytes LBX_BUF = {0};
    later->version = 7;
    later->actions[0].kept = false;
    later->granted_duration = HOUR;
    later->ended_at = later->remind_at = NOW;
    later->approvals_needed = 2;
    lbx_request_consent(later, &same_bytes);
    assert_int_equal(same_bytes.len, first.len);
    assert_memory_equal(same_bytes.data, first.data, first.len);
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_by_what_they_name),
        cmocka_unit_test(logs_in_openshift_namespaces),
        cmocka_unit_test(no_other_action),
        cmocka_unit_test(resources),
        cmocka_unit_test(time_ends_at_the_deadline),
        cmocka_unit_test(nothing_befalls_what_is_over),
        cmocka_unit_test(the_ticket_ends_at_once),
        cmocka_unit_test(reminders_and_acknowledgements_in_their_time),
        cmocka_unit_test(the_next_reminder),
        cmocka_unit_test(every_decision_has_its_verdict),
        cmocka_unit_test(nobody_else_moves_anything),
        cmocka_unit_test(approvals_grant_what_they_keep),
        cmocka_unit_test(several_approvals_meet),
        cmocka_unit_test(five_of_five),
        cmocka_unit_test(a_life),
        cmocka_unit_test(access_ends),
        cmocka_unit_test(policies_approve_what_they_cover_whole),
        cmocka_unit_test(policies_approve_only_what_is_asked),
        cmocka_unit_test(what_was_signed_is_what_was_sent),
        cmocka_unit_test(consent_bytes),
        cmocka_unit_test(consent_is_to_each_field),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
