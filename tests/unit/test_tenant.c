/* Tenants: which change holds, why another is refused, and what each leaves behind. */
#include "core/tenant.h"

#include "check.h"

/* What is there before the event. */
enum there {
    NOTHING, /* the subscription is not known */
    THEIRS,  /* the tenant's, Lockbox off */
    ON,      /* the tenant's, Lockbox on */
    REMOVED, /* the tenant's once */
    OTHERS,  /* of another tenant, Lockbox on */
    OTHERS_REMOVED,
};

enum who { ANYBODY, ADMINISTRATOR, THEMSELVES };

#define ADDED LBX_EVENT_TENANT_SUBSCRIPTION_ADDED
#define TAKEN LBX_EVENT_TENANT_SUBSCRIPTION_REMOVED
#define ENABLED LBX_EVENT_TENANT_LOCKBOX_ENABLED
#define DISABLED LBX_EVENT_TENANT_LOCKBOX_DISABLED
#define CONTACTS LBX_EVENT_TENANT_CONTACTS_SET
#define POLICY LBX_EVENT_TENANT_POLICY_SET
#define KEY LBX_EVENT_TENANT_APPROVER_KEY_SET
#define ROLE LBX_EVENT_TENANT_ROLE_ASSIGNED
#define ROLE_GONE LBX_EVENT_TENANT_ROLE_REMOVED
#define REFUSED(why) LBX_REFUSAL_##why
#define HOLDS LBX_REFUSAL_NONE

static struct lbx_auto_approval logs[] = {{"get_pod_logs", NULL, NULL}};
static struct lbx_auto_approval nonsense[] = {{"get_pod_logs", NULL, NULL}, {"sudo", NULL, NULL}};

/* The 32 bytes 0, 1, … 31, and what is wrong with it. */
#define X "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

static const struct row {
    const char *what;
    enum there there;
    enum lbx_event_type type;
    enum who by;
    enum lbx_refusal why;
    /* afterwards, where it holds */
    bool ours, enabled;
    int role;
    bool no_subscription; /* the event names none */
    struct lbx_policy policy;
    struct lbx_jwk key;
    size_t approvers; /* there are so many */
    bool approves_already;
    /* where decisions are signed */
    bool is_signed, had_key;
    enum { WITHOUT, WITH } signature;
    struct lbx_policy policy_before;
    /* why a key is not good; how many keys there are beside one of an administrator */
    bool taken, unproved, no_key;
    size_t keys, no_admin_key;
} rows[] = {
    /* clang-format off */
    {"added", NOTHING, ADDED, ANYBODY, HOLDS, true, false},
    {"added again", THEIRS, ADDED, ANYBODY, HOLDS, true, false},
    {"added again, Lockbox stays on", ON, ADDED, ANYBODY, HOLDS, true, true},
    {"added after it was removed: Lockbox is off", REMOVED, ADDED, ANYBODY, HOLDS, true, false},
    {"added, another tenant's", OTHERS, ADDED, ANYBODY, REFUSED(SUBSCRIPTION_OF_ANOTHER_TENANT)},
    {"added, once another tenant's", OTHERS_REMOVED, ADDED, ANYBODY, REFUSED(SUBSCRIPTION_OF_ANOTHER_TENANT)},

    {"removed", ON, TAKEN, ADMINISTRATOR, HOLDS, false, false},
    {"removed by anybody", ON, TAKEN, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR)},
    {"removed, unknown", NOTHING, TAKEN, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},
    {"removed twice", REMOVED, TAKEN, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},
    {"removed, another tenant's", OTHERS, TAKEN, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},

    {"enabled", THEIRS, ENABLED, ADMINISTRATOR, HOLDS, true, true},
    {"enabled again", ON, ENABLED, ADMINISTRATOR, HOLDS, true, true},
    {"enabled by anybody", THEIRS, ENABLED, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR)},
    {"enabled by anybody, unknown", NOTHING, ENABLED, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR)},
    {"enabled, unknown", NOTHING, ENABLED, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},
    {"enabled, removed", REMOVED, ENABLED, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},
    {"enabled, another tenant's", OTHERS, ENABLED, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},

    {"disabled", ON, DISABLED, ADMINISTRATOR, HOLDS, true, false},
    {"disabled by anybody", ON, DISABLED, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR)},
    {"disabled, another tenant's", OTHERS, DISABLED, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN)},

    {"contacts", ON, CONTACTS, ANYBODY, HOLDS, true, true},
    {"contacts, unknown", NOTHING, CONTACTS, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN)},
    {"contacts, another tenant's", OTHERS, CONTACTS, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN)},

    {"owner", THEIRS, ROLE, ANYBODY, HOLDS, true, false, LBX_ROLE_OWNER},
    {"owner of nothing named", NOTHING, ROLE, ANYBODY, REFUSED(SUBSCRIPTION_MISSING), .role = LBX_ROLE_OWNER, .no_subscription = true},
    {"approver of nothing named", NOTHING, ROLE, ANYBODY, REFUSED(SUBSCRIPTION_MISSING), .role = LBX_ROLE_LOCKBOX_APPROVER, .no_subscription = true},
    {"owner of what is unknown", NOTHING, ROLE, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN), .role = LBX_ROLE_OWNER},
    {"owner of what is removed", REMOVED, ROLE, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN), .role = LBX_ROLE_OWNER},
    {"owner of another tenant's", OTHERS, ROLE, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN), .role = LBX_ROLE_OWNER},
    {"owner no more", ON, ROLE_GONE, ANYBODY, HOLDS, true, true, LBX_ROLE_OWNER},
    {"owner no more of another tenant's", OTHERS, ROLE_GONE, ANYBODY, REFUSED(SUBSCRIPTION_UNKNOWN), .role = LBX_ROLE_OWNER},
    {"the 200th approver", ON, ROLE, ANYBODY, HOLDS, true, true, LBX_ROLE_OWNER, .approvers = 199},
    {"one approver more", ON, ROLE, ANYBODY, REFUSED(TOO_MANY_APPROVERS), .role = LBX_ROLE_OWNER, .approvers = 200},
    {"another role of the 200th", ON, ROLE, ANYBODY, HOLDS, true, true, LBX_ROLE_LOCKBOX_APPROVER, .approvers = 200, .approves_already = true},
    {"an administrator beside 200", NOTHING, ROLE, ANYBODY, HOLDS, .role = LBX_ROLE_GLOBAL_ADMINISTRATOR, .no_subscription = true, .approvers = 200},
    {"one of too many no more", ON, ROLE_GONE, ANYBODY, HOLDS, true, true, LBX_ROLE_OWNER, .approvers = 200},
    {"approver", THEIRS, ROLE, ANYBODY, HOLDS, true, false, LBX_ROLE_LOCKBOX_APPROVER},
    {"global administrator", NOTHING, ROLE, ANYBODY, HOLDS, .role = LBX_ROLE_GLOBAL_ADMINISTRATOR, .no_subscription = true},
    {"global administrator no more", NOTHING, ROLE_GONE, ANYBODY, HOLDS, .role = LBX_ROLE_GLOBAL_ADMINISTRATOR, .no_subscription = true},

    {"policy", ON, POLICY, ADMINISTRATOR, HOLDS, true, true, .policy = {2, 3600000000, logs, 1, true, LBX_EMERGENCY_NEVER, true}, .keys = 2},
    {"signatures on, one key too few", ON, POLICY, ADMINISTRATOR, REFUSED(KEYS_MISSING), .policy = {2, 0, NULL, 0, true}, .keys = 1},
    {"signatures on, no key", ON, POLICY, ADMINISTRATOR, REFUSED(KEYS_MISSING), .policy = {0, 0, NULL, 0, true}},
    {"signatures on, no administrator's key", ON, POLICY, ADMINISTRATOR, REFUSED(KEYS_MISSING), .policy = {1, 0, NULL, 0, true}, .keys = 1, .no_admin_key = true},
    {"signatures stay on, keys are gone", ON, POLICY, ADMINISTRATOR, HOLDS, true, true, .policy = {5, 0, NULL, 0, true}, .is_signed = true, .policy_before = {1, 0, NULL, 0, true}},
    {"policy weaker, signed decisions", ON, POLICY, ADMINISTRATOR, REFUSED(BAD_SIGNATURE), .policy = {1}, .is_signed = true},
    {"policy weaker, signed", ON, POLICY, ADMINISTRATOR, HOLDS, true, true, .policy = {1}, .is_signed = true, .signature = WITH},
    {"policy stricter, signed decisions", ON, POLICY, ADMINISTRATOR, HOLDS, true, true, .policy = {5, 1000000}, .is_signed = true},
    {"disabled, signed decisions", ON, DISABLED, ADMINISTRATOR, REFUSED(BAD_SIGNATURE), .is_signed = true},
    {"disabled, signed", ON, DISABLED, ADMINISTRATOR, HOLDS, true, false, .is_signed = true, .signature = WITH},
    {"enabled, signed decisions", ON, ENABLED, ADMINISTRATOR, HOLDS, true, true, .is_signed = true},
    {"removed, signed decisions", ON, TAKEN, ADMINISTRATOR, REFUSED(BAD_SIGNATURE), .is_signed = true},
    {"alternates removed, signed decisions", ON, CONTACTS, ANYBODY, REFUSED(BAD_SIGNATURE), .is_signed = true},
    {"alternates removed, signed", ON, CONTACTS, ANYBODY, HOLDS, true, true, .is_signed = true, .signature = WITH},
    {"owner, signed decisions", ON, ROLE, ANYBODY, REFUSED(BAD_SIGNATURE), .role = LBX_ROLE_OWNER, .is_signed = true},
    {"administrator, signed decisions", NOTHING, ROLE, ANYBODY, REFUSED(BAD_SIGNATURE), .role = LBX_ROLE_GLOBAL_ADMINISTRATOR, .no_subscription = true, .is_signed = true},
    {"owner no more, signed decisions", ON, ROLE_GONE, ANYBODY, HOLDS, true, true, LBX_ROLE_OWNER, .is_signed = true},
    {"first key, signed decisions", NOTHING, KEY, THEMSELVES, REFUSED(BAD_SIGNATURE), .no_subscription = true, .key = {"OKP", "Ed25519", X}, .is_signed = true},
    {"key removed, signed decisions", NOTHING, KEY, THEMSELVES, REFUSED(BAD_SIGNATURE), .no_subscription = true, .is_signed = true, .had_key = true},
    {"no key removed, signed decisions", NOTHING, KEY, THEMSELVES, HOLDS, .no_subscription = true, .is_signed = true},
    {"key of another person", NOTHING, KEY, THEMSELVES, REFUSED(BAD_KEY), .no_subscription = true, .key = {"OKP", "Ed25519", X}, .taken = true},
    {"key without proof", NOTHING, KEY, THEMSELVES, REFUSED(BAD_KEY), .no_subscription = true, .key = {"OKP", "Ed25519", X}, .unproved = true},
    {"policy taken back", ON, POLICY, ADMINISTRATOR, HOLDS, true, true},
    {"policy by anybody", ON, POLICY, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR), .policy = {2}},
    {"policy, unknown", NOTHING, POLICY, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN), .policy = {2}},
    {"policy, another tenant's", OTHERS, POLICY, ADMINISTRATOR, REFUSED(SUBSCRIPTION_UNKNOWN), .policy = {2}},
    {"policy for no such action", ON, POLICY, ADMINISTRATOR, REFUSED(ACTION_NOT_PERMITTED), .policy = {0, 0, nonsense, 2, false}},

    {"key", NOTHING, KEY, THEMSELVES, HOLDS, .no_subscription = true, .key = {"OKP", "Ed25519", X}},
    {"key, by an administrator", NOTHING, KEY, ADMINISTRATOR, HOLDS, .no_subscription = true, .key = {"OKP", "Ed25519", X}},
    {"key, by anybody", NOTHING, KEY, ANYBODY, REFUSED(NOT_A_GLOBAL_ADMINISTRATOR), .no_subscription = true, .key = {"OKP", "Ed25519", X}},
    {"key removed", NOTHING, KEY, THEMSELVES, HOLDS, .no_subscription = true},
    {"key that is none", NOTHING, KEY, THEMSELVES, REFUSED(BAD_KEY), .no_subscription = true, .key = {"EC", "Ed25519", X}, .no_key = true},
    /* clang-format on */
};

static const char *old_alternates[] = {"old@contoso.example"};
static const char *new_alternates[] = {"soc@contoso.example", "ops@contoso.example"};

static struct lbx_subscription before(enum there there) {
    return (struct lbx_subscription){
        .subscription_id = "sub-1",
        .tenant_id = there == OTHERS || there == OTHERS_REMOVED ? "tenant-2" : "tenant-1",
        .name = "Old name",
        .removed = there == REMOVED || there == OTHERS_REMOVED,
        .lockbox_enabled = there == ON || there == OTHERS,
        .alternate_emails = old_alternates,
        .alternate_count = COUNT(old_alternates),
        .policy = {.approvals_needed = 5},
    };
}

static struct lbx_tenant_event event_of(const struct row *row) {
    return (struct lbx_tenant_event){
        .tenant_id = "tenant-1",
        .subscription_id = row->no_subscription ? NULL : "sub-1",
        .name = "New name",
        .principal = {"u-ann", "ann@contoso.example", "Ann"},
        .role = row->role,
        .alternate_emails = new_alternates,
        .alternate_count = COUNT(new_alternates),
        .policy = row->policy,
        .principal_id = "u-ann",
        .by = {row->by == THEMSELVES ? "u-ann" : "u-gwen", "x@contoso.example", ""},
        .public_key = row->key,
    };
}

static void check_after(int *bad, const struct row *row, const struct lbx_subscription *after) {
    bool fresh = row->type == ADDED && row->there != THEIRS && row->there != ON;
    CHECK_ROW(bad, row->what, same(after->tenant_id, "tenant-1"), "of %s", after->tenant_id);
    CHECK_ROW(bad, row->what, same(after->subscription_id, "sub-1"), "%s", after->subscription_id);
    CHECK_ROW(bad, row->what, after->removed == !row->ours, "removed %d", after->removed);
    CHECK_ROW(bad, row->what, after->lockbox_enabled == row->enabled, "enabled %d",
              after->lockbox_enabled);
    CHECK_ROW(bad, row->what, same(after->name, row->type == ADDED ? "New name" : "Old name"),
              "name %s", after->name);
    size_t alternates = row->type == CONTACTS ? 2 : fresh ? 0 : 1;
    CHECK_ROW(bad, row->what, after->alternate_count == alternates, "%zu alternates",
              after->alternate_count);
    int64_t needed = row->type == POLICY ? row->policy.approvals_needed : fresh ? 0 : 5;
    CHECK_ROW(bad, row->what, after->policy.approvals_needed == needed, "%lld approvals",
              (long long)after->policy.approvals_needed);
    if (row->type == POLICY)
        CHECK_ROW(bad, row->what, !memcmp(&after->policy, &row->policy, sizeof row->policy),
                  "another policy");
}

static void changes_and_refusals(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const struct lbx_tenant_event event = event_of(row);
        struct lbx_subscription there = before(row->there), kept;
        if (row->policy_before.approvals_needed)
            there.policy = row->policy_before;
        struct lbx_subscription *subscription = row->there == NOTHING ? NULL : &there;
        memcpy(&kept, &there, sizeof kept);
        const struct lbx_tenant_facts facts = {
            .by_administrator = row->by == ADMINISTRATOR,
            .approves_already = row->approves_already,
            .approver_count = row->approvers,
            .signed_decisions = row->is_signed,
            .signature_holds = row->signature == WITH,
            .had_key = row->had_key,
            .key_is_good = !row->no_key,
            .key_taken = row->taken,
            .proof_holds = !row->unproved,
            .approvers_with_keys = row->keys,
            .administrators_with_keys = !row->no_admin_key,
        };
        enum lbx_refusal why = lbx_tenant_change(row->type, &event, &facts, &arena, &subscription);
        CHECK_ROW(&bad, row->what, why == row->why, "%s, not %s",
                  why ? lbx_refusal_names[why] : "it holds",
                  row->why ? lbx_refusal_names[row->why] : "holds");
        if (why != LBX_REFUSAL_NONE) {
            CHECK_ROW(&bad, row->what, !memcmp(&there, &kept, sizeof kept), "refused, yet changed");
            CHECK_ROW(&bad, row->what, (subscription == NULL) == (row->there == NOTHING),
                      "refused, yet there");
        } else if (row->there != NOTHING || row->type == ADDED) {
            CHECK_ROW(&bad, row->what, subscription, "there is none");
            if (subscription)
                check_after(&bad, row, subscription);
        } else {
            CHECK_ROW(&bad, row->what, !subscription, "out of nothing");
        }
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void every_tenant_event_is_a_change(void **unused) {
    (void)unused;
    int bad = 0;
    for (int type = LBX_EVENT_NONE + 1; type < LBX_EVENT_COUNT; type++) {
        const struct lbx_event_type_info *info = lbx_event_type_info((enum lbx_event_type)type);
        enum lbx_change change = lbx_tenant_change_of((enum lbx_event_type)type);
        CHECK_ROW(&bad, info->name,
                  (change != LBX_CHANGE_NONE) == (info->topic == LBX_TOPIC_TENANTS), "change %d",
                  change);
        char name[128] = "";
        if (change)
            (void)snprintf(name, sizeof name, "lockbox.tenant.%s.v1", lbx_change_names[change]);
        CHECK_ROW(&bad, info->name, !change || same(name, info->name), "called %s", name);
    }
    assert_int_equal(bad, 0);
}

/* As the database keeps it. */
static void subscriptions_are_kept(void **unused) {
    (void)unused;
    struct lbx_subscription subscription = before(ON), kept = {0};
    subscription.policy =
        (struct lbx_policy){2, 3600000000, nonsense, 2, true, LBX_EMERGENCY_NEVER, true};
    subscription.alternate_emails = new_alternates;
    subscription.alternate_count = COUNT(new_alternates);
    struct lbx_buf json LBX_BUF = {0};
    struct lbx_reason reason = {""};
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    lbx_json_write(&lbx_subscription_table, &subscription, &json);
    if (lbx_json_read(&lbx_subscription_table, json.data, json.len, "", &arena, &kept, &reason))
        fail_msg("%s", reason.text);
    assert_string_equal(kept.subscription_id, "sub-1");
    assert_string_equal(kept.tenant_id, "tenant-1");
    assert_string_equal(kept.name, "Old name");
    assert_false(kept.removed);
    assert_true(kept.lockbox_enabled);
    assert_int_equal(kept.alternate_count, 2);
    assert_string_equal(kept.alternate_emails[1], "ops@contoso.example");
    assert_int_equal(kept.policy.approvals_needed, 2);
    assert_int_equal(kept.policy.max_duration, 3600000000);
    assert_int_equal(kept.policy.auto_approve_count, 2);
    assert_string_equal(kept.policy.auto_approve[1].action, "sudo");
    assert_true(kept.policy.signed_decisions);
    assert_int_equal(kept.policy.emergency, LBX_EMERGENCY_NEVER);
    assert_true(kept.policy.exact_changes);

    lbx_buf_clear(&json);
    subscription = before(REMOVED);
    subscription.policy = (struct lbx_policy){0};
    subscription.name = NULL;
    subscription.alternate_count = 0;
    lbx_json_write(&lbx_subscription_table, &subscription, &json);
    if (lbx_json_read(&lbx_subscription_table, json.data, json.len, "", &arena, &kept, &reason))
        fail_msg("%s", reason.text);
    assert_true(kept.removed);
    assert_false(kept.lockbox_enabled);
    assert_null(kept.name);
    assert_int_equal(kept.alternate_count, 0);
    assert_int_equal(kept.policy.approvals_needed, 0);
    assert_int_equal(kept.policy.auto_approve_count, 0);
    lbx_arena_done(&arena);
}

static void a_proof_is_about_its_key(void **unused) {
    (void)unused;
    const struct lbx_tenant_event event = {.tenant_id = "t", .principal_id = "p"};
    assert_true(lbx_key_proof_matches(&(struct lbx_key_proof){"t", "p", 1}, &event));
    assert_false(lbx_key_proof_matches(&(struct lbx_key_proof){"t", "q", 1}, &event));
    assert_false(lbx_key_proof_matches(&(struct lbx_key_proof){"u", "p", 1}, &event));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_and_refusals),
        cmocka_unit_test(every_tenant_event_is_a_change),
        cmocka_unit_test(subscriptions_are_kept),
        cmocka_unit_test(a_proof_is_about_its_key),
    };
    return cmocka_run_group_tests_name("tenant", tests, NULL, NULL);
}
