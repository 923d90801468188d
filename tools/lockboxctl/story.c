/* Each event as a sentence: one small teller for each kind of payload. */
#include "words.h"

#include "core/tenant.h"
#include "mail/words.h"
#include "output.h"

#include <string.h>

enum { MOST_BYTES = 16 << 20 }; /* what is recorded was accepted by Kafka: no limit of ours */

static bool given(const char *text) {
    return text && *text;
}

void ctl_put_person(const struct lbx_principal *person, struct lbx_buf *out) {
    const char *name = given(person->name) ? person->name : person->email;
    lbx_text_harmless(given(name) ? name : person->id, out);
    if (given(person->name) && given(person->email)) {
        lbx_buf_str(out, " (");
        lbx_text_harmless(person->email, out);
        lbx_buf_char(out, ')');
    }
}

void ctl_put_remark(const char *text, struct lbx_buf *out) {
    if (!given(text))
        return;
    lbx_buf_str(out, ": ");
    lbx_text_harmless(text, out);
}

/* ---- what happened, by payload ---- */

struct told {
    enum lbx_event_type type;
    struct lbx_buf *what, *who;
};

static void put_engineer(const struct lbx_engineer *e, struct lbx_buf *out) {
    ctl_put_person(&(struct lbx_principal){e->id, e->email, e->name}, out);
}

static void put_until(int64_t at, struct lbx_buf *out) {
    if (!at)
        return;
    lbx_buf_str(out, " until ");
    ctl_put_time(at, out);
}

static void tell_wish(const void *data, const struct told *told) {
    const struct lbx_access_requested *wish = data;
    lbx_buf_str(told->what,
                told->type == LBX_EVENT_EMERGENCY_DECLARED ? "declares an emergency: " : "asks: ");
    for (size_t i = 0; i < wish->action_count; i++) {
        lbx_buf_str(told->what, i ? "; " : "");
        lbx_item_words(&wish->actions[i], told->what);
    }
    ctl_put_remark(wish->justification, told->what);
}

static void tell_withdrawal(const void *data, const struct told *told) {
    const struct lbx_access_withdrawn *withdrawn = data;
    lbx_buf_str(told->what, "withdraws the request");
    ctl_put_remark(withdrawn->comment, told->what);
}

static void put_ticket(const char *ticket_id, const struct told *told) {
    lbx_buf_str(told->who, "ticket ");
    lbx_text_harmless(ticket_id, told->who);
}

static void tell_opening(const void *data, const struct told *told) {
    const struct lbx_ticket_opened *ticket = data;
    put_ticket(ticket->ticket_id, told);
    lbx_buf_str(told->what, "is opened");
    ctl_put_remark(ticket->title, told->what);
}

static void tell_ticket(const void *data, const struct told *told) {
    const struct lbx_ticket_comment *ticket = data;
    put_ticket(ticket->ticket_id, told);
    lbx_buf_str(told->what, told->type == LBX_EVENT_TICKET_CLOSED ? "is closed" : "is open again");
    ctl_put_remark(ticket->comment, told->what);
}

static void tell_assignment(const void *data, const struct told *told) {
    const struct lbx_ticket_assigned *ticket = data;
    put_ticket(ticket->ticket_id, told);
    lbx_buf_str(told->what, told->type == LBX_EVENT_TICKET_ESCALATED ? "goes to one more engineer, "
                                                                     : "goes to ");
    put_engineer(&ticket->engineer, told->what);
}

static void tell_decision(const void *data, const struct told *told) {
    static const char *const says[] = {
        [LBX_DECISION_APPROVE] = "says yes",
        [LBX_DECISION_DENY] = "says no",
        [LBX_DECISION_REVOKE] = "takes it back",
        [LBX_DECISION_ACKNOWLEDGE] = "acknowledges",
    };
    const struct lbx_decision_submitted *decision = data;
    ctl_put_person(&decision->by, told->who);
    lbx_buf_str(told->what, says[decision->decision]);
    if (decision->action_count)
        lbx_buf_str(told->what, decision->action_count == 1 ? " to item" : " to items");
    for (size_t i = 0; i < decision->action_count; i++)
        lbx_buf_printf(told->what, "%s %lld", i ? "," : "", (long long)decision->actions[i]);
    if (decision->duration) {
        lbx_buf_str(told->what, " for ");
        lbx_duration_words(decision->duration, told->what);
    }
    ctl_put_remark(decision->comment, told->what);
}

static void tell_verdict(const void *data, const struct told *told) {
    static const char *const nouns[] = {
        [LBX_DECISION_APPROVE] = "approval",
        [LBX_DECISION_DENY] = "denial",
        [LBX_DECISION_REVOKE] = "revocation",
        [LBX_DECISION_ACKNOWLEDGE] = "acknowledgement",
    };
    const struct lbx_decision_judged *judged = data;
    lbx_buf_str(told->who, "Lockbox");
    lbx_buf_printf(told->what, "judges the %s by ", nouns[judged->decision]);
    ctl_put_person(&judged->by, told->what);
    lbx_buf_printf(told->what, ": %s", lbx_verdict_names[judged->verdict]);
}

static void tell_access(const void *data, const struct told *told) {
    const struct lbx_access_performed *access = data;
    const struct lbx_item item = {.action = access->action,
                                  .namespace = access->namespace,
                                  .kind = access->kind,
                                  .name = access->name};
    lbx_buf_printf(told->what, "%s: ", lbx_outcome_names[access->outcome]);
    lbx_item_words(&item, told->what);
}

static void tell_mail(const void *data, const struct told *told) {
    const struct lbx_notification_outcome *mail = data;
    bool sent = told->type == LBX_EVENT_NOTIFICATION_SENT;
    lbx_buf_printf(told->what, "%s the %s mail to ", sent ? "sends" : "cannot send",
                   lbx_mail_kind_names[mail->kind]);
    lbx_text_harmless(mail->recipient, told->what);
    if (!sent)
        ctl_put_remark(mail->smtp_reply, told->what);
}

struct change {
    int change, role;
    const struct lbx_principal *principal;
    const char *principal_id, *subscription_id;
};

static void put_change(const struct change *c, struct lbx_buf *what) {
    static const char *const words[LBX_CHANGE_END] = {
        [LBX_CHANGE_SUBSCRIPTION_ADDED] = "a subscription is added",
        [LBX_CHANGE_SUBSCRIPTION_REMOVED] = "a subscription is removed",
        [LBX_CHANGE_ROLE_ASSIGNED] = "a role is assigned",
        [LBX_CHANGE_ROLE_REMOVED] = "a role is removed",
        [LBX_CHANGE_LOCKBOX_ENABLED] = "Lockbox is enabled",
        [LBX_CHANGE_LOCKBOX_DISABLED] = "Lockbox is disabled",
        [LBX_CHANGE_CONTACTS_SET] = "the alternate addresses are set",
        [LBX_CHANGE_POLICY_SET] = "the policy is set",
        [LBX_CHANGE_APPROVER_KEY_SET] = "an approver's key is set",
    };
    lbx_buf_str(what, words[c->change]);
    if (c->role) {
        lbx_buf_printf(what, ", %s: ", lbx_role_names[c->role]);
        ctl_put_person(c->principal, what);
    }
    ctl_put_remark(c->principal_id, what);
    if (given(c->subscription_id)) {
        lbx_buf_str(what, ", subscription ");
        lbx_text_harmless(c->subscription_id, what);
    }
}

static void put_tenant(const char *tenant_id, const struct told *told) {
    lbx_buf_str(told->who, "tenant ");
    lbx_text_harmless(tenant_id, told->who);
}

static void tell_tenant(const void *data, const struct told *told) {
    const struct lbx_tenant_event *t = data;
    const struct change change = {(int)lbx_tenant_change_of(told->type), t->role, &t->principal,
                                  t->principal_id, t->subscription_id};
    put_tenant(t->tenant_id, told);
    lbx_buf_str(told->what, "changes: ");
    put_change(&change, told->what);
}

static void tell_changed(const void *data, const struct told *told) {
    const struct lbx_tenant_changed *t = data;
    const struct change change = {t->change, t->role, &t->principal, t->principal_id,
                                  t->subscription_id};
    lbx_buf_str(told->who, "Lockbox");
    lbx_buf_str(told->what, t->reason ? "refuses a change: " : "applies a change: ");
    put_change(&change, told->what);
    if (t->reason)
        ctl_put_remark(lbx_refusal_names[t->reason], told->what);
}

static void tell_quarantine(const void *data, const struct told *told) {
    const struct lbx_quarantine_settled *q = data;
    bool replayed = told->type == LBX_EVENT_QUARANTINE_REPLAYED;
    ctl_put_person(&q->by, told->who);
    lbx_buf_printf(told->what, "%s the rejected record %lld", replayed ? "replays" : "discards",
                   (long long)q->quarantine_id);
    ctl_put_remark(q->reason, told->what);
}

static void tell_created(const struct lbx_request *r, struct lbx_buf *what) {
    lbx_buf_printf(what, "asks %zu approver%s to decide", r->approver_count,
                   r->approver_count == 1 ? "" : "s");
    put_until(r->decide_by, what);
}

static void tell_refused(const struct lbx_request *r, struct lbx_buf *what) {
    lbx_buf_printf(what, "refuses the wish: %s", r->reason ? lbx_refusal_names[r->reason] : "");
    if (r->reason_item)
        lbx_buf_printf(what, " (item %lld)", (long long)r->reason_item);
}

static void tell_recorded(const struct lbx_request *r, struct lbx_buf *what) {
    lbx_buf_printf(what, "counts one approval more; %lld are needed",
                   (long long)r->approvals_needed);
}

/* A request's own events. */
static void tell_request(const void *data, const struct told *told) {
    static const struct {
        void (*tell)(const struct lbx_request *r, struct lbx_buf *what);
        const char *words;
        bool until; /* access lasts until */
    } events[LBX_EVENT_COUNT] = {
        [LBX_EVENT_REQUEST_CREATED] = {tell_created},
        [LBX_EVENT_REQUEST_REFUSED] = {tell_refused},
        [LBX_EVENT_REQUEST_NOT_REQUIRED] = {.words = "asks nobody, Lockbox is not enabled: access",
                                            .until = true},
        [LBX_EVENT_REQUEST_APPROVAL_RECORDED] = {tell_recorded},
        [LBX_EVENT_REQUEST_REMINDER_DUE] = {.words = "reminds the approvers"},
        [LBX_EVENT_REQUEST_APPROVED] = {.words = "grants access", .until = true},
        [LBX_EVENT_REQUEST_DENIED] = {.words = "ends the request: denied"},
        [LBX_EVENT_REQUEST_EXPIRED] = {.words = "ends the request: nobody decided in time"},
        [LBX_EVENT_REQUEST_CANCELLED] = {.words = "ends the request: cancelled"},
        [LBX_EVENT_REQUEST_COMPLETED] = {.words = "ends access: its time is up"},
        [LBX_EVENT_REQUEST_REVOKED] = {.words = "ends access: revoked"},
        [LBX_EVENT_REQUEST_EMERGENCY] = {.words = "grants emergency access", .until = true},
        [LBX_EVENT_REQUEST_ACKNOWLEDGED] = {.words = "notes that the customer acknowledged"},
        [LBX_EVENT_REQUEST_UNACKNOWLEDGED] = {.words =
                                                  "notes that no customer acknowledged in time"},
    };
    const struct lbx_request *r = &((const struct lbx_request_changed *)data)->request;
    lbx_buf_str(told->who, "Lockbox");
    if (events[told->type].tell)
        events[told->type].tell(r, told->what);
    else
        lbx_buf_str(told->what, events[told->type].words);
    if (events[told->type].until)
        put_until(r->expires_at, told->what);
}

/* ---- by type ---- */

typedef void tell_fn(const void *data, const struct told *told);

static tell_fn *const tellers[LBX_EVENT_COUNT] = {
    [LBX_EVENT_TICKET_OPENED] = tell_opening,
    [LBX_EVENT_TICKET_ASSIGNED] = tell_assignment,
    [LBX_EVENT_TICKET_ESCALATED] = tell_assignment,
    [LBX_EVENT_TICKET_CLOSED] = tell_ticket,
    [LBX_EVENT_TICKET_REOPENED] = tell_ticket,
    [LBX_EVENT_ACCESS_REQUESTED] = tell_wish,
    [LBX_EVENT_ACCESS_WITHDRAWN] = tell_withdrawal,
    [LBX_EVENT_EMERGENCY_DECLARED] = tell_wish,
    [LBX_EVENT_SUBSCRIPTION_ADDED] = tell_tenant,
    [LBX_EVENT_SUBSCRIPTION_REMOVED] = tell_tenant,
    [LBX_EVENT_ROLE_ASSIGNED] = tell_tenant,
    [LBX_EVENT_ROLE_REMOVED] = tell_tenant,
    [LBX_EVENT_LOCKBOX_ENABLED] = tell_tenant,
    [LBX_EVENT_LOCKBOX_DISABLED] = tell_tenant,
    [LBX_EVENT_CONTACTS_SET] = tell_tenant,
    [LBX_EVENT_POLICY_SET] = tell_tenant,
    [LBX_EVENT_APPROVER_KEY_SET] = tell_tenant,
    [LBX_EVENT_DECISION_SUBMITTED] = tell_decision,
    [LBX_EVENT_ACCESS_PERFORMED] = tell_access,
    [LBX_EVENT_REQUEST_CREATED] = tell_request,
    [LBX_EVENT_REQUEST_REFUSED] = tell_request,
    [LBX_EVENT_REQUEST_NOT_REQUIRED] = tell_request,
    [LBX_EVENT_REQUEST_APPROVAL_RECORDED] = tell_request,
    [LBX_EVENT_REQUEST_APPROVED] = tell_request,
    [LBX_EVENT_REQUEST_DENIED] = tell_request,
    [LBX_EVENT_REQUEST_EXPIRED] = tell_request,
    [LBX_EVENT_REQUEST_CANCELLED] = tell_request,
    [LBX_EVENT_REQUEST_COMPLETED] = tell_request,
    [LBX_EVENT_REQUEST_REVOKED] = tell_request,
    [LBX_EVENT_REQUEST_REMINDER_DUE] = tell_request,
    [LBX_EVENT_REQUEST_EMERGENCY] = tell_request,
    [LBX_EVENT_REQUEST_ACKNOWLEDGED] = tell_request,
    [LBX_EVENT_REQUEST_UNACKNOWLEDGED] = tell_request,
    [LBX_EVENT_DECISION_JUDGED] = tell_verdict,
    [LBX_EVENT_TENANT_CHANGED] = tell_changed,
    [LBX_EVENT_TENANT_CHANGE_REFUSED] = tell_changed,
    [LBX_EVENT_NOTIFICATION_SENT] = tell_mail,
    [LBX_EVENT_NOTIFICATION_FAILED] = tell_mail,
    [LBX_EVENT_QUARANTINE_REPLAYED] = tell_quarantine,
    [LBX_EVENT_QUARANTINE_DISCARDED] = tell_quarantine,
};

/* The reason stands in a header; it names fields, and no values. */
static void tell_deadletter(const struct lbx_record *record, struct lbx_arena *arena,
                            struct lbx_buf *what) {
    lbx_buf_str(what, "rejects a record");
    for (size_t i = 0; i < record->header_count; i++)
        if (strcmp(record->headers[i].name, "__connect.errors.exception.message") == 0 &&
            record->headers[i].value)
            ctl_put_remark(
                lbx_arena_memdup(arena, record->headers[i].value, record->headers[i].len), what);
}

void ctl_put_story(const struct lbx_record *record, const char *type, struct lbx_arena *arena,
                   struct lbx_buf *what, struct lbx_buf *who) {
    struct lbx_event event = {0};
    struct lbx_reason reason = {0};
    if (record->topic == LBX_TOPIC_DEADLETTER) {
        lbx_buf_str(who, "Lockbox");
        tell_deadletter(record, arena, what);
        return;
    }
    if (record->topic < LBX_TOPIC_COUNT &&
        lbx_event_decode(record, MOST_BYTES, arena, &event, &reason) == LBX_OK) {
        tellers[event.type](event.data, &(struct told){event.type, what, who});
        return;
    }
    lbx_text_harmless(type ? type : "a record without a type", what);
    ctl_put_remark(reason.text, what);
}
