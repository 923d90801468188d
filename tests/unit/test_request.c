/* What may be asked, when it is over, and what consent is given to. What decisions do is in
 * test_decide.c. */
#include "core/consent.h"

#include "base/time.h"
#include "io/hash.h"

#include "request_in.h"

#define SUBSCRIPTION "00000000-aaaa-bbbb-cccc-000000000001"
#define CLUSTER "/providers/Microsoft.RedHatOpenShift/openShiftClusters/"

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
        LBX_STATE_DENIED,    LBX_STATE_EXPIRED, LBX_STATE_CANCELLED,
        LBX_STATE_COMPLETED, LBX_STATE_REVOKED, LBX_STATE_REFUSED,
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
        {LBX_STATE_NOT_REQUIRED, LBX_STATE_REVOKED, LBX_EVENT_REQUEST_REVOKED, NOW},
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

/* Enabling Lockbox ends what was opened while it was off, and nothing that somebody was asked for. */
static void lockbox_enabled_ends_what_nobody_was_asked_for(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    for (int state = LBX_STATE_NONE + 1; state < LBX_STATE_END; state++) {
        struct lbx_request *request = request_in((enum lbx_state)state, &arena);
        struct lbx_step step = lbx_request_lockbox_enabled(request, NOW);
        const bool ends = state == LBX_STATE_NOT_REQUIRED;
        assert_int_equal(step.event, ends ? LBX_EVENT_REQUEST_REVOKED : LBX_EVENT_NONE);
        assert_int_equal(request->state, ends ? LBX_STATE_REVOKED : state);
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

static void access_ends(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        enum lbx_state state;
        int64_t expires_at, ended_at, end;
        const char *basis;
        int64_t decide_by, acknowledge_by;
    } rows[] = {
        {"never granted", LBX_STATE_CUSTOMER_NOTIFIED, 0, 0, 0, NULL},
        {"denied", LBX_STATE_DENIED, 0, NOW, 0, NULL},
        {"refused", LBX_STATE_REFUSED, 0, NOW, 0, NULL},
        {"granted", LBX_STATE_APPROVED, NOW + HOUR, 0, NOW + HOUR, "approved", .decide_by = NOW},
        {"revoked", LBX_STATE_REVOKED, NOW + HOUR, NOW, NOW, "approved", .decide_by = NOW},
        {"completed", LBX_STATE_COMPLETED, NOW, NOW, NOW, "approved", .decide_by = NOW},
        {"not required", LBX_STATE_NOT_REQUIRED, NOW + HOUR, NOW, NOW + HOUR, "not_required"},
        {"not required, cluster elsewhere", LBX_STATE_NOT_REQUIRED, 0, NOW, 0, NULL},
        {"not required, revoked", LBX_STATE_REVOKED, NOW + HOUR, NOW, NOW, "not_required"},
        {"not required, completed", LBX_STATE_COMPLETED, NOW, NOW, NOW, "not_required"},
        {"emergency", LBX_STATE_EMERGENCY, NOW + HOUR, 0, NOW + HOUR, "emergency",
         .acknowledge_by = NOW},
        {"emergency, revoked", LBX_STATE_REVOKED, NOW + HOUR, NOW, NOW, "emergency",
         .acknowledge_by = NOW},
        {"emergency, ended", LBX_STATE_COMPLETED, NOW, NOW, NOW, "emergency",
         .acknowledge_by = NOW},
        {"emergency, refused", LBX_STATE_REFUSED, 0, NOW, 0, NULL},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct lbx_request request = {.state = (int)rows[i].state,
                                            .expires_at = rows[i].expires_at,
                                            .ended_at = rows[i].ended_at,
                                            .decide_by = rows[i].decide_by,
                                            .acknowledge_by = rows[i].acknowledge_by};
        CHECK_ROW(&bad, rows[i].what, lbx_request_access_end(&request) == rows[i].end, "%lld",
                  (long long)lbx_request_access_end(&request));
        CHECK_ROW(&bad, rows[i].what, same(lbx_request_basis(&request), rows[i].basis), "%s",
                  lbx_request_basis(&request));
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
        {1, "get_pod_logs", "openshift-etcd", NULL, NULL, .kept = true},
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
    lbx_request_consent(&request, lbx_sha256_hex, &got);
    assert_int_equal(got.len, sizeof want - 1);
    assert_memory_equal(got.data, want, got.len);
    lbx_sha256_hex(got.data, got.len, digest);
    assert_string_equal(digest, "060e2ced45724b877cae5bb7fdeccaf87ed35f66b2e7f4de2f1508cc510461d9");

    struct lbx_request asked = request;
    asked.reason_code = "routine";
    asked.starts_at = NOW;
    lbx_buf_clear(&got);
    lbx_request_consent(&asked, lbx_sha256_hex, &got);
    lbx_sha256_hex(got.data, got.len, digest);
    assert_string_equal(digest, "b298614f2895a4ed2a79bfdebcc852707aaf012b7c7babb14bf3c9c5af674ce5");
}

/* Version 2 goes on behind version 1. */
static void consent_bytes_of_version_2(void **unused) {
    (void)unused;
    static struct lbx_item items[] = {{.number = 1, .action = "get_pod_logs", .container = "etcd"},
                                      {.number = 2, .action = "delete_object", .uid = "u-1"}};
    struct lbx_request request = {.request_id = "R-1",
                                  .actions = items,
                                  .action_count = COUNT(items),
                                  .duration = HOUR,
                                  .approvals_needed = 2,
                                  .signed_decisions = true};
    static const char want[] = F("\0\0\0\4", "etcd")
        ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD F("\0\0\0\3",
                                                                                        "u-1")
            ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD ABSENT_FIELD F("\0\0\0\1", "2")
                F("\0\0\0\4", "true");
    struct lbx_buf before LBX_BUF = {0}, got LBX_BUF = {0};
    lbx_request_consent(&request, lbx_sha256_hex, &before);
    request.digest_version = 2;
    lbx_request_consent(&request, lbx_sha256_hex, &got);
    assert_int_equal(got.len, before.len + sizeof want - 1);
    assert_memory_equal(got.data, before.data, before.len);
    assert_memory_equal(got.data + before.len, want, sizeof want - 1);
    request.approvals_needed = 0;
    request.signed_decisions = false;
    lbx_buf_clear(&got);
    lbx_request_consent(&request, lbx_sha256_hex, &got);
    assert_memory_equal(got.data + got.len - 13,
                        ABSENT_FIELD "\0\0\0\5"
                                     "false",
                        13);
}

/* Whatever an approver was shown, a change of it is a change of the bytes. */
static void consent_is_to_each_field(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_buf first LBX_BUF = {0};
    const struct lbx_request *base = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    lbx_request_consent(base, lbx_sha256_hex, &first);
    int bad = 0;
#define CHANGED(what, ...)                                                                         \
    do {                                                                                           \
        struct lbx_request *r = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);                   \
        struct lbx_buf changed LBX_BUF = {0};                                                      \
        __VA_ARGS__;                                                                               \
        lbx_request_consent(r, lbx_sha256_hex, &changed);                                          \
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
    lbx_request_consent(later, lbx_sha256_hex, &same_bytes);
    assert_int_equal(same_bytes.len, first.len);
    assert_memory_equal(same_bytes.data, first.data, first.len);
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resources),
        cmocka_unit_test(time_ends_at_the_deadline),
        cmocka_unit_test(nothing_befalls_what_is_over),
        cmocka_unit_test(the_ticket_ends_at_once),
        cmocka_unit_test(lockbox_enabled_ends_what_nobody_was_asked_for),
        cmocka_unit_test(reminders_and_acknowledgements_in_their_time),
        cmocka_unit_test(the_next_reminder),
        cmocka_unit_test(access_ends),
        cmocka_unit_test(consent_bytes),
        cmocka_unit_test(consent_bytes_of_version_2),
        cmocka_unit_test(consent_is_to_each_field),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
