/* approve, deny, revoke, acknowledge: publish a decision like a portal. With --wait, the verdict
 * is read from the audit store, up to a deadline. Fail with the error printed; a published
 * decision stays, even without a verdict. */
#include "commands.h"

#include "arguments.h"
#include "base/clock.h"
#include "base/time.h"
#include "database.h"
#include "publish.h"
#include "sign.h"
#include "sql_ctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ITEMS_MAX = 32, VERDICT_S = 30, POLL_MS = 100 };

/* ---- options ---- */

static bool read_items(struct ctl *ctl, struct lbx_decision_submitted *decision) {
    if (!ctl->options[CTL_ITEMS])
        return true;
    decision->actions = LBX_ARENA_ARRAY(&ctl->arena, int64_t, ITEMS_MAX);
    char *rest = lbx_arena_strdup(&ctl->arena, ctl->options[CTL_ITEMS]);
    for (const char *word; (word = strsep(&rest, ","));) {
        char *end;
        long number = strtol(word, &end, 10);
        if (end == word || *end || number < 1 || number > ITEMS_MAX ||
            decision->action_count == ITEMS_MAX) {
            ctl_fail(CTL_USAGE,
                     "--items takes the numbers of the items to approve, such as 1,3, not %s",
                     ctl->options[CTL_ITEMS]);
            return false;
        }
        decision->actions[decision->action_count++] = number;
    }
    return true;
}

static bool read_duration(const struct ctl *ctl, int64_t *ret_duration) {
    const char *text = ctl->options[CTL_DURATION];
    if (!text || lbx_duration_parse(text, ret_duration) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "--duration takes an ISO 8601 duration such as PT2H or PT30M, not %s",
             text);
    return false;
}

/* ---- the verdict ---- */

static bool is_yes(const char *verdict) {
    int is = lbx_name_index(lbx_verdict_names, verdict);
    return is == LBX_VERDICT_APPLIED || is == LBX_VERDICT_RECORDED || is == LBX_VERDICT_DUPLICATE;
}

static enum ctl_exit await_verdict(struct ctl *ctl, struct lbx_pg *pg,
                                   const struct ctl_message *m) {
    struct lbx_pg_pipeline calls = {0};
    LBX_PG_CALL(&calls, ctl_decision_verdict, .request_id = m->record.key, .event_id = m->event_id,
                .events = ctl_topic(ctl, LBX_TOPIC_EVENTS));
    int64_t deadline = lbx_monotonic_us() + VERDICT_S * LBX_SECOND_US;
    do {
        enum lbx_err err = lbx_pg_run(pg, &calls);
        if (err != LBX_OK)
            return ctl_statement_failed(&ctl_audit, err);
        if (lbx_pg_row_count(pg, 0) > 0) {
            const char *verdict = LBX_PG_READ(pg, 0, 0, ctl_decision_verdict, NULL).verdict;
            printf("%s\n", verdict);
            return is_yes(verdict) ? CTL_DONE : CTL_NO;
        }
        usleep(POLL_MS * 1000);
    } while (lbx_monotonic_us() < deadline);
    return ctl_fail(
        CTL_UNREACHABLE,
        "no verdict in the audit store after %d s: are decider, relay and auditor running? "
        "The decision itself is published",
        VERDICT_S);
}

/* ---- commands ---- */

static enum ctl_exit publish(struct ctl *ctl, const struct ctl_message *message) {
    static const struct lbx_sql *const question[] = {&sql_ctl_decision_verdict, NULL};
    struct lbx_pg *pg CTL_PG = NULL;
    bool wait = ctl->options[CTL_WAIT] && !ctl->options[CTL_DRY_RUN];
    enum ctl_exit code = wait ? ctl_connect(ctl, &ctl_audit, question, &pg) : CTL_DONE;
    if (code == CTL_DONE)
        code = ctl_publish(ctl, message);
    fflush(stdout);
    return code == CTL_DONE && wait ? await_verdict(ctl, pg, message) : code;
}

static enum ctl_exit decide(struct ctl *ctl, enum lbx_decision verb) {
    struct lbx_decision_submitted decision = {
        .request_id = ctl->args[0], .decision = (int)verb, .comment = ctl->options[CTL_COMMENT]};
    struct ctl_message message CTL_MESSAGE = {0};
    if (!ctl_request_id_is_valid(ctl->args[0]) || !ctl_read_by(ctl, &decision.by) ||
        !read_items(ctl, &decision) || !read_duration(ctl, &decision.duration))
        return CTL_USAGE;
    enum ctl_exit code = ctl->options[CTL_SIGN_WITH] ? ctl_sign(ctl, &decision) : CTL_DONE;
    if (code != CTL_DONE)
        return code;
    if (!ctl_message_write(ctl, LBX_EVENT_DECISION_SUBMITTED, decision.request_id, &decision,
                           &message))
        return CTL_USAGE;
    return publish(ctl, &message);
}

enum ctl_exit ctl_approve(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_APPROVE);
}

enum ctl_exit ctl_deny(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_DENY);
}

enum ctl_exit ctl_revoke(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_REVOKE);
}

enum ctl_exit ctl_acknowledge(struct ctl *ctl) {
    return decide(ctl, LBX_DECISION_ACKNOWLEDGE);
}
