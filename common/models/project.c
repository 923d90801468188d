/* Says of each event what it adds to the read models: rows for models.c, by the event's family. An event that cannot
 * be projected adds nothing, and the reason is returned. */
#include "models/project.h"

#include "base/time.h"
#include "base/uuid.h"
#include "event/request_event.h"
#include "io/hash.h"

static void add_bool(struct lbx_rows *rows, bool value) {
    lbx_rows_text(rows, value ? "t" : "f");
}

void lbx_project_place(struct lbx_rows *rows, const struct lbx_record *record) {
    lbx_rows_text(rows, record->topic_name);
    lbx_rows_int(rows, record->partition);
    lbx_rows_int(rows, record->offset);
}

/* Producers choose the timestamp; PostgreSQL does not take every one. */
void lbx_project_timestamp(struct lbx_rows *rows, const struct lbx_record *record) {
    int64_t ms = record->timestamp_ms;
    lbx_rows_int(rows, ms >= 0 && ms <= LBX_TIME_MAX / 1000 ? ms : 0);
}

/* ---- the activity log ---- */

struct operation {
    const char *name, *status, *level;
};

#define INFORMATIONAL "Informational"
#define WARNING "Warning"

static void add_activity(const struct lbx_seen *seen, const struct operation *operation,
                         const char *sub_status, const char *request_id,
                         const char *subscription_id) {
    struct lbx_rows *rows = &seen->models->activities;
    const struct lbx_event_summary *summary = seen->summary;
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_time(rows, seen->event->time);
    lbx_project_timestamp(rows, seen->record);
    lbx_rows_text(rows, operation->name);
    lbx_rows_text(rows, operation->status);
    lbx_rows_text(rows, sub_status);
    lbx_rows_text(rows, operation->level);
    lbx_rows_text(rows, summary->actor ? summary->actor : "lockbox");
    lbx_rows_text(rows, request_id);
    lbx_rows_text(rows, summary->tenant_id);
    lbx_rows_text(rows, subscription_id);
    lbx_project_place(rows, seen->record);
}

/* ---- requests ---- */

/* An acknowledgement may follow the vote that revoked it. */
static const char *revoked_by(const struct lbx_request *request) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (request->decisions[i].decision == LBX_DECISION_REVOKE)
            return request->decisions[i].by.id;
    return NULL;
}

static void add_end(struct lbx_rows *rows, const struct lbx_request *request) {
    const char *voter = revoked_by(request);
    const char *how = request->state == LBX_STATE_COMPLETED ? "time"
                      : request->state != LBX_STATE_REVOKED ? NULL
                      : voter                               ? "decision"
                                                            : "ticket";
    lbx_rows_text(rows, request->state == LBX_STATE_REVOKED && voter ? voter : how);
    lbx_rows_text(rows, how);
}

static void add_actions(struct lbx_rows *rows, const struct lbx_request *request) {
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_char(&text, '[');
    for (size_t i = 0; i < request->action_count; i++) {
        if (i > 0)
            lbx_buf_char(&text, ',');
        lbx_json_write(&lbx_request_item_table, &request->actions[i], &text);
    }
    lbx_buf_char(&text, ']');
    lbx_rows_text(rows, text.data);
}

static void add_request(const struct lbx_seen *seen, const struct lbx_request *r) {
    struct lbx_rows *rows = &seen->models->requests;
    lbx_rows_text(rows, r->request_id);
    lbx_rows_int(rows, r->version);
    lbx_rows_text(rows, lbx_state_names[r->state]);
    lbx_rows_text(rows, r->tenant_id);
    lbx_rows_text(rows, r->subscription_id);
    lbx_rows_text(rows, r->ticket_id);
    lbx_rows_text(rows, r->engineer.id);
    lbx_rows_text(rows, r->engineer.email);
    lbx_rows_text(rows, r->engineer.name);
    lbx_rows_text(rows, r->engineer.organization);
    lbx_rows_text(rows, r->resource_id);
    add_actions(rows, r);
    lbx_rows_text(rows, r->justification);
    lbx_rows_text(rows, r->reason_code);
    lbx_rows_int(rows, r->duration);
    lbx_rows_int(rows, r->approvals_needed);
    lbx_rows_time(rows, r->created_at);
    lbx_rows_time(rows, r->decide_by);
    lbx_rows_time(rows, r->starts_at);
    lbx_rows_time(rows, r->expires_at);
    lbx_rows_time(rows, r->ended_at);
    add_end(rows, r);
    lbx_rows_text(rows, lbx_refusal_names[r->reason]);
    lbx_rows_int(rows, r->reason_item);
    lbx_rows_text(rows, r->extends);
    lbx_rows_text(rows, r->authorized_by.id);
    lbx_rows_text(rows, r->incident_id);
    lbx_rows_time(rows, r->acknowledge_by);
    lbx_rows_time(rows, r->acknowledged_at);
    add_bool(rows, r->unacknowledged);
    lbx_rows_text(rows, r->digest);
    lbx_project_place(rows, seen->record);
}

static void add_version(const struct lbx_seen *seen, const struct lbx_request_changed *changed) {
    const struct lbx_request *r = &changed->request;
    struct lbx_rows *rows = &seen->models->versions;
    lbx_rows_text(rows, r->request_id);
    lbx_rows_int(rows, r->version);
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_time(rows, seen->event->time);
    lbx_rows_text(rows, lbx_event_type_info(seen->event->type)->name);
    lbx_rows_text(rows, lbx_state_names[r->state]);
    lbx_rows_text(rows, lbx_state_names[changed->previous_state]);
    lbx_rows_text(rows, seen->summary->actor);
    lbx_rows_text(rows, seen->event->causationid);
    lbx_rows_text(rows, r->tenant_id);
    lbx_project_place(rows, seen->record);
}

static void add_given(struct lbx_rows *rows, const struct lbx_request *r,
                      const struct lbx_item *item) {
    lbx_rows_text(rows, r->engineer.id);
    lbx_rows_text(rows, r->resource_id);
    lbx_rows_text(rows, item->action);
    lbx_rows_time(rows, r->starts_at);
    lbx_rows_time(rows, r->expires_at);
}

/* The items as access_check has them: an access that needed no approval is not ended by its state. */
static void add_items(const struct lbx_seen *seen, const struct lbx_request *r) {
    struct lbx_rows *rows = &seen->models->items;
    bool unasked = r->state == LBX_STATE_NOT_REQUIRED;
    for (size_t i = 0; r->expires_at && i < r->action_count; i++) {
        const struct lbx_item *item = &r->actions[i];
        if (!item->kept)
            continue;
        lbx_rows_text(rows, r->request_id);
        lbx_rows_int(rows, item->number);
        lbx_rows_int(rows, r->version);
        lbx_rows_text(rows, r->tenant_id);
        lbx_rows_text(rows, r->engineer.id);
        lbx_rows_text(rows, r->resource_id);
        lbx_rows_text(rows, item->action);
        lbx_rows_text(rows, item->namespace);
        lbx_rows_text(rows, item->kind);
        lbx_rows_text(rows, item->name);
        lbx_rows_time(rows, r->starts_at);
        lbx_rows_time(rows, r->expires_at);
        lbx_rows_time(rows, unasked ? 0 : r->ended_at);
        lbx_rows_text(rows, unasked ? "not_required" : r->incident_id ? "emergency" : "approved");
        lbx_project_place(rows, seen->record);
        add_given(&seen->models->given, r, item);
    }
}

static const char *project_request(const struct lbx_seen *seen) {
    const struct lbx_request_changed *changed = seen->event->data;
    const struct lbx_request *request = &changed->request;
    if (!lbx_uuid_valid(request->request_id))
        return "/data/request/request_id: not a UUID in lower case";
    if (request->expires_at && !request->starts_at)
        return "/data/request/starts_at: missing";
    add_request(seen, request);
    add_version(seen, changed);
    add_items(seen, request);
    const struct lbx_request_event *told = lbx_request_event(seen->event->type);
    const struct operation operation = {told->operation, told->status, told->level};
    add_activity(seen, &operation, lbx_refusal_names[request->reason], request->request_id,
                 request->subscription_id);
    return NULL;
}

/* ---- decisions ---- */

static struct operation decision_operation(enum lbx_verdict verdict) {
    struct operation operation = {"Judge Lockbox Decision", "Failed", WARNING};
    switch (verdict) {
    case LBX_VERDICT_APPLIED:
    case LBX_VERDICT_RECORDED:
        operation.status = "Succeeded";
        operation.level = INFORMATIONAL;
        break;
    case LBX_VERDICT_DUPLICATE:
    case LBX_VERDICT_LATE:
    case LBX_VERDICT_CONFLICT:
        operation.level = INFORMATIONAL;
        break;
    case LBX_VERDICT_NOT_AN_APPROVER:
    case LBX_VERDICT_SELF_APPROVAL:
    case LBX_VERDICT_WIDENS:
    case LBX_VERDICT_UNKNOWN_REQUEST:
    case LBX_VERDICT_BAD_SIGNATURE:
    case LBX_VERDICT_NONE:
    case LBX_VERDICT_END:
        break;
    }
    return operation;
}

static const char *project_decision(const struct lbx_seen *seen) {
    const struct lbx_decision_judged *judged = seen->event->data;
    struct lbx_rows *rows = &seen->models->decisions;
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_text(rows, seen->event->causationid);
    lbx_rows_text(rows, judged->request_id);
    lbx_rows_text(rows, judged->tenant_id);
    lbx_rows_text(rows, lbx_decision_names[judged->decision]);
    lbx_rows_text(rows, lbx_verdict_names[judged->verdict]);
    lbx_rows_text(rows, judged->by.id);
    lbx_rows_text(rows, judged->by.email);
    lbx_rows_text(rows, judged->by.name);
    lbx_rows_time(rows, judged->at);
    lbx_rows_text(rows, judged->comment);
    lbx_project_place(rows, seen->record);
    const struct operation operation = decision_operation((enum lbx_verdict)judged->verdict);
    add_activity(seen, &operation, lbx_verdict_names[judged->verdict], judged->request_id, NULL);
    return NULL;
}

/* ---- tenants ---- */

static const char *tenant_operation(enum lbx_change change) {
    switch (change) {
    case LBX_CHANGE_SUBSCRIPTION_ADDED:
        return "Add Lockbox Subscription";
    case LBX_CHANGE_SUBSCRIPTION_REMOVED:
        return "Remove Lockbox Subscription";
    case LBX_CHANGE_ROLE_ASSIGNED:
        return "Assign Lockbox Role";
    case LBX_CHANGE_ROLE_REMOVED:
        return "Remove Lockbox Role";
    case LBX_CHANGE_LOCKBOX_ENABLED:
        return "Enable Lockbox";
    case LBX_CHANGE_LOCKBOX_DISABLED:
        return "Disable Lockbox";
    case LBX_CHANGE_CONTACTS_SET:
        return "Set Lockbox Contacts";
    case LBX_CHANGE_POLICY_SET:
        return "Set Lockbox Policy";
    case LBX_CHANGE_APPROVER_KEY_SET:
        return "Set Lockbox Approver Key";
    case LBX_CHANGE_NONE:
    case LBX_CHANGE_END:
        break;
    }
    return NULL;
}

static void add_owner(const struct lbx_seen *seen, const struct lbx_tenant_changed *change) {
    struct lbx_rows *rows = &seen->models->owners;
    lbx_rows_text(rows, change->subscription_id);
    lbx_rows_time(rows, change->at);
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_text(rows, change->tenant_id);
    add_bool(rows, change->change == LBX_CHANGE_SUBSCRIPTION_ADDED);
    lbx_project_place(rows, seen->record);
    lbx_rows_text(&seen->models->moved, change->subscription_id);
    lbx_rows_time(&seen->models->moved, change->at);
}

static const char *project_tenant(const struct lbx_seen *seen) {
    const struct lbx_tenant_changed *change = seen->event->data;
    struct operation operation = {tenant_operation((enum lbx_change)change->change), "Succeeded",
                                  INFORMATIONAL};
    if (change->change == LBX_CHANGE_LOCKBOX_DISABLED)
        operation.level = WARNING;
    if (seen->event->type == LBX_EVENT_TENANT_CHANGE_REFUSED) {
        operation.status = "Failed";
        operation.level = WARNING;
    } else if (change->subscription_id && (change->change == LBX_CHANGE_SUBSCRIPTION_ADDED ||
                                           change->change == LBX_CHANGE_SUBSCRIPTION_REMOVED)) {
        add_owner(seen, change);
    }
    add_activity(seen, &operation, lbx_refusal_names[change->reason], NULL,
                 change->subscription_id);
    return NULL;
}

/* ---- mails ---- */

static const char *project_notification(const struct lbx_seen *seen) {
    const struct lbx_notification_outcome *outcome = seen->event->data;
    struct lbx_rows *rows = &seen->models->notifications;
    lbx_rows_text(rows, outcome->notification_id);
    lbx_rows_text(rows, outcome->request_id);
    lbx_rows_int(rows, outcome->version);
    lbx_rows_text(rows, outcome->tenant_id);
    lbx_rows_text(rows, lbx_mail_kind_names[outcome->kind]);
    lbx_rows_text(rows, outcome->recipient);
    lbx_rows_text(rows, seen->event->type == LBX_EVENT_NOTIFICATION_SENT ? "sent" : "failed");
    lbx_rows_int(rows, outcome->attempts);
    lbx_rows_text(rows, outcome->smtp_reply);
    lbx_rows_text(rows, outcome->message_id);
    lbx_rows_time(rows, outcome->at);
    lbx_rows_text(rows, seen->event->id);
    lbx_project_place(rows, seen->record);
    return NULL;
}

/* ---- rejected records ---- */

static const char *project_quarantine(const struct lbx_seen *seen) {
    static const struct operation replayed = {"Replay Rejected Record", "Succeeded", INFORMATIONAL},
                                  discarded = {"Discard Rejected Record", "Succeeded", WARNING};
    bool again = seen->event->type == LBX_EVENT_QUARANTINE_REPLAYED;
    add_activity(seen, again ? &replayed : &discarded, NULL, NULL, NULL);
    return NULL;
}

/* ---- accesses ---- */

static const char *project_access(const struct lbx_seen *seen) {
    const struct lbx_access_performed *access = seen->event->data;
    struct lbx_rows *rows = &seen->models->accesses;
    struct lbx_buf identity LBX_BUF = {0};
    unsigned char hash[LBX_SHA256_SIZE];
    lbx_event_identity(seen->record, &identity);
    lbx_sha256(identity.data, identity.len, hash);
    lbx_rows_time(rows, access->performed_at);
    lbx_rows_bytes(rows, hash, sizeof hash);
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_text(rows, seen->event->source);
    lbx_rows_text(rows, access->engineer_id);
    lbx_rows_text(rows, access->resource_id);
    lbx_rows_text(rows, access->action);
    lbx_rows_text(rows, access->namespace);
    lbx_rows_text(rows, access->kind);
    lbx_rows_text(rows, access->name);
    lbx_rows_text(rows, lbx_outcome_names[access->outcome]);
    lbx_rows_text(rows, access->request_id);
    lbx_project_place(rows, seen->record);
    return NULL;
}

/* ---- all of them ---- */

/* Events in are recorded, and in no model but for accesses. */
const char *lbx_project(const struct lbx_seen *seen) {
    const struct lbx_event_type_info *info = lbx_event_type_info(seen->event->type);
    if (info->topic != LBX_TOPIC_EVENTS && info->topic != LBX_TOPIC_ACCESSES)
        return NULL;
    switch (info->family) {
    case LBX_FAMILY_REQUEST:
        return project_request(seen);
    case LBX_FAMILY_DECISION:
        return project_decision(seen);
    case LBX_FAMILY_TENANT:
        return project_tenant(seen);
    case LBX_FAMILY_NOTIFICATION:
        return project_notification(seen);
    case LBX_FAMILY_QUARANTINE:
        return project_quarantine(seen);
    case LBX_FAMILY_ACCESS:
        return project_access(seen);
    case LBX_FAMILY_TICKET:
        break;
    }
    return NULL;
}
