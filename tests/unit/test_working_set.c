/* The requester's working set: what is found, who may approve, and which rows a batch writes. */
#include "requester/alarms.h"
#include "requester/working_set.h"

#include "answers.h"

#define NOW INT64_C(1795450118123456)

enum {
    TICKETS,
    SUBSCRIPTIONS,
    ROLES,
    KEYS,
    CHANGES,
    REQUESTS
}; /* calls, as working_set_load adds them */

struct work {
    struct lbx_arena arena;
    struct lbx_batch batch;
    struct working_set *set;
};

static struct work begun;

static int begin(void **ret_state) {
    struct lbx_pg_pipeline calls = {0};
    begun = (struct work){0};
    memset(answers, 0, sizeof answers);
    lbx_arena_init(&begun.arena);
    begun.batch.arena = &begun.arena;
    lbx_unit_init(&begun.batch.unit, &begun.arena, "/lockbox/requester", "requester");
    begun.batch.unit.now = NOW;
    begun.set = working_set_load(&begun.batch, &calls);
    assert_int_equal(calls.count, 10);
    *ret_state = &begun;
    return 0;
}

static int end(void **state) {
    struct work *work = *state;
    lbx_unit_done(&work->batch.unit);
    lbx_arena_done(&work->arena);
    return 0;
}

static const struct lbx_principal ann = {"ann", "ann@contoso.example", "Ann"},
                                  bo = {"bo", "bo@contoso.example", "Bo"},
                                  ann_renamed = {"ann", "ann@contoso.example", "Anna"};

static void answer_role(const char *scope, const char *role, const struct lbx_principal *who) {
    ANSWER(ROLES, "T", scope, role, who->id, who->email, who->name, "2026-11-23T16:08:38Z");
}

static void read_answers(struct work *work) {
    working_set_read(work->set, NULL);
    assert_int_equal(work->set->unreadable, 0);
}

/* Saves, and compares the statements' names with `expected`, separated by blanks. */
static void check_saved(struct work *work, const char *expected) {
    struct lbx_pg_pipeline calls = {0};
    char names[512] = "";
    working_set_save(work->set, &work->batch.unit, &calls);
    for (size_t i = 0; i < calls.count; i++) {
        const size_t at = strlen(names);
        (void)snprintf(names + at, sizeof names - at, "%s%s", i ? " " : "",
                       calls.list[i].sql->name + strlen("requester_"));
    }
    assert_string_equal(names, expected);
}

static void give(struct work *work, int role, const struct lbx_principal *who, bool held) {
    const struct lbx_tenant_event event = {
        .tenant_id = "T", .subscription_id = "S-1", .role = role, .principal = *who};
    struct lbx_tenant_event *kept = LBX_ARENA_NEW(&work->arena, struct lbx_tenant_event);
    *kept = event;
    working_set_role(work->set, kept, held, NOW);
}

/* ---- rows ---- */

static void what_did_not_change_is_not_written(void **state) {
    struct work *work = *state;
    ANSWER(TICKETS, "T-1", "{\"ticket_id\":\"T-1\",\"open\":true,\"subscription_id\":\"S-1\"}");
    answer_role("s-1", "owner", &ann);
    read_answers(work);
    const struct stored_ticket *stored = working_set_ticket(work->set, "T-1");
    assert_true(stored->ticket.open);
    assert_string_equal(stored->ticket.subscription_id, "S-1");
    give(work, LBX_ROLE_OWNER, &ann, true);
    check_saved(work, "");
}

static void what_changed_is_written(void **state) {
    struct work *work = *state;
    read_answers(work);
    struct stored_ticket *ticket = working_set_ticket(work->set, "T-2");
    assert_false(ticket->ticket.open);
    assert_ptr_equal(working_set_ticket(work->set, "T-2"), ticket);
    ticket->changed = true;
    check_saved(work, "save_tickets");
}

static const char *why_not(struct work *work, enum lbx_event_type type, const void *data) {
    const struct lbx_event event = {.type = type, .data = (void *)data};
    return working_set_unreadable(work->set, &event);
}

static void a_row_that_is_no_ticket_holds_up_its_own_events(void **state) {
    struct work *work = *state;
    const struct lbx_ticket_comment bad = {.ticket_id = "T-1"}, good = {.ticket_id = "T-2"};
    ANSWER(TICKETS, "T-1", "{\"ticket_id\":1}");
    ANSWER(TICKETS, "T-2", "{\"ticket_id\":\"T-2\",\"open\":true}");
    working_set_read(work->set, NULL);
    assert_int_equal(work->set->unreadable, 1);
    assert_true(working_set_ticket(work->set, "T-2")->ticket.open);
    assert_string_equal(why_not(work, LBX_EVENT_TICKET_CLOSED, &bad),
                        "/data/ticket_id: the ticket's row cannot be read");
    assert_null(why_not(work, LBX_EVENT_TICKET_CLOSED, &good));
    check_saved(work, "");
}

/* What a tenant's keys and administrators need is asked for by any of its subscriptions. */
static void a_row_that_is_no_subscription_holds_up_what_is_about_it(void **state) {
    struct work *work = *state;
    const struct lbx_tenant_event
        named = {.tenant_id = "T", .subscription_id = "s-1", .role = LBX_ROLE_OWNER},
        another = {.tenant_id = "T", .subscription_id = "S-2", .role = LBX_ROLE_OWNER},
        wide = {.tenant_id = "T", .role = LBX_ROLE_GLOBAL_ADMINISTRATOR},
        other_tenants = {.tenant_id = "U", .role = LBX_ROLE_GLOBAL_ADMINISTRATOR};
    const struct lbx_access_requested wish = {.ticket_id = "T-1"};
    ANSWER(TICKETS, "T-1", "{\"ticket_id\":\"T-1\",\"open\":true,\"subscription_id\":\"S-1\"}");
    ANSWER(SUBSCRIPTIONS, "T", "S-1", "{}");
    working_set_read(work->set, NULL);
    assert_int_equal(work->set->unreadable, 1);
    assert_string_equal(why_not(work, LBX_EVENT_TENANT_ROLE_ASSIGNED, &named),
                        "/data/subscription_id: the subscription's row cannot be read");
    assert_null(why_not(work, LBX_EVENT_TENANT_ROLE_ASSIGNED, &another));
    assert_string_equal(why_not(work, LBX_EVENT_TENANT_ROLE_ASSIGNED, &wide),
                        "/data/tenant_id: the row of one of its subscriptions cannot be read");
    assert_null(why_not(work, LBX_EVENT_TENANT_ROLE_ASSIGNED, &other_tenants));
    assert_string_equal(why_not(work, LBX_EVENT_ACCESS_REQUESTED, &wish),
                        "/data/ticket_id: the subscription's row cannot be read");
}

/* ---- subscriptions ---- */

static void subscriptions_are_found_without_case(void **state) {
    struct work *work = *state;
    struct lbx_subscription subscription = {.subscription_id = "Sub-1", .tenant_id = "T"};
    read_answers(work);
    struct stored_subscription *stored = working_set_subscription(work->set, "SUB-1");
    assert_null(stored->subscription);
    stored->subscription = &subscription;
    stored->changed = true;
    assert_ptr_equal(working_set_subscription(work->set, "sub-1"), stored);
    assert_null(working_set_subscription(work->set, NULL)->subscription);
    check_saved(work, "save_subscriptions");
}

/* ---- roles ---- */

static void roles_begin_and_end(void **state) {
    struct work *work = *state;
    answer_role("s-1", "owner", &ann);
    read_answers(work);
    give(work, LBX_ROLE_OWNER, &ann, false);
    check_saved(work, "end_roles");
    give(work, LBX_ROLE_LOCKBOX_APPROVER, &bo, true);
    check_saved(work, "end_roles begin_roles");
}

static void a_role_that_comes_and_goes_in_one_batch_is_not_written(void **state) {
    struct work *work = *state;
    read_answers(work);
    give(work, LBX_ROLE_OWNER, &ann, true);
    give(work, LBX_ROLE_OWNER, &ann, false);
    check_saved(work, "");
}

/* The table keeps who held a role as what they were called then. */
static void a_persons_new_name_is_a_new_period(void **state) {
    struct work *work = *state;
    answer_role("s-1", "owner", &ann);
    read_answers(work);
    give(work, LBX_ROLE_OWNER, &ann_renamed, true);
    check_saved(work, "end_roles begin_roles");
}

static void approvers_stand_once_with_the_role_assigned_first(void **state) {
    struct work *work = *state;
    const struct lbx_subscription subscription = {.subscription_id = "S-1", .tenant_id = "T"};
    size_t count;
    answer_role("s-1", "lockbox_approver", &bo);
    answer_role("s-2", "owner", &ann); /* another subscription's */
    answer_role("", "global_administrator", &ann);
    read_answers(work);
    give(work, LBX_ROLE_OWNER, &ann, true);
    give(work, LBX_ROLE_OWNER, &bo, true);
    struct lbx_approver *approvers = working_set_approvers(work->set, &subscription, &count);
    assert_int_equal(count, 2);
    assert_string_equal(approvers[0].principal.id, "bo");
    assert_int_equal(approvers[0].role, LBX_ROLE_LOCKBOX_APPROVER);
    assert_string_equal(approvers[1].principal.id, "ann");
    assert_int_equal(approvers[1].role, LBX_ROLE_OWNER);
}

static void administrators_are_the_tenants(void **state) {
    struct work *work = *state;
    answer_role("", "global_administrator", &ann);
    answer_role("s-1", "owner", &bo);
    read_answers(work);
    assert_true(working_set_is_administrator(work->set, "T", "ann"));
    assert_false(working_set_is_administrator(work->set, "T", "bo"));
    assert_false(working_set_is_administrator(work->set, "U", "ann"));
    give(work, LBX_ROLE_GLOBAL_ADMINISTRATOR, &ann, false);
    assert_false(working_set_is_administrator(work->set, "T", "ann"));
}

/* Whoever writes for the portal makes as many administrators as mails are sent, before protection is given up. */
static void many_new_administrators_are_told_last(void **state) {
    struct work *work = *state;
    const char *alternates[] = {"soc@contoso.example"};
    const struct lbx_subscription subscription = {.subscription_id = "S-1",
                                                  .tenant_id = "T",
                                                  .alternate_emails = alternates,
                                                  .alternate_count = 1};
    struct lbx_tenant_changed changed = {.tenant_id = "T"};
    read_answers(work);
    for (size_t i = 0; i <= LBX_INFORMED_MAX; i++) {
        const char *email = lbx_arena_printf(&work->arena, "eve-%zu@evil.example", i);
        give(work, LBX_ROLE_GLOBAL_ADMINISTRATOR, &(struct lbx_principal){email, email, ""}, true);
    }
    give(work, LBX_ROLE_OWNER, &bo, true);
    working_set_role(work->set,
                     &(struct lbx_tenant_event){
                         .tenant_id = "T", .role = LBX_ROLE_GLOBAL_ADMINISTRATOR, .principal = ann},
                     true, NOW - 1);
    alarms_weakened(work->set, &subscription, &changed);
    assert_int_equal(changed.informed_count, LBX_INFORMED_MAX);
    assert_string_equal(changed.informed[0], ann.email);
    assert_string_equal(changed.informed[LBX_INFORMED_MAX / 2], bo.email);
    assert_string_equal(changed.informed[LBX_INFORMED_MAX / 2 + 1], alternates[0]);
    assert_int_equal(strncmp(changed.informed[LBX_INFORMED_MAX - 1], "eve-", 4), 0);
}

/* ---- keys ---- */

/* Ids are any text: glued by a separator, these two would be one. */
static void the_last_key_of_each_person_counts(void **state) {
    struct work *work = *state;
    static const struct lbx_jwk key = {"OKP", "Ed25519",
                                       "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"};
    const struct lbx_tenant_event events[] = {
        {.tenant_id = "a\x1f"
                      "b",
         .principal_id = "c",
         .public_key = key},
        {.tenant_id = "a",
         .principal_id = "b\x1f"
                         "c",
         .public_key = key},
        {.tenant_id = "a",
         .principal_id = "b\x1f"
                         "c"}, /* removed again */
    };
    read_answers(work);
    for (size_t i = 0; i < COUNT(events); i++)
        keyring_set(&work->set->keyring, &events[i]);
    assert_int_equal(work->set->keyring.keys.used, 2);
    check_saved(work, "end_keys begin_keys");
    keyring_set(&work->set->keyring, &(struct lbx_tenant_event){.tenant_id = "a\x1f"
                                                                             "b",
                                                                .principal_id = "c"});
    check_saved(work, "end_keys");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_did_not_change_is_not_written),
        TEST(what_changed_is_written),
        TEST(a_row_that_is_no_ticket_holds_up_its_own_events),
        TEST(a_row_that_is_no_subscription_holds_up_what_is_about_it),
        TEST(subscriptions_are_found_without_case),
        TEST(roles_begin_and_end),
        TEST(a_role_that_comes_and_goes_in_one_batch_is_not_written),
        TEST(a_persons_new_name_is_a_new_period),
        TEST(approvers_stand_once_with_the_role_assigned_first),
        TEST(administrators_are_the_tenants),
        TEST(many_new_administrators_are_told_last),
        TEST(the_last_key_of_each_person_counts),
    };
    return cmocka_run_group_tests_name("working set", tests, NULL, NULL);
}
