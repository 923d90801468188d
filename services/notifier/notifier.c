/* Which events make which mails, for which recipients: rows of the ledger, saved with the batch.
 * One mail for each recipient, kind and request version. Only the statements can fail, with the
 * batch. */
#include "notifier.h"

#include "base/text.h"
#include "event/request_event.h"

#include <string.h>

/* The ledger gives up on news this long after it. */
#define NEWS_IS_OLD_US (INT64_C(24) * 3600 * 1000000)

/* Which kind of mail an event makes; LBX_MAIL_NONE: none. */
static enum lbx_mail_kind kind_of(enum lbx_event_type type) {
    return lbx_event_type_info(type)->family == LBX_FAMILY_REQUEST ? lbx_request_event(type)->mail
                                                                   : LBX_MAIL_NONE;
}

/* The mails to send. */
struct lbx_batch_state {
    struct lbx_rows *notices, *mails;
    struct lbx_map queued; /* by request, version, kind and address in lower case */
};

static void queue_mail(struct lbx_batch *batch, const struct lbx_request *request,
                       enum lbx_mail_kind kind, const char *audience, const char *email) {
    struct lbx_batch_state *outgoing = batch->state;
    struct lbx_unit *unit = &batch->unit;
    if (!email)
        return;
    const char *lower = lbx_lower_all(lbx_arena_strdup(batch->arena, email));
    const char *version = lbx_arena_printf(batch->arena, "%lld", (long long)request->version);
    const char *key =
        LBX_MAP_KEY(batch->arena, request->request_id, version, lbx_mail_kind_names[kind], lower);
    if (lbx_map_get(&outgoing->queued, key))
        return;
    lbx_map_set(&outgoing->queued, key, outgoing);

    const char *id = lbx_unit_uuid(unit);
    const char *at = strrchr(batch->worker->settings.mail_from, '@');
    const bool asks = request->state == LBX_STATE_CUSTOMER_NOTIFIED;
    LBX_PG_ADD(outgoing->mails, notifier_queue_given, .notification_id = id,
               .request_id = request->request_id, .version = request->version,
               .kind = lbx_mail_kind_names[kind], .recipient = email, .audience = audience,
               .tenant_id = request->tenant_id,
               .give_up_at = asks ? request->decide_by : unit->now + NEWS_IS_OLD_US,
               .message_id =
                   lbx_arena_printf(batch->arena, "<%s@%s>", id, at ? at + 1 : "localhost"));
}

static bool has_voted(const struct lbx_request *request, const char *id) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (strcmp(request->decisions[i].by.id, id) == 0)
            return true;
    return false;
}

static void queue_mails(struct lbx_batch *batch, const struct lbx_event *event) {
    struct lbx_batch_state *outgoing = batch->state;
    const struct lbx_request_changed *changed = event->data;
    const struct lbx_request *request = &changed->request;
    enum lbx_mail_kind kind = kind_of(event->type);
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_json_write(&lbx_request_table, request, &snapshot);
    LBX_PG_ADD(outgoing->notices, notifier_keep_notices_given, .request_id = request->request_id,
               .version = request->version, .event_id = event->id,
               .traceparent = event->traceparent, .snapshot = snapshot.data);
    for (size_t i = 0; i < request->approver_count; i++)
        if (kind != LBX_MAIL_REMINDER || !has_voted(request, request->approvers[i].principal.id))
            queue_mail(batch, request, kind, "approver", request->approvers[i].principal.email);
    for (size_t i = 0; kind != LBX_MAIL_REMINDER && i < request->alternate_count; i++)
        queue_mail(batch, request, kind, "alternate", request->alternate_emails[i]);
    if (kind == LBX_MAIL_OUTCOME)
        queue_mail(batch, request, kind, "engineer", request->engineer.email);
}

enum lbx_err notifier_decide(struct lbx_batch *batch) {
    struct lbx_batch_state *outgoing = LBX_ARENA_NEW(batch->arena, struct lbx_batch_state);
    outgoing->notices = lbx_unit_rows(&batch->unit);
    outgoing->mails = lbx_unit_rows(&batch->unit);
    lbx_map_init(&outgoing->queued, batch->arena);
    batch->state = outgoing;
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        if (input->status == LBX_INPUT_NEW && kind_of(input->event.type) != LBX_MAIL_NONE)
            queue_mails(batch, &input->event);
    }
    return LBX_OK;
}

void notifier_save(struct lbx_batch *batch, struct lbx_calls *calls) {
    const struct lbx_batch_state *outgoing = batch->state;
    LBX_PG_CALL(calls, notifier_keep_notices, .given = outgoing->notices);
    LBX_PG_CALL(calls, notifier_queue, .given = outgoing->mails);
}
