#include "models/project.h"

#include "base/time.h"
#include "base/uuid.h"
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
    const struct lbx_event_glance *glance = seen->glance;
    lbx_rows_text(rows, seen->event->id);
    lbx_rows_time(rows, seen->event->time);
    lbx_project_timestamp(rows, seen->record);
    lbx_rows_text(rows, operation->name);
    lbx_rows_text(rows, operation->status);
    lbx_rows_text(rows, sub_status);
    lbx_rows_text(rows, operation->level);
    lbx_rows_text(rows, glance->actor ? glance->actor : "lockbox");
    lbx_rows_text(rows, request_id);
    lbx_rows_text(rows, glance->tenant_id);
    lbx_rows_text(rows, subscription_id);
    lbx_project_place(rows, seen->record);
}

/* ---- requests ---- */

static const struct operation request_operations[LBX_EVENT_COUNT] = {
    [LBX_EVENT_REQUEST_CREATED] = {"Create Lockbox Request", "Started", INFORMATIONAL},
    [LBX_EVENT_REQUEST_REFUSED] = {"Create Lockbox Request", "Failed", WARNING},
    [LBX_EVENT_REQUEST_NOT_REQUIRED] = {"Lockbox Not Required", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_APPROVAL_RECORDED] = {"Record Lockbox Approval", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_APPROVED] = {"Approve Lockbox Request", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_DENIED] = {"Deny Lockbox Request", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_EXPIRED] = {"Lockbox Request Expiry", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_CANCELLED] = {"Cancel Lockbox Request", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_COMPLETED] = {"Lockbox Access Expiry", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_REVOKED] = {"Revoke Lockbox Access", "Succeeded", WARNING},
    [LBX_EVENT_REQUEST_REMINDER_DUE] = {"Lockbox Request Reminder", "Succeeded", INFORMATIONAL},
    [LBX_EVENT_REQUEST_EMERGENCY] = {"Start Lockbox Emergency Access", "Succeeded", WARNING},
    [LBX_EVENT_REQUEST_ACKNOWLEDGED] = {"Acknowledge Lockbox Emergency Access", "Succeeded",
                                        INFORMATIONAL},
    [LBX_EVENT_REQUEST_UNACKNOWLEDGED] = {"Lockbox Emergency Acknowledgement Expiry", "Failed",
                                          WARNING},
};

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
        lbx_fields_write(&lbx_request_item_table, &request->actions[i], &text);
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
    lbx_rows_text(rows, seen->glance->actor);
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
    add_activity(seen, &request_operations[seen->event->type], lbx_refusal_names[request->reason],
                 request->request_id, request->subscription_id);
    return NULL;
}

/* ---- decisions ---- */

static const struct operation decision_operations[LBX_VERDICT_END] = {
    [LBX_VERDICT_APPLIED] = {"Judge Lockbox Decision", "Succeeded", INFORMATIONAL},
    [LBX_VERDICT_RECORDED] = {"Judge Lockbox Decision", "Succeeded", INFORMATIONAL},
    [LBX_VERDICT_DUPLICATE] = {"Judge Lockbox Decision", "Failed", INFORMATIONAL},
    [LBX_VERDICT_LATE] = {"Judge Lockbox Decision", "Failed", INFORMATIONAL},
    [LBX_VERDICT_CONFLICT] = {"Judge Lockbox Decision", "Failed", INFORMATIONAL},
    [LBX_VERDICT_NOT_AN_APPROVER] = {"Judge Lockbox Decision", "Failed", WARNING},
    [LBX_VERDICT_SELF_APPROVAL] = {"Judge Lockbox Decision", "Failed", WARNING},
    [LBX_VERDICT_WIDENS] = {"Judge Lockbox Decision", "Failed", WARNING},
    [LBX_VERDICT_UNKNOWN_REQUEST] = {"Judge Lockbox Decision", "Failed", WARNING},
    [LBX_VERDICT_BAD_SIGNATURE] = {"Judge Lockbox Decision", "Failed", WARNING},
};

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
    add_activity(seen, &decision_operations[judged->verdict], lbx_verdict_names[judged->verdict],
                 judged->request_id, NULL);
    return NULL;
}

/* ---- tenants ---- */

static const struct operation tenant_operations[LBX_CHANGE_END] = {
    [LBX_CHANGE_SUBSCRIPTION_ADDED] = {"Add Lockbox Subscription", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_SUBSCRIPTION_REMOVED] = {"Remove Lockbox Subscription", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_ROLE_ASSIGNED] = {"Assign Lockbox Role", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_ROLE_REMOVED] = {"Remove Lockbox Role", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_LOCKBOX_ENABLED] = {"Enable Lockbox", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_LOCKBOX_DISABLED] = {"Disable Lockbox", "Succeeded", WARNING},
    [LBX_CHANGE_CONTACTS_SET] = {"Set Lockbox Contacts", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_POLICY_SET] = {"Set Lockbox Policy", "Succeeded", INFORMATIONAL},
    [LBX_CHANGE_APPROVER_KEY_SET] = {"Set Lockbox Approver Key", "Succeeded", INFORMATIONAL},
};

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
    struct operation operation = tenant_operations[change->change];
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

/* A type without one is recorded, and in no model. */
typedef const char *(*project_fn)(const struct lbx_seen *seen);

static const project_fn projections[LBX_EVENT_COUNT] = {
    [LBX_EVENT_REQUEST_CREATED] = project_request,
    [LBX_EVENT_REQUEST_REFUSED] = project_request,
    [LBX_EVENT_REQUEST_NOT_REQUIRED] = project_request,
    [LBX_EVENT_REQUEST_APPROVAL_RECORDED] = project_request,
    [LBX_EVENT_REQUEST_APPROVED] = project_request,
    [LBX_EVENT_REQUEST_DENIED] = project_request,
    [LBX_EVENT_REQUEST_EXPIRED] = project_request,
    [LBX_EVENT_REQUEST_CANCELLED] = project_request,
    [LBX_EVENT_REQUEST_COMPLETED] = project_request,
    [LBX_EVENT_REQUEST_REVOKED] = project_request,
    [LBX_EVENT_REQUEST_REMINDER_DUE] = project_request,
    [LBX_EVENT_REQUEST_EMERGENCY] = project_request,
    [LBX_EVENT_REQUEST_ACKNOWLEDGED] = project_request,
    [LBX_EVENT_REQUEST_UNACKNOWLEDGED] = project_request,
    [LBX_EVENT_DECISION_JUDGED] = project_decision,
    [LBX_EVENT_TENANT_CHANGED] = project_tenant,
    [LBX_EVENT_TENANT_CHANGE_REFUSED] = project_tenant,
    [LBX_EVENT_NOTIFICATION_SENT] = project_notification,
    [LBX_EVENT_NOTIFICATION_FAILED] = project_notification,
    [LBX_EVENT_QUARANTINE_REPLAYED] = project_quarantine,
    [LBX_EVENT_QUARANTINE_DISCARDED] = project_quarantine,
    [LBX_EVENT_ACCESS_PERFORMED] = project_access,
};

const char *lbx_project(const struct lbx_seen *seen) {
    project_fn project = projections[seen->event->type];
    return project ? project(seen) : NULL;
}
