/* What a decision does to a request, and what approves itself by policy. */
#include "core/consent.h"

#include "base/time.h"

#include "request_in.h"

/* "1 3" as the numbers of the items that an approval keeps. */
static void give_items(struct lbx_decision_submitted *decision, const char *numbers,
                       struct lbx_arena *arena) {
    if (!numbers)
        return;
    decision->actions = LBX_ARENA_ARRAY(arena, int64_t, 32);
    for (char *end; *numbers; numbers = end + (*end == ' '))
        decision->actions[decision->action_count++] = strtoll(numbers, &end, 10);
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
    {"acknowledged late", IN(COMPLETED), ACKNOWLEDGES, ANN, ANNS,
     STAYS(APPLIED, ACKNOWLEDGED), .emergency = UNACKNOWLEDGED},
    {"acknowledged by the engineer", IN(EMERGENCY), ACKNOWLEDGES, ERIN, "e@v",
     JUDGED(SELF_APPROVAL), .emergency = EMERGENCY},
    {"acknowledged under the engineer's e-mail", IN(EMERGENCY), ACKNOWLEDGES, ANN, "Erin@Vendor.Example",
     JUDGED(SELF_APPROVAL), .emergency = EMERGENCY},
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
            if (word == LBX_DECISION_APPROVE || word == LBX_DECISION_ACKNOWLEDGE)
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

/* The customer himself may have opened the ticket: he is nobody of the asking side. */
static void an_opener_need_not_be_known(void **unused) {
    (void)unused;
    struct lbx_arena arena;
    lbx_arena_init(&arena);
    struct lbx_request *request = request_in(LBX_STATE_CUSTOMER_NOTIFIED, &arena);
    const struct lbx_decision_submitted approve = {.decision = LBX_DECISION_APPROVE,
                                                   .by = {ANN, ANNS, "Ann"}};
    request->opened_by = (struct lbx_principal){0};
    assert_int_equal(lbx_request_decide(request, &approve, &approver, NOW, &arena).verdict,
                     LBX_VERDICT_APPLIED);
    lbx_arena_done(&arena);
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
    const struct lbx_request second = {.request_id = "R-1", .digest = DIGEST, .digest_version = 2};
    const struct lbx_decision_submitted said = {
        .request_id = "R-1", .decision = LBX_DECISION_APPROVE, .by.id = "ann"};
    struct lbx_signed_decision by = {"R-1", DIGEST, LBX_DECISION_APPROVE};
    int bad = 0;
    assert_true(lbx_signed_decision_matches(&by, &said, &request));
    assert_false(lbx_signed_decision_matches(&by, &said, &second));
    by.by = "bo";
    assert_false(lbx_signed_decision_matches(&by, &said, &request));
    by.by = "ann";
    assert_true(lbx_signed_decision_matches(&by, &said, &request));
    assert_true(lbx_signed_decision_matches(&by, &said, &second));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_opener_need_not_be_known),
        cmocka_unit_test(every_decision_has_its_verdict),
        cmocka_unit_test(nobody_else_moves_anything),
        cmocka_unit_test(approvals_grant_what_they_keep),
        cmocka_unit_test(several_approvals_meet),
        cmocka_unit_test(five_of_five),
        cmocka_unit_test(a_life),
        cmocka_unit_test(policies_approve_what_they_cover_whole),
        cmocka_unit_test(policies_approve_only_what_is_asked),
        cmocka_unit_test(what_was_signed_is_what_was_sent),
    };
    return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
