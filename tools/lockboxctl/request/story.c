/* Writes an event as one sentence for a terminal, by its family. Promises text without control
 * characters; a type without a sentence does not compile. Fails, for a record that cannot be
 * decoded, with its type and the reason. */
#include "story.h"

#include "core/ticket.h"
#include "event/request_event.h"
#include "mail/words.h"
#include "output.h"
#include "sentences.h"
#include "sign/webauthn.h"

#include <string.h>

enum { MOST_BYTES = 16 << 20 }; /* no limit of our own, as Kafka accepted the record */

/* ---- sentences by payload ---- */

static void put_engineer(const struct lbx_engineer *e, struct lbx_buf *out) {
    ctl_put_person(&(struct lbx_principal){e->id, e->email, e->name}, out);
}

static void put_until(int64_t at, struct lbx_buf *out) {
    if (!at)
        return;
    lbx_buf_str(out, " until ");
    ctl_put_time(at, out);
}

/* Appends an emergency's authorizer and incident. */
static void put_authorization(const struct lbx_access_requested *wish,
                              const struct ctl_told *told) {
    lbx_buf_str(told->what, ", authorized by ");
    ctl_put_person(&wish->authorized_by, told->what);
    if (wish->incident_id) {
        lbx_buf_str(told->what, " for incident ");
        lbx_text_harmless(wish->incident_id, told->what);
    }
}

static void tell_wish(const char *does, const struct lbx_access_requested *wish,
                      const struct ctl_told *told) {
    lbx_text_harmless(wish->engineer_id, told->who);
    lbx_buf_str(told->what, does);
    for (size_t i = 0; i < wish->action_count; i++) {
        lbx_buf_str(told->what, i ? "; " : "");
        lbx_item_words(&wish->actions[i], told->what);
    }
    if (wish->authorized_by.id)
        put_authorization(wish, told);
    ctl_put_remark(wish->justification, told->what);
}

static void tell_withdrawal(const struct lbx_access_withdrawn *withdrawn,
                            const struct ctl_told *told) {
    lbx_text_harmless(withdrawn->engineer_id, told->who);
    lbx_buf_str(told->what, "withdraws the request");
    ctl_put_remark(withdrawn->comment, told->what);
}

static void put_ticket(const char *ticket_id, const struct ctl_told *told) {
    lbx_buf_str(told->who, "ticket ");
    lbx_text_harmless(ticket_id, told->who);
}

static void tell_comment(const char *does, const struct lbx_ticket_comment *ticket,
                         const struct ctl_told *told) {
    lbx_buf_str(told->what, does);
    ctl_put_remark(ticket->comment, told->what);
}

static void tell_assignment(const char *does, const struct lbx_ticket_assigned *ticket,
                            const struct ctl_told *told) {
    lbx_buf_str(told->what, does);
    put_engineer(&ticket->engineer, told->what);
}

static void put_signature(const struct lbx_signature_in *signature, const struct ctl_told *told) {
    if (!lbx_signature_is_there(signature))
        return;
    lbx_buf_str(told->what, signature->jws ? ", signed with a key" : ", signed with a passkey");
    const char *origin =
        signature->jws ? NULL : lbx_webauthn_origin(&signature->assertion, told->arena);
    if (origin) {
        lbx_buf_str(told->what, " at ");
        lbx_text_harmless(origin, told->what);
    }
}

static void tell_vote(const struct lbx_decision_submitted *decision, const struct ctl_told *told) {
    static const char *const says[] = {
        [LBX_DECISION_APPROVE] = "says yes",
        [LBX_DECISION_DENY] = "says no",
        [LBX_DECISION_REVOKE] = "takes it back",
        [LBX_DECISION_ACKNOWLEDGE] = "acknowledges",
    };
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
    put_signature(&decision->signature, told);
    ctl_put_remark(decision->comment, told->what);
}

static void tell_verdict(const struct lbx_decision_judged *judged, const struct ctl_told *told) {
    static const char *const nouns[] = {
        [LBX_DECISION_APPROVE] = "approval",
        [LBX_DECISION_DENY] = "denial",
        [LBX_DECISION_REVOKE] = "revocation",
        [LBX_DECISION_ACKNOWLEDGE] = "acknowledgement",
    };
    lbx_buf_str(told->who, "Lockbox");
    if (!judged->decision) {
        lbx_buf_printf(told->what, "cannot read the decision: %s",
                       lbx_verdict_names[judged->verdict]);
        return;
    }
    lbx_buf_printf(told->what, "judges the %s by ", nouns[judged->decision]);
    ctl_put_person(&judged->by, told->what);
    lbx_buf_printf(told->what, ": %s", lbx_verdict_names[judged->verdict]);
}

static void tell_performed(const struct lbx_access_performed *access, const struct ctl_told *told) {
    const struct lbx_item item = {.action = access->action,
                                  .namespace = access->namespace,
                                  .kind = access->kind,
                                  .name = access->name};
    lbx_text_harmless(access->engineer_id, told->who);
    lbx_buf_printf(told->what, "%s: ", lbx_outcome_names[access->outcome]);
    if (access->action)
        lbx_item_words(&item, told->what);
    else
        ctl_put_other_access(access, told->what);
}

static void put_mail(const char *does, const struct lbx_notification_outcome *mail,
                     const struct ctl_told *told) {
    lbx_buf_printf(told->what, "%s the %s mail to ", does, lbx_mail_kind_names[mail->kind]);
    lbx_text_harmless(mail->recipient, told->what);
}

static void put_detail(enum lbx_request_detail detail, const struct lbx_request *r,
                       struct lbx_buf *what) {
    switch (detail) {
    case LBX_DETAIL_NONE:
        break;
    case LBX_DETAIL_APPROVERS:
        lbx_buf_printf(what, "%zu approver%s to decide", r->approver_count,
                       r->approver_count == 1 ? "" : "s");
        put_until(r->decide_by, what);
        break;
    case LBX_DETAIL_REFUSAL:
        lbx_buf_str(what, r->reason ? lbx_refusal_names[r->reason] : "");
        if (r->reason_item)
            lbx_buf_printf(what, " (item %lld)", (long long)r->reason_item);
        if (r->detail) {
            lbx_buf_str(what, ": ");
            lbx_text_harmless(r->detail, what);
        }
        break;
    case LBX_DETAIL_NEEDED:
        lbx_buf_printf(what, "%lld are needed", (long long)r->approvals_needed);
        break;
    case LBX_DETAIL_ACCESS:
        put_until(r->expires_at, what);
        break;
    }
}

static void tell_request(const void *data, const struct ctl_told *told) {
    const struct lbx_request_event *event = lbx_request_event(told->type);
    lbx_buf_str(told->who, "Lockbox");
    lbx_buf_str(told->what, event->words);
    put_detail(event->detail, &((const struct lbx_request_changed *)data)->request, told->what);
}

/* ---- by family ---- */

static void tell_ticket(const void *data, const struct ctl_told *told) {
    put_ticket(lbx_ticket_id(told->type, data), told);
    switch ((enum lbx_ticket_event)told->type) {
    case LBX_TICKET_EVENT_OPENED:
        lbx_buf_str(told->what, "is opened");
        ctl_put_remark(((const struct lbx_ticket_opened *)data)->title, told->what);
        break;
    case LBX_TICKET_EVENT_ASSIGNED:
        tell_assignment("goes to ", data, told);
        break;
    case LBX_TICKET_EVENT_ESCALATED:
        tell_assignment("goes to one more engineer, ", data, told);
        break;
    case LBX_TICKET_EVENT_CLOSED:
        tell_comment("is closed", data, told);
        break;
    case LBX_TICKET_EVENT_REOPENED:
        tell_comment("is open again", data, told);
        break;
    }
}

static void tell_access(const void *data, const struct ctl_told *told) {
    switch ((enum lbx_access_event)told->type) {
    case LBX_ACCESS_EVENT_REQUESTED:
        tell_wish("asks: ", data, told);
        break;
    case LBX_ACCESS_EVENT_EMERGENCY_DECLARED:
        tell_wish("declares an emergency: ", data, told);
        break;
    case LBX_ACCESS_EVENT_WITHDRAWN:
        tell_withdrawal(data, told);
        break;
    case LBX_ACCESS_EVENT_PERFORMED:
        tell_performed(data, told);
        break;
    }
}

static void tell_decision(const void *data, const struct ctl_told *told) {
    switch ((enum lbx_decision_event)told->type) {
    case LBX_DECISION_EVENT_SUBMITTED:
        tell_vote(data, told);
        break;
    case LBX_DECISION_EVENT_JUDGED:
        tell_verdict(data, told);
        break;
    }
}

static void tell_mail(const void *data, const struct ctl_told *told) {
    const struct lbx_notification_outcome *mail = data;
    switch ((enum lbx_notification_event)told->type) {
    case LBX_NOTIFICATION_EVENT_SENT:
        put_mail("sends", mail, told);
        break;
    case LBX_NOTIFICATION_EVENT_FAILED:
        put_mail("cannot send", mail, told);
        ctl_put_remark(mail->smtp_reply, told->what);
        break;
    }
}

static void tell(const void *data, const struct ctl_told *told) {
    switch (lbx_event_type_info(told->type)->family) {
    case LBX_FAMILY_TICKET:
        tell_ticket(data, told);
        break;
    case LBX_FAMILY_ACCESS:
        tell_access(data, told);
        break;
    case LBX_FAMILY_TENANT:
        ctl_tell_tenant(data, told);
        break;
    case LBX_FAMILY_DECISION:
        tell_decision(data, told);
        break;
    case LBX_FAMILY_REQUEST:
        tell_request(data, told);
        break;
    case LBX_FAMILY_NOTIFICATION:
        tell_mail(data, told);
        break;
    case LBX_FAMILY_QUARANTINE:
        ctl_tell_quarantine(data, told);
        break;
    case LBX_FAMILY_OPERATOR:
        ctl_tell_operator(data, told);
        break;
    }
}

/* Appends a dead letter's reason, from a header; it names fields, and no values. */
static void tell_deadletter(const struct lbx_record *record, struct lbx_arena *arena,
                            struct lbx_buf *what) {
    lbx_buf_str(what, "rejects a record");
    for (size_t i = 0; i < record->header_count; i++)
        if (lbx_header_is(&record->headers[i], "__connect.errors.exception.message") &&
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
        tell(event.data, &(struct ctl_told){event.type, what, who, arena});
        return;
    }
    lbx_text_harmless(type ? type : "a record without a type", what);
    ctl_put_remark(reason.text, what);
}
