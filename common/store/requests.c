/* Reads and writes requests as rows. Promises that access is opened once, and its end only moves
 * earlier; and that steps by time write neither access nor columns that were not read. Fails: a
 * row that this program cannot read is logged, counted and skipped. */
#include "store/requests.h"

#include "core/item.h"
#include "event/signature.h"
#include "sql_store.h"
#include "store/request_text.h"

#include <string.h>

/* ---- loading ---- */

size_t lbx_requests_load(struct lbx_pg_arrays *ids, struct lbx_pg_arrays *tickets,
                         struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls) {
    return LBX_PG_CALL(calls, store_load_requests, .request_id = ids, .ticket_id = tickets,
                       .subscription_id = subscriptions);
}

size_t lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                         struct lbx_map *by_id, struct lbx_map *unreadable) {
    size_t left_out = 0;
    size_t count = lbx_pg_row_count(pg, call);
    for (size_t i = 0; i < count; i++) {
        const struct sql_store_load_requests_answer it =
            LBX_PG_READ(pg, call, i, store_load_requests, NULL);
        struct lbx_stored_request *stored = LBX_ARENA_NEW(arena, struct lbx_stored_request);
        enum lbx_err err = lbx_request_text_read(&lbx_request_table, it.request_id, it.request,
                                                 arena, &stored->request);
        if (err != LBX_OK) {
            left_out++;
            if (unreadable)
                lbx_map_set(unreadable, lbx_arena_strdup(arena, it.request_id), stored);
            continue;
        }
        stored->loaded = LBX_REQUEST_WHOLE;
        stored->access_end = lbx_request_access_end(&stored->request);
        stored->starts_asked = it.starts_asked;
        stored->trace = lbx_trace_of(lbx_arena_strdup(arena, it.traceparent),
                                     lbx_arena_strdup(arena, it.tracestate));
        stored->votes = stored->request.decision_count;
        lbx_map_set(by_id, stored->request.request_id, stored);
    }
    return left_out;
}

enum lbx_err lbx_request_read_clock(const char *id, const char *standing, struct lbx_arena *arena,
                                    struct lbx_stored_request *ret_stored) {
    *ret_stored = (struct lbx_stored_request){.loaded = LBX_REQUEST_CLOCK};
    return lbx_request_text_read(&lbx_request_clock_table, id, standing, arena,
                                 &ret_stored->request);
}

static bool gives_digest(const struct lbx_request *request, int64_t starts_at) {
    struct lbx_request asked = *request;
    char digest[LBX_SHA256_HEX_SIZE];
    asked.starts_at = starts_at;
    lbx_request_text_digest(&asked, digest);
    return strcmp(digest, request->digest) == 0;
}

/* Checks the digest. A request that was decided before the column starts_asked existed lacks its requested start. */
bool lbx_stored_request_holds(const struct lbx_stored_request *stored) {
    const struct lbx_request *request = &stored->request;
    if (request->state == LBX_STATE_CUSTOMER_NOTIFIED &&
        !lbx_items_hold(request->actions, request->action_count))
        return false;
    return request->digest && (gives_digest(request, stored->starts_asked) ||
                               gives_digest(request, request->starts_at));
}

/* ---- rows ---- */

void lbx_request_rows_done(struct lbx_request_rows *rows) {
    lbx_pg_arrays_done(&rows->inserted);
    lbx_pg_arrays_done(&rows->updated);
    lbx_pg_arrays_done(&rows->moved);
    lbx_pg_arrays_done(&rows->heads);
    lbx_pg_arrays_done(&rows->voted);
    lbx_pg_arrays_done(&rows->opened);
    lbx_pg_arrays_done(&rows->ended);
}

static void add_inserted(struct lbx_pg_arrays *rows, const struct lbx_stored_request *stored) {
    const struct lbx_request *request = &stored->request;
    struct lbx_buf clock LBX_BUF = {0}, consent LBX_BUF = {0}, particulars LBX_BUF = {0};
    lbx_request_text_clock(request, &clock);
    lbx_request_text_consent(request, &consent);
    lbx_request_text_decided(request, &particulars);
    LBX_PG_ADD(rows, store_insert_requests_given, .request_id = request->request_id,
               .state = lbx_state_names[request->state], .version = request->version,
               .tenant_id = request->tenant_id, .subscription_id = request->subscription_id,
               .ticket_id = request->ticket_id, .engineer_id = request->engineer.id,
               .resource_id = request->resource_id, .created_at = request->created_at,
               .decide_by = request->decide_by, .starts_at = request->starts_at,
               .expires_at = request->expires_at, .ended_at = request->ended_at,
               .due_at = lbx_request_due(request), .reason = lbx_refusal_names[request->reason],
               .starts_asked = stored->starts_asked, .standing = clock.data,
               .consent = consent.data, .particulars = particulars.data,
               .traceparent = stored->trace.parent, .tracestate = stored->trace.state);
}

/* Whether approvers left items out; then numbers has the items kept, as a PostgreSQL array. */
static bool is_narrowed(const struct lbx_request *request, struct lbx_buf *numbers) {
    size_t kept = 0;
    for (size_t i = 0; i < request->action_count; i++)
        if (request->actions[i].kept)
            lbx_buf_printf(numbers, "%s%lld", kept++ ? "," : "{",
                           (long long)request->actions[i].number);
    lbx_buf_str(numbers, kept ? "}" : "{}");
    return kept < request->action_count;
}

static void add_updated(struct lbx_pg_arrays *rows, const struct lbx_request *request) {
    struct lbx_buf clock LBX_BUF = {0}, particulars LBX_BUF = {0}, kept LBX_BUF = {0};
    lbx_request_text_clock(request, &clock);
    lbx_request_text_decided(request, &particulars);
    LBX_PG_ADD(rows, store_update_requests_given, .request_id = request->request_id,
               .state = lbx_state_names[request->state], .version = request->version,
               .starts_at = request->starts_at, .expires_at = request->expires_at,
               .ended_at = request->ended_at, .due_at = lbx_request_due(request),
               .kept = is_narrowed(request, &kept) ? kept.data : NULL, .standing = clock.data,
               .particulars = particulars.data);
}

static void add_moved(struct lbx_pg_arrays *rows, const struct lbx_request *request) {
    struct lbx_buf clock LBX_BUF = {0};
    lbx_request_text_clock(request, &clock);
    LBX_PG_ADD(rows, store_move_requests_given, .request_id = request->request_id,
               .state = lbx_state_names[request->state], .version = request->version,
               .ended_at = request->ended_at, .due_at = lbx_request_due(request),
               .standing = clock.data);
}

void lbx_request_rows_event(struct lbx_request_rows *rows, const struct lbx_request *request,
                            const struct lbx_event_out *event) {
    struct lbx_buf head LBX_BUF = {0};
    lbx_request_text_event_head(event, &head);
    LBX_PG_ADD(&rows->heads, store_move_requests_told, .id = event->id,
               .request_id = request->request_id, .type = lbx_event_type_info(event->type)->name,
               .head = head.data);
}

/* ---- votes ---- */

static void add_voted(struct lbx_pg_arrays *rows, const struct lbx_stored_request *stored) {
    for (size_t i = stored->votes; i < stored->request.decision_count; i++) {
        const struct lbx_vote *vote = &stored->request.decisions[i];
        struct lbx_buf json LBX_BUF = {0};
        LBX_PG_ADD(rows, store_count_votes_given, .request_id = stored->request.request_id,
                   .principal_id = vote->by.id, .decision = lbx_decision_names[vote->decision],
                   .counted_at = vote->at,
                   .signature = lbx_signature_text(&vote->signature, &json));
    }
}

/* ---- access ---- */

static void add_opened(struct lbx_pg_arrays *rows, const struct lbx_request *request, int64_t end) {
    for (size_t i = 0; i < request->action_count; i++) {
        const struct lbx_item *item = &request->actions[i];
        if (!item->kept)
            continue;
        LBX_PG_ADD(rows, store_open_access_given, .request_id = request->request_id,
                   .number = item->number, .engineer_id = request->engineer.id,
                   .resource_id = request->resource_id, .action = item->action,
                   .namespace = item->namespace, .kind = item->kind, .name = item->name,
                   .container = item->container, .uid = item->uid, .starts_at = request->starts_at,
                   .expires_at = end, .basis = lbx_request_basis(request),
                   .content_digest = item->content.digest);
    }
}

/* Opens access once only, so that the role of a worker that ends access needs no INSERT. */
static void add_access(struct lbx_request_rows *rows, const struct lbx_stored_request *stored) {
    int64_t end = lbx_request_access_end(&stored->request);
    if (!stored->access_end && end) {
        add_opened(&rows->opened, &stored->request, end);
    } else if (end < stored->access_end) {
        LBX_PG_ADD(&rows->ended, store_end_access_ended, .request_id = stored->request.request_id,
                   .expires_at = end);
    }
}

/* Adds a request. Steps by time write no access: time opens none, and each item has its end already. */
void lbx_request_rows_add(struct lbx_request_rows *rows, const struct lbx_stored_request *stored) {
    switch (stored->loaded) {
    case LBX_REQUEST_NEW:
        add_inserted(&rows->inserted, stored);
        add_access(rows, stored);
        return;
    case LBX_REQUEST_WHOLE:
        add_voted(&rows->voted, stored);
        add_updated(&rows->updated, &stored->request);
        add_access(rows, stored);
        return;
    case LBX_REQUEST_CLOCK:
        add_moved(&rows->moved, &stored->request);
        return;
    }
}

/* ---- statements ---- */

void lbx_request_rows_save(struct lbx_request_rows *rows, struct lbx_pg_pipeline *calls) {
    LBX_PG_CALL(calls, store_move_requests, .given = &rows->moved, .told = &rows->heads,
                .tail = lbx_request_text_tail);
    LBX_PG_CALL(calls, store_insert_requests, .given = &rows->inserted);
    LBX_PG_CALL(calls, store_count_votes, .given = &rows->voted);
    LBX_PG_CALL(calls, store_update_requests, .given = &rows->updated);
    LBX_PG_CALL(calls, store_open_access, .given = &rows->opened);
    LBX_PG_CALL(calls, store_end_access, .ended = &rows->ended);
}
