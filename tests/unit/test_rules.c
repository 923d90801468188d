/* The rules, whole: as a golden file that one can read, and what must hold of any such table. */
#include "core/request.h"
#include "core/rules.h"

#include "golden.h"

#define FOR_STATES(state) for (int state = LBX_STATE_NONE + 1; state < LBX_STATE_END; state++)
#define FOR_INPUTS(input) for (int input = 0; input < LBX_INPUT_COUNT; input++)

static const struct lbx_rule *rule_of(int state, int input) {
    return lbx_rule((enum lbx_state)state, (enum lbx_input)input);
}

/* An input that is named as a decision is one. */
static int decision_of(int input) {
    return lbx_name_index(lbx_decision_names, lbx_input_names[input]);
}

static bool ended_by_time(int state) {
    const struct lbx_request request = {.state = state, .decide_by = 1, .expires_at = 1};
    return lbx_request_due(&request) != 0;
}

static const char *row_name(int state, int input) {
    static char name[128];
    (void)snprintf(name, sizeof name, "%s, %s", lbx_state_names[state], lbx_input_names[input]);
    return name;
}

/* ---- the table as text ---- */

static void print_row(struct lbx_buf *out, const char *input, int to, int verdict, int repeated,
                      int event) {
    const char *name = event ? lbx_event_type_info((enum lbx_event_type)event)->name : "-";
    lbx_buf_printf(out, "    %-24s %-10s %-9s %-11s %s\n", input,
                   to ? lbx_state_names[to] : "(stays)", verdict ? lbx_verdict_names[verdict] : "-",
                   repeated  ? lbx_verdict_names[repeated]
                   : verdict ? lbx_verdict_names[verdict]
                             : "-",
                   name);
}

static void print_rule(struct lbx_buf *out, int state, int input) {
    const struct lbx_rule *rule = rule_of(state, input);
    const char *name = lbx_input_names[input];
    print_row(out, name, rule->to, rule->verdict, rule->repeated, rule->event);
    if (!rule->short_verdict && !rule->short_event)
        return;
    char not_enough[64] = "";
    (void)snprintf(not_enough, sizeof not_enough, "%s, not enough yet", name);
    print_row(out, not_enough, LBX_STATE_NONE, rule->short_verdict, rule->repeated,
              rule->short_event);
}

static void the_table(void **unused) {
    (void)unused;
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_str(&out,
                "What can happen to a request, and what comes of it.\n\n"
                "For each state it may be in: what happens; the state it then enters; the "
                "verdict that a decision is\nanswered with, and the one where the same person "
                "said the same before; the event that is published.\n\n"
                "Only an emergency waits to be acknowledged, once, also late; any other "
                "acknowledgement is a conflict\nor a duplicate.\n");
    FOR_STATES(state) {
        lbx_buf_printf(&out, "\n%s%s\n    %-24s %-10s %-9s %-11s %s\n", lbx_state_names[state],
                       ended_by_time(state) ? "" : " (over)", "what happens", "then", "verdict",
                       "said before", "event");
        FOR_INPUTS(input) print_rule(&out, state, input);
    }
    check_golden("rules.txt", &out);
}

/* ---- what holds of it ---- */

static void every_decision_has_an_input(void **unused) {
    (void)unused;
    int bad = 0;
    for (int decision = LBX_DECISION_NONE + 1; decision < LBX_DECISION_END; decision++) {
        bool found = false;
        FOR_INPUTS(input) found |= decision_of(input) == decision;
        CHECK_ROW(&bad, lbx_decision_names[decision], found, "no input of that name");
    }
    assert_int_equal(bad, 0);
}

/* A place that was left out is all zeros: no verdict. */
static void decisions_have_verdicts_and_nothing_else_has(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) FOR_INPUTS(input) {
        const struct lbx_rule *rule = rule_of(state, input);
        if (decision_of(input))
            CHECK_ROW(&bad, row_name(state, input), rule->verdict, "a decision without a verdict");
        else
            CHECK_ROW(&bad, row_name(state, input),
                      !rule->verdict && !rule->repeated && !rule->short_verdict,
                      "a verdict on what is no decision");
    }
    assert_int_equal(bad, 0);
}

static void what_is_over_never_moves(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) FOR_INPUTS(input) {
        const struct lbx_rule *rule = rule_of(state, input);
        if (!ended_by_time(state))
            CHECK_ROW(&bad, row_name(state, input), !rule->to, "it moves to %s",
                      lbx_state_names[rule->to]);
    }
    assert_int_equal(bad, 0);
}

static void time_and_ticket_end_what_is_not(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) if (ended_by_time(state)) {
        int by_time = rule_of(state, LBX_INPUT_TIME_UP)->to;
        int by_ticket = rule_of(state, LBX_INPUT_TICKET_ENDED)->to;
        CHECK_ROW(&bad, lbx_state_names[state], by_time && !ended_by_time(by_time), "time: %d",
                  by_time);
        CHECK_ROW(&bad, lbx_state_names[state], by_ticket && !ended_by_time(by_ticket),
                  "ticket: %d", by_ticket);
    }
    assert_int_equal(bad, 0);
}

/* A move goes elsewhere, never back to asking, is applied, and is published by its state's name. */
static void moves_are_applied_and_published(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) FOR_INPUTS(input) {
        const struct lbx_rule *rule = rule_of(state, input);
        if (!rule->to)
            continue;
        char want[128] = "";
        (void)snprintf(want, sizeof want, "lockbox.request.%s.v1", lbx_state_names[rule->to]);
        const char *event =
            rule->event ? lbx_event_type_info((enum lbx_event_type)rule->event)->name : "none";
        CHECK_ROW(&bad, row_name(state, input),
                  rule->to != state && rule->to != LBX_STATE_CUSTOMER_NOTIFIED, "moves to %s",
                  lbx_state_names[rule->to]);
        CHECK_ROW(&bad, row_name(state, input), same(event, want), "%s, not %s", event, want);
    }
    assert_int_equal(bad, 0);
}

/* Whoever is told "applied" or "recorded" finds an event of it, and nobody else does. */
static void verdicts_and_events_agree(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) FOR_INPUTS(input) if (decision_of(input)) {
        const struct lbx_rule *rule = rule_of(state, input);
        CHECK_ROW(&bad, row_name(state, input),
                  (rule->verdict == LBX_VERDICT_APPLIED) == (rule->event != LBX_EVENT_NONE),
                  "%s, event %d", lbx_verdict_names[rule->verdict], rule->event);
        CHECK_ROW(&bad, row_name(state, input),
                  (rule->short_verdict == LBX_VERDICT_RECORDED) ==
                      (rule->short_event != LBX_EVENT_NONE),
                  "not enough yet: %d, event %d", rule->short_verdict, rule->short_event);
        CHECK_ROW(&bad, row_name(state, input),
                  !rule->repeated || rule->repeated == LBX_VERDICT_DUPLICATE, "said before: %s",
                  lbx_verdict_names[rule->repeated]);
    }
    assert_int_equal(bad, 0);
}

/* Consent has one door: only somebody's approval of what was asked opens access. */
static void only_an_approval_grants(void **unused) {
    (void)unused;
    int bad = 0;
    FOR_STATES(state) FOR_INPUTS(input) {
        bool grants = rule_of(state, input)->to == LBX_STATE_APPROVED;
        bool may = state == LBX_STATE_CUSTOMER_NOTIFIED && input == LBX_INPUT_APPROVE;
        CHECK_ROW(&bad, row_name(state, input), grants == may, "grants: %d", grants);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(every_decision_has_an_input),
        cmocka_unit_test(decisions_have_verdicts_and_nothing_else_has),
        cmocka_unit_test(what_is_over_never_moves),
        cmocka_unit_test(time_and_ticket_end_what_is_not),
        cmocka_unit_test(moves_are_applied_and_published),
        cmocka_unit_test(verdicts_and_events_agree),
        cmocka_unit_test(only_an_approval_grants),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
