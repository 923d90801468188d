/* Turns events into mails for recipients: rows of the ledger, saved with the batch. Promises one
 * mail for each recipient, kind and request version. Fails only with the batch's statements. */
#include "notifier.h"

#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"
#include "event/request_event.h"

#include <stdlib.h>
#include <string.h>

/* Age at which the ledger gives up a mail about news. */
#define NEWS_IS_OLD_US (INT64_C(24) * 3600 * 1000000)

/* The kind of mail for an event; LBX_MAIL_NONE: none. */
static enum lbx_mail_kind kind_of(enum lbx_event_type type) {
    return lbx_event_type_info(type)->family == LBX_FAMILY_REQUEST ? lbx_request_event(type)->mail
                                                                   : LBX_MAIL_NONE;
}

/* The mails of a batch. */
struct lbx_batch_state {
    struct lbx_pg_arrays *notices, *mails, *hooks, *told;
    struct lbx_map queued; /* by notice, version, kind and address in lower case */
};

/* Members that the mails of one event share. */
struct news {
    const char *notice_id;  /* id of the request or of the tenant's event */
    const char *request_id; /* NULL: about a tenant */
    const char *tenant_id;
    const char *subscription_id; /* NULL: about the whole tenant */
    int64_t version, give_up_at;
};

static const char *message_id_of(const struct lbx_batch *batch, const char *id) {
    const char *at = strrchr(batch->worker->settings.mail_from, '@');
    return lbx_arena_printf(batch->arena, "<%s@%s>", id, at ? at + 1 : "localhost");
}

static void queue_mail(struct lbx_batch *batch, const struct news *news, enum lbx_mail_kind kind,
                       const char *audience, const char *email) {
    struct lbx_batch_state *outgoing = batch->state;
    struct lbx_unit *unit = &batch->unit;
    if (!email)
        return;
    const char *lower = lbx_lower_all(lbx_arena_strdup(batch->arena, email));
    const char *version = lbx_arena_printf(batch->arena, "%lld", (long long)news->version);
    const char *key =
        LBX_MAP_KEY(batch->arena, news->notice_id, version, lbx_mail_kind_names[kind], lower);
    if (lbx_map_get(&outgoing->queued, key))
        return;
    lbx_map_set(&outgoing->queued, key, outgoing);

    const char *id = lbx_unit_uuid(unit);
    LBX_PG_ADD(outgoing->mails, notifier_queue_given, .notification_id = id,
               .notice_id = news->notice_id, .request_id = news->request_id,
               .version = news->version, .kind = lbx_mail_kind_names[kind], .recipient = email,
               .audience = audience, .tenant_id = news->tenant_id, .give_up_at = news->give_up_at,
               .message_id = message_id_of(batch, id));
}

/* Queues messages to the subscription's webhooks, which are in the database. Called after the mails, so that these keep their ids. */
static void queue_hooks(struct lbx_batch *batch, const struct news *news, enum lbx_mail_kind kind,
                        const char *audience) {
    const char *id = lbx_unit_uuid(&batch->unit);
    if (!news->tenant_id)
        return;
    LBX_PG_ADD(batch->state->hooks, notifier_queue_webhooks_given, .notification_id = id,
               .notice_id = news->notice_id, .request_id = news->request_id,
               .version = news->version, .kind = lbx_mail_kind_names[kind], .audience = audience,
               .tenant_id = news->tenant_id, .subscription_id = news->subscription_id,
               .give_up_at = news->give_up_at, .message_id = message_id_of(batch, id));
}

static bool has_voted(const struct lbx_request *request, const char *id) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (strcmp(request->decisions[i].by.id, id) == 0)
            return true;
    return false;
}

static void keep_notice(struct lbx_batch *batch, const struct news *news,
                        const struct lbx_event *event, const struct lbx_table *table,
                        const void *snapshot_of) {
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(table, snapshot_of, &snapshot);
    LBX_PG_ADD(batch->state->notices, notifier_keep_notices_given, .notice_id = news->notice_id,
               .version = news->version, .event_id = event->id, .traceparent = event->trace.parent,
               .tracestate = event->trace.state, .snapshot = snapshot.data);
}

/* Queues an event's mails. Access without approval is information to the customer, and an outcome to the engineer. */
static void queue_mails(struct lbx_batch *batch, const struct lbx_event *event) {
    const struct lbx_request_changed *changed = event->data;
    const struct lbx_request *request = &changed->request;
    const bool asks = request->state == LBX_STATE_CUSTOMER_NOTIFIED;
    const struct news news = {
        .notice_id = request->request_id,
        .request_id = request->request_id,
        .tenant_id = request->tenant_id,
        .subscription_id = request->subscription_id,
        .version = request->version,
        .give_up_at = asks ? request->decide_by : batch->unit.clock.now + NEWS_IS_OLD_US,
    };
    const enum lbx_mail_kind kind = kind_of(event->type);
    const enum lbx_mail_kind customers =
        event->type == LBX_EVENT_REQUEST_NOT_REQUIRED ? LBX_MAIL_INFORMED : kind;
    keep_notice(batch, &news, event, &lbx_request_table, request);
    for (size_t i = 0; i < request->approver_count; i++)
        if (kind != LBX_MAIL_REMINDER || !has_voted(request, request->approvers[i].principal.id))
            queue_mail(batch, &news, customers, "approver", request->approvers[i].principal.email);
    for (size_t i = 0; kind != LBX_MAIL_REMINDER && i < request->alternate_count; i++)
        queue_mail(batch, &news, customers, "alternate", request->alternate_emails[i]);
    if (kind == LBX_MAIL_OUTCOME)
        queue_mail(batch, &news, kind, "engineer", request->engineer.email);
    if (kind != LBX_MAIL_REMINDER)
        queue_hooks(batch, &news, customers, "alternate");
}

/* ---- mails about tenants ---- */

static struct news news_of_tenant(const struct lbx_batch *batch, const struct lbx_event *event,
                                  const char *tenant_id, const char *subscription_id) {
    return (struct news){
        .notice_id = event->id,
        .tenant_id = tenant_id,
        .subscription_id = subscription_id,
        .version = 1,
        .give_up_at = batch->unit.clock.now + NEWS_IS_OLD_US,
    };
}

static void tell_change(struct lbx_batch *batch, const struct lbx_event *event) {
    const struct lbx_tenant_changed *changed = event->data;
    const struct news news =
        news_of_tenant(batch, event, changed->tenant_id, changed->subscription_id);
    if (!changed->weakens || !lbx_uuid_valid(event->id))
        return;
    keep_notice(batch, &news, event, &lbx_tenant_changed_table, changed);
    for (size_t i = 0; i < changed->informed_count; i++)
        queue_mail(batch, &news, LBX_MAIL_SECURITY_CHANGE, "concerned", changed->informed[i]);
    queue_hooks(batch, &news, LBX_MAIL_SECURITY_CHANGE, "concerned");
}

static void tell_missing(struct lbx_batch *batch, const struct lbx_event *event) {
    const struct lbx_approvers_missing *missing = event->data;
    const struct news news =
        news_of_tenant(batch, event, missing->tenant_id, missing->subscription_id);
    if (!lbx_uuid_valid(event->id))
        return;
    keep_notice(batch, &news, event, &lbx_approvers_missing_table, missing);
    for (size_t i = 0; i < missing->informed_count; i++)
        queue_mail(batch, &news, LBX_MAIL_APPROVERS_MISSING, "concerned", missing->informed[i]);
    queue_hooks(batch, &news, LBX_MAIL_APPROVERS_MISSING, "concerned");
}

static void tell(struct lbx_batch *batch, const struct lbx_event *event) {
    if (event->type == LBX_EVENT_TENANT_CHANGED)
        tell_change(batch, event);
    else if (event->type == LBX_EVENT_TENANT_APPROVERS_MISSING)
        tell_missing(batch, event);
    else if (kind_of(event->type) != LBX_MAIL_NONE)
        queue_mails(batch, event);
}

/* Sets the event as the cause, and not the record: if the event is published twice, its mails have the same Message-IDs. */
static void begin(struct lbx_unit *unit, const struct lbx_event *event) {
    lbx_unit_cause(unit, event->time, (const char *const[]){event->source, event->id, NULL});
}

/* Notes a version in an event that the database does not have: it was restored from an older state. */
static void note_told(struct lbx_batch *batch, const struct lbx_input_event *input) {
    const struct lbx_record *record = input->record;
    const struct lbx_event *event = &input->event;
    if (lbx_event_type_info(event->type)->family == LBX_FAMILY_REQUEST && event->subject &&
        lbx_uuid_valid(event->subject) && event->sequence)
        LBX_PG_ADD(batch->state->told, notifier_told_ahead_told, .topic = record->topic_name,
                   .partition = record->partition, .offset = record->offset,
                   .request_id = event->subject, .version = strtoll(event->sequence, NULL, 10));
}

enum lbx_err notifier_decide(struct lbx_batch *batch) {
    struct lbx_batch_state *outgoing = LBX_ARENA_NEW(batch->arena, struct lbx_batch_state);
    outgoing->notices = lbx_unit_rows(&batch->unit);
    outgoing->mails = lbx_unit_rows(&batch->unit);
    outgoing->hooks = lbx_unit_rows(&batch->unit);
    outgoing->told = lbx_unit_rows(&batch->unit);
    lbx_map_init(&outgoing->queued, batch->arena);
    batch->state = outgoing;
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        if (input->status != LBX_INPUT_NEW)
            continue;
        note_told(batch, input);
        begin(&batch->unit, &input->event);
        tell(batch, &input->event);
    }
    return LBX_OK;
}

void notifier_save(struct lbx_batch *batch, struct lbx_pg_pipeline *calls) {
    const struct lbx_batch_state *outgoing = batch->state;
    LBX_PG_CALL(calls, notifier_keep_notices, .given = outgoing->notices);
    char within[LBX_DURATION_SIZE];
    const struct lbx_settings *settings = &batch->worker->settings;
    lbx_duration_format(settings->mail_digest_within, within);
    LBX_PG_CALL(calls, notifier_queue, .given = outgoing->mails,
                .digest_after = settings->mail_digest_after,
                .digest_within = lbx_arena_strdup(batch->arena, within));
    LBX_PG_CALL(calls, notifier_queue_webhooks, .given = outgoing->hooks);
    LBX_PG_CALL(calls, notifier_told_ahead, .told = outgoing->told,
                .consumer = batch->unit.consumer);
}
