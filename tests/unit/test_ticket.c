/* Tickets: open or closed, whose they are, and that they are kept as they were. */
#include "core/ticket.h"

#include "check.h"

/* One event of a ticket. what: the subscription of an opened one, the engineer of the others. */
struct happening {
    enum lbx_event_type type;
    const char *what;
};

#define OPENED(subscription)                                                                       \
    { LBX_EVENT_TICKET_OPENED, subscription }
#define ASSIGNED(engineer)                                                                         \
    { LBX_EVENT_TICKET_ASSIGNED, engineer }
#define ESCALATED(engineer)                                                                        \
    { LBX_EVENT_TICKET_ESCALATED, engineer }
#define CLOSED                                                                                     \
    { LBX_EVENT_TICKET_CLOSED }
#define REOPENED                                                                                   \
    { LBX_EVENT_TICKET_REOPENED }

static const struct row {
    const char *what;
    struct happening happenings[7];
    bool open;
    const char *subscription_id, *engineers; /* of e, f and g, who is on it */
} rows[] = {
    /* clang-format off */
    {"nothing yet", {{0}}, false, NULL, ""},
    {"opened", {OPENED("s")}, true, "s", ""},
    {"opened and assigned", {OPENED("s"), ASSIGNED("e")}, true, "s", "e"},
    {"assigned before it is opened", {ASSIGNED("e")}, false, NULL, "e"},
    {"assigned, then opened", {ASSIGNED("e"), OPENED("s")}, true, "s", "e"},
    {"reassigned", {OPENED("s"), ASSIGNED("e"), ASSIGNED("f")}, true, "s", "f"},
    {"reassigned to the same", {OPENED("s"), ASSIGNED("e"), ASSIGNED("e")}, true, "s", "e"},
    {"escalated", {OPENED("s"), ASSIGNED("e"), ESCALATED("f")}, true, "s", "ef"},
    {"escalated, nobody assigned", {OPENED("s"), ESCALATED("f")}, true, "s", "f"},
    {"escalated twice", {OPENED("s"), ESCALATED("f"), ESCALATED("g")}, true, "s", "fg"},
    {"escalated to the same twice", {OPENED("s"), ESCALATED("f"), ESCALATED("f")}, true, "s", "f"},
    {"escalated to the assigned one", {ASSIGNED("e"), ESCALATED("e")}, false, NULL, "e"},
    {"reassigned, the escalation engineer stays", {OPENED("s"), ASSIGNED("e"), ESCALATED("f"), ASSIGNED("g")}, true, "s", "fg"},
    {"reassigned, the assigned one had been escalated to", {OPENED("s"), ASSIGNED("e"), ESCALATED("e"), ASSIGNED("g")}, true, "s", "eg"},
    {"closed", {OPENED("s"), ASSIGNED("e"), CLOSED}, false, "s", "e"},
    {"closed twice", {OPENED("s"), CLOSED, CLOSED}, false, "s", ""},
    {"closed before it is opened", {CLOSED}, false, NULL, ""},
    {"reopened", {OPENED("s"), ASSIGNED("e"), CLOSED, REOPENED}, true, "s", "e"},
    {"reopened while open", {OPENED("s"), REOPENED}, true, "s", ""},
    {"reopened but never opened", {REOPENED}, false, NULL, ""},
    {"assigned but never opened, reopened", {ASSIGNED("e"), REOPENED}, false, NULL, "e"},
    {"closed again", {OPENED("s"), CLOSED, REOPENED, CLOSED}, false, "s", ""},
    {"assigned while closed", {OPENED("s"), CLOSED, ASSIGNED("e")}, false, "s", "e"},
    /* clang-format on */
};

static void apply(const struct happening *h, struct lbx_arena *arena, struct lbx_ticket *ticket) {
    const struct lbx_ticket_opened opened = {.ticket_id = "T-1",
                                             .subscription_id = h->what,
                                             .title = "Title",
                                             .opened_by = {"o", "o@c.example", "Olga", "redhat"}};
    const struct lbx_ticket_assigned assigned = {
        .ticket_id = "T-1", .engineer = {h->what, "e@v.example", "Engineer", "microsoft"}};
    const struct lbx_ticket_comment comment = {.ticket_id = "T-1", .comment = "done"};
    const void *data = h->type == LBX_EVENT_TICKET_OPENED ? (const void *)&opened
                       : h->what                          ? (const void *)&assigned
                                                          : (const void *)&comment;
    lbx_ticket_apply(h->type, data, arena, ticket);
}

static struct lbx_ticket ticket_of(const struct row *row, struct lbx_arena *arena) {
    struct lbx_ticket ticket = {.ticket_id = "T-1"};
    for (size_t i = 0; i < COUNT(row->happenings) && row->happenings[i].type; i++)
        apply(&row->happenings[i], arena, &ticket);
    return ticket;
}

static void check_ticket(int *bad, const struct row *row, const struct lbx_ticket *ticket) {
    char engineers[8] = "";
    for (const char *id = "e\0f\0g\0"; *id; id += 2) {
        const struct lbx_engineer *engineer = lbx_ticket_engineer(ticket, id);
        if (engineer)
            engineers[strlen(engineers)] = *id;
        CHECK_ROW(bad, row->what, !engineer || same(engineer->id, id), "found another");
        CHECK_ROW(bad, row->what, !engineer || same(engineer->organization, "microsoft"),
                  "without his organization");
    }
    CHECK_ROW(bad, row->what, ticket->open == row->open, "open %d", ticket->open);
    CHECK_ROW(bad, row->what, same(ticket->subscription_id, row->subscription_id),
              "subscription %s", ticket->subscription_id);
    CHECK_ROW(bad, row->what, same(engineers, row->engineers), "engineers %s", engineers);
    CHECK_ROW(bad, row->what, same(ticket->title, row->subscription_id ? "Title" : NULL), "title");
    CHECK_ROW(bad, row->what, same(ticket->opened_by.id, row->subscription_id ? "o" : NULL),
              "opened by");
}

static void what_tickets_become(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_ticket ticket = ticket_of(&rows[i], &arena);
        check_ticket(&bad, &rows[i], &ticket);
        lbx_arena_reset(&arena);
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

/* As the database keeps it: written, read back, the same. */
static void tickets_are_kept(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    int bad = 0;
    lbx_arena_init(&arena);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_ticket ticket = ticket_of(&rows[i], &arena), kept = {0};
        struct lbx_buf json LBX_BUF = {0};
        struct lbx_reason reason = {""};
        lbx_json_write(&lbx_ticket_table, &ticket, &json);
        enum lbx_err err =
            lbx_json_read(&lbx_ticket_table, json.data, json.len, "", &arena, &kept, &reason);
        CHECK_ROW(&bad, rows[i].what, err == LBX_OK, "%s", reason.text);
        if (err != LBX_OK)
            continue;
        check_ticket(&bad, &rows[i], &kept);
        CHECK_ROW(&bad, rows[i].what, same(kept.ticket_id, "T-1"), "ticket %s", kept.ticket_id);
        CHECK_ROW(&bad, rows[i].what, kept.escalated_count == ticket.escalated_count,
                  "%zu escalated", kept.escalated_count);
        CHECK_ROW(&bad, rows[i].what,
                  same(kept.opened_by.organization, ticket.opened_by.organization),
                  "opener's organization");
    }
    lbx_arena_done(&arena);
    assert_int_equal(bad, 0);
}

static void an_escalation_renews_what_is_known_of_the_engineer(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_ticket ticket = {.ticket_id = "T-1"};
    const struct lbx_ticket_assigned before = {"T-1", {"e", "old@v.example", "E", "microsoft"}};
    const struct lbx_ticket_assigned after = {"T-1", {"e", "new@v.example", "E", "redhat"}};
    lbx_ticket_apply(LBX_EVENT_TICKET_ESCALATED, &before, &arena, &ticket);
    lbx_ticket_apply(LBX_EVENT_TICKET_ESCALATED, &after, &arena, &ticket);
    assert_int_equal(ticket.escalated_count, 1);
    assert_string_equal(lbx_ticket_engineer(&ticket, "e")->email, "new@v.example");
    assert_string_equal(lbx_ticket_engineer(&ticket, "e")->organization, "redhat");
    assert_null(lbx_ticket_engineer(&ticket, "E")); /* ids have case */
    assert_null(lbx_ticket_engineer(&ticket, ""));
    lbx_arena_done(&arena);
}

/* Twenty stand beside the assigned one; one of them may be told again. */
static void a_ticket_is_full(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    struct lbx_ticket ticket = {0};
    char ids[LBX_ESCALATIONS_MAX + 1][8];
    lbx_arena_init(&arena);
    for (size_t i = 0; i <= LBX_ESCALATIONS_MAX; i++) {
        (void)snprintf(ids[i], sizeof ids[i], "e-%zu", i);
        const struct lbx_ticket_assigned next = {"T", {.id = ids[i]}};
        assert_int_equal(lbx_ticket_full(&ticket, &next), i == LBX_ESCALATIONS_MAX);
        if (i < LBX_ESCALATIONS_MAX)
            lbx_ticket_apply(LBX_EVENT_TICKET_ESCALATED, &next, &arena, &ticket);
    }
    assert_false(lbx_ticket_full(&ticket, &(struct lbx_ticket_assigned){"T", {.id = "e-7"}}));
    lbx_arena_done(&arena);
}

static void every_event_names_its_ticket(void **state) {
    (void)state;
    const struct lbx_ticket_opened opened = {.ticket_id = "T-1"};
    const struct lbx_ticket_assigned assigned = {.ticket_id = "T-2"};
    const struct lbx_ticket_comment comment = {.ticket_id = "T-3"};
    assert_string_equal(lbx_ticket_id(LBX_EVENT_TICKET_OPENED, &opened), "T-1");
    assert_string_equal(lbx_ticket_id(LBX_EVENT_TICKET_ASSIGNED, &assigned), "T-2");
    assert_string_equal(lbx_ticket_id(LBX_EVENT_TICKET_ESCALATED, &assigned), "T-2");
    assert_string_equal(lbx_ticket_id(LBX_EVENT_TICKET_CLOSED, &comment), "T-3");
    assert_string_equal(lbx_ticket_id(LBX_EVENT_TICKET_REOPENED, &comment), "T-3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_tickets_become),
        cmocka_unit_test(tickets_are_kept),
        cmocka_unit_test(every_event_names_its_ticket),
        cmocka_unit_test(a_ticket_is_full),
        cmocka_unit_test(an_escalation_renews_what_is_known_of_the_engineer),
    };
    return cmocka_run_group_tests_name("ticket", tests, NULL, NULL);
}
