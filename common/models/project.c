/* Converts each event to rows of the read models, by the event's family. Fails with a reason,
 * and without rows, where an event cannot be converted. */
#include "models/project.h"

#include "base/time.h"
#include "base/uuid.h"
#include "core/request.h"
#include "event/request_event.h"
#include "io/hash.h"
#include "sql_models.h"

/* The record's topic, partition and offset: columns of each model. */
#define PLACE_OF(record)                                                                           \
    .topic = lbx_record_log(record), .partition = (record)->partition, .offset = (record)->offset

int64_t lbx_project_timestamp(const struct lbx_record *record) {
    return lbx_record_time(record) / 1000;
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
    const struct lbx_event_summary *summary = seen->summary;
    LBX_PG_ADD(&seen->models->activities, models_save_activities_given, .event_id = seen->event->id,
               .at = seen->event->time, .kafka_ms = lbx_project_timestamp(seen->record),
               .operation = operation->name, .status = operation->status, .sub_status = sub_status,
               .level = operation->level, .caller = summary->actor ? summary->actor : "lockbox",
               .request_id = request_id, .tenant_id = summary->tenant_id,
               .subscription_id = subscription_id, PLACE_OF(seen->record));
}

/* ---- requests ---- */

/* The voter who revoked, which is not always the last: an acknowledgement may follow. */
static const char *revoked_by(const struct lbx_request *request) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (request->decisions[i].decision == LBX_DECISION_REVOKE)
            return request->decisions[i].by.id;
    return NULL;
}

static const char *ended_how(const struct lbx_request *request) {
    if (request->state == LBX_STATE_COMPLETED)
        return "time";
    if (request->state != LBX_STATE_REVOKED)
        return NULL;
    return revoked_by(request) ? "decision" : "ticket";
}

static const char *ended_by(const struct lbx_request *request) {
    const char *voter = request->state == LBX_STATE_REVOKED ? revoked_by(request) : NULL;
    return voter ? voter : ended_how(request);
}

static void write_actions(const struct lbx_request *request, struct lbx_buf *text) {
    lbx_buf_char(text, '[');
    for (size_t i = 0; i < request->action_count; i++) {
        if (i > 0)
            lbx_buf_char(text, ',');
        lbx_json_write(&lbx_request_item_table, &request->actions[i], text);
    }
    lbx_buf_char(text, ']');
}

static void add_request(const struct lbx_seen *seen, const struct lbx_request *r) {
    struct lbx_buf actions LBX_BUF = {0};
    write_actions(r, &actions);
    LBX_PG_ADD(
        &seen->models->requests, models_save_requests_given, .request_id = r->request_id,
        .version = r->version, .state = lbx_state_names[r->state], .tenant_id = r->tenant_id,
        .subscription_id = r->subscription_id, .ticket_id = r->ticket_id,
        .engineer_id = r->engineer.id, .engineer_email = r->engineer.email,
        .engineer_name = r->engineer.name, .organization = r->engineer.organization,
        .resource_id = r->resource_id, .actions = actions.data, .justification = r->justification,
        .reason_code = r->reason_code, .duration_us = r->duration,
        .approvals_needed = r->approvals_needed, .created_at = r->created_at,
        .decide_by = r->decide_by, .starts_at = r->starts_at, .expires_at = r->expires_at,
        .ended_at = r->ended_at, .ended_by = ended_by(r), .ended_how = ended_how(r),
        .reason = lbx_refusal_names[r->reason], .reason_item = r->reason_item,
        .extends = r->extends, .authorized_by = r->authorized_by.id, .incident_id = r->incident_id,
        .acknowledge_by = r->acknowledge_by, .acknowledged_at = r->acknowledged_at,
        .unacknowledged = r->unacknowledged, .digest = r->digest, .basis = lbx_request_basis(r),
        .access_until = lbx_request_access_end(r), PLACE_OF(seen->record));
}

static void add_version(const struct lbx_seen *seen, const struct lbx_request_changed *changed) {
    const struct lbx_request *r = &changed->request;
    LBX_PG_ADD(
        &seen->models->versions, models_save_versions_given, .request_id = r->request_id,
        .version = r->version, .event_id = seen->event->id, .at = seen->event->time,
        .type = lbx_event_type_info(seen->event->type)->name, .state = lbx_state_names[r->state],
        .previous_state = lbx_state_names[changed->previous_state], .actor = seen->summary->actor,
        .caused_by = seen->event->causationid, .tenant_id = r->tenant_id, PLACE_OF(seen->record));
}

/* Adds an item of a request, with access_check's columns. */
static void add_item(const struct lbx_seen *seen, const struct lbx_request *r,
                     const struct lbx_item *item) {
    LBX_PG_ADD(&seen->models->items, models_save_items_given, .request_id = r->request_id,
               .number = item->number, .version = r->version, .tenant_id = r->tenant_id,
               .engineer_id = r->engineer.id, .resource_id = r->resource_id, .action = item->action,
               .namespace = item->namespace, .kind = item->kind, .name = item->name,
               .container = item->container, .starts_at = r->starts_at, .expires_at = r->expires_at,
               .access_until = lbx_request_access_end(r), .basis = lbx_request_basis(r),
               .api_version = item->content.api_version, .content_digest = item->content.digest,
               .previous_digest = item->content.previous_digest, .changes = item->content.changes,
               PLACE_OF(seen->record));
}

static void add_items(const struct lbx_seen *seen, const struct lbx_request *r) {
    for (size_t i = 0; r->expires_at && i < r->action_count; i++)
        if (r->actions[i].kept)
            add_item(seen, r, &r->actions[i]);
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
    case LBX_VERDICT_MALFORMED:
    case LBX_VERDICT_NONE:
    case LBX_VERDICT_END:
        break;
    }
    return operation;
}

static const char *project_decision(const struct lbx_seen *seen) {
    const struct lbx_decision_judged *judged = seen->event->data;
    LBX_PG_ADD(&seen->models->decisions, models_save_decisions_given, .event_id = seen->event->id,
               .decision_id = seen->event->causationid, .request_id = judged->request_id,
               .tenant_id = judged->tenant_id, .decision = lbx_decision_names[judged->decision],
               .verdict = lbx_verdict_names[judged->verdict], .by_id = judged->by.id,
               .by_email = judged->by.email, .by_name = judged->by.name, .at = judged->at,
               .comment = judged->comment, PLACE_OF(seen->record));
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
    LBX_PG_ADD(&seen->models->owners, models_save_owners_given,
               .subscription_id = change->subscription_id, .at = change->at,
               .event_id = seen->event->id, .tenant_id = change->tenant_id,
               .owned = change->change == LBX_CHANGE_SUBSCRIPTION_ADDED, PLACE_OF(seen->record));
}

static const char *project_missing(const struct lbx_seen *seen) {
    const struct lbx_approvers_missing *missing = seen->event->data;
    static const struct operation operation = {"Lockbox Approvers Missing", "Failed", WARNING};
    add_activity(seen, &operation, lbx_cause_names[missing->cause], NULL, missing->subscription_id);
    return NULL;
}

static const char *project_tenant(const struct lbx_seen *seen) {
    if (seen->event->type == LBX_EVENT_TENANT_APPROVERS_MISSING)
        return project_missing(seen);
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
    LBX_PG_ADD(&seen->models->notifications, models_save_notifications_given,
               .notification_id = outcome->notification_id, .request_id = outcome->request_id,
               .version = outcome->version, .tenant_id = outcome->tenant_id,
               .kind = lbx_mail_kind_names[outcome->kind], .recipient = outcome->recipient,
               .outcome = seen->event->type == LBX_EVENT_NOTIFICATION_SENT ? "sent" : "failed",
               .attempts = outcome->attempts, .smtp_reply = outcome->smtp_reply,
               .message_id = outcome->message_id, .at = outcome->at, .event_id = seen->event->id,
               PLACE_OF(seen->record));
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

/* ---- operators ---- */

static const char *project_operator(const struct lbx_seen *seen) {
    static const struct operation refused = {"Refuse Row", "Failed", WARNING},
                                  skipped = {"Step Over Records", "Succeeded", WARNING},
                                  accepted = {"Accept Replaced Log", "Succeeded", WARNING};
    switch ((enum lbx_operator_event)seen->event->type) {
    case LBX_OPERATOR_EVENT_ROW_REFUSED:
        add_activity(seen, &refused, NULL, NULL, NULL);
        break;
    case LBX_OPERATOR_EVENT_PARTITION_SKIPPED:
        add_activity(seen, &skipped, NULL, NULL, NULL);
        break;
    case LBX_OPERATOR_EVENT_PARTITION_ACCEPTED:
        add_activity(seen, &accepted, NULL, NULL, NULL);
        break;
    }
    return NULL;
}

/* ---- accesses ---- */

static const char *project_access(const struct lbx_seen *seen) {
    const struct lbx_access_performed *access = seen->event->data;
    struct lbx_buf identity LBX_BUF = {0};
    unsigned char hash[LBX_SHA256_SIZE];
    if (!access->action && !access->resource)
        return "/data/action: missing";
    if (access->audit_id) { /* begin and end of one access share an audit id */
        lbx_buf_field_str(&identity, seen->event->source);
        lbx_buf_field_str(&identity, access->audit_id);
    } else {
        lbx_event_identity(seen->record, &identity);
    }
    lbx_sha256(identity.data, identity.len, hash);
    LBX_PG_ADD(&seen->models->accesses, models_save_accesses_given,
               .performed_at = access->performed_at, .identity = {hash, sizeof hash},
               .event_id = seen->event->id, .source = seen->event->source,
               .engineer_id = access->engineer_id, .resource_id = access->resource_id,
               .action = access->action, .namespace = access->namespace, .kind = access->kind,
               .name = access->name, .outcome = lbx_outcome_names[access->outcome],
               .request_id = access->request_id, .resource = access->resource, .verb = access->verb,
               .code = access->code, .container = access->container, .dry_run = access->dry_run,
               .user_agent = access->user_agent, .reported_by = access->reported_by,
               .audit_id = access->audit_id, .bypass = access->bypass, PLACE_OF(seen->record));
    return NULL;
}

/* ---- all families ---- */

/* Adds the rows of an event. Events of input topics have none, except accesses. */
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
    case LBX_FAMILY_OPERATOR:
        return project_operator(seen);
    case LBX_FAMILY_TICKET:
        break;
    }
    return NULL;
}
