/* Which events make which mails, and for whom. */
#include "notifier.h"

#include "base/text.h"
#include "event/request_event.h"

#include <string.h>
#include <strings.h>

/* The ledger gives up on news this long after it. */
#define NEWS_IS_OLD_US (INT64_C(24) * 3600 * 1000000)

/* Which kind of mail an event makes; LBX_MAIL_NONE: none. */
static enum lbx_mail_kind kind_of(enum lbx_event_type type) {
    return lbx_event_type_info(type)->family == LBX_FAMILY_REQUEST ? lbx_request_event(type)->mail
                                                                   : LBX_MAIL_NONE;
}

struct post {
    struct lbx_rows *notices, *queue;
    struct lbx_map addressed; /* request, version, kind, address without case: once each */
};

static void address(struct lbx_batch *batch, const struct lbx_request *request,
                    enum lbx_mail_kind kind, const char *audience, const char *email) {
    struct post *post = batch->state;
    struct lbx_unit *unit = &batch->unit;
    if (!email)
        return;
    const char *lower = lbx_lower_all(lbx_arena_strdup(batch->arena, email));
    const char *version = lbx_arena_printf(batch->arena, "%lld", (long long)request->version);
    const char *key =
        LBX_MAP_KEY(batch->arena, request->request_id, version, lbx_mail_kind_names[kind], lower);
    if (lbx_map_get(&post->addressed, key))
        return;
    lbx_map_set(&post->addressed, key, post);

    const char *id = lbx_unit_uuid(unit);
    const char *domain = strrchr(batch->worker->settings.mail_from, '@');
    lbx_rows_text(post->queue, id);
    lbx_rows_text(post->queue, request->request_id);
    lbx_rows_int(post->queue, request->version);
    lbx_rows_text(post->queue, lbx_mail_kind_names[kind]);
    lbx_rows_text(post->queue, email);
    lbx_rows_text(post->queue, audience);
    lbx_rows_text(post->queue, request->tenant_id);
    lbx_rows_time(post->queue, request->state == LBX_STATE_CUSTOMER_NOTIFIED
                                   ? request->decide_by
                                   : unit->now + NEWS_IS_OLD_US);
    lbx_rows_text(post->queue,
                  lbx_arena_printf(batch->arena, "<%s@%s>", id, domain ? domain + 1 : "localhost"));
}

static bool has_voted(const struct lbx_request *request, const char *id) {
    for (size_t i = 0; i < request->decision_count; i++)
        if (strcmp(request->decisions[i].by.id, id) == 0)
            return true;
    return false;
}

static void post_request(struct lbx_batch *batch, const struct lbx_event *event) {
    struct post *post = batch->state;
    const struct lbx_request_changed *changed = event->data;
    const struct lbx_request *request = &changed->request;
    enum lbx_mail_kind kind = kind_of(event->type);
    struct lbx_buf snapshot LBX_BUF = {0};
    lbx_fields_write(&lbx_request_table, request, &snapshot);
    lbx_rows_text(post->notices, request->request_id);
    lbx_rows_int(post->notices, request->version);
    lbx_rows_text(post->notices, event->id);
    lbx_rows_text(post->notices, event->traceparent);
    lbx_rows_text(post->notices, snapshot.data);
    for (size_t i = 0; i < request->approver_count; i++)
        if (kind != LBX_MAIL_REMINDER || !has_voted(request, request->approvers[i].principal.id))
            address(batch, request, kind, "approver", request->approvers[i].principal.email);
    for (size_t i = 0; kind != LBX_MAIL_REMINDER && i < request->alternate_count; i++)
        address(batch, request, kind, "alternate", request->alternate_emails[i]);
    if (kind == LBX_MAIL_OUTCOME)
        address(batch, request, kind, "engineer", request->engineer.email);
}

enum lbx_err notifier_decide(struct lbx_batch *batch) {
    struct post *post = LBX_ARENA_NEW(batch->arena, struct post);
    post->notices = lbx_unit_rows(&batch->unit, 5);
    post->queue = lbx_unit_rows(&batch->unit, 9);
    lbx_map_init(&post->addressed, batch->arena);
    batch->state = post;
    for (size_t i = 0; i < batch->count; i++) {
        const struct lbx_input_event *input = &batch->inputs[i];
        if (input->status == LBX_INPUT_NEW && kind_of(input->event.type) != LBX_MAIL_NONE)
            post_request(batch, &input->event);
    }
    return LBX_OK;
}

void notifier_save(struct lbx_batch *batch, struct lbx_calls *calls) {
    const struct post *post = batch->state;
    lbx_rows_call(post->notices, calls, &sql_notifier_keep_notices, 0, NULL);
    lbx_rows_call(post->queue, calls, &sql_notifier_queue, 0, NULL);
}
