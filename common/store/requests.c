/* Reads and writes requests as rows.
 * Promises that access is opened once and only ever shortened, and that time's steps touch neither access nor
 * the column that they did not read. A row that this program did not write is LBX_ERR_INTERNAL, and logged.
 */
#include "store/requests.h"

#include "sql_store.h"
#include "store/request_text.h"

enum {
    INSERTED_COLUMNS = 17,
    UPDATED_COLUMNS = 9,
    MOVED_COLUMNS = 6,
    HEADS_COLUMNS = 4,
    OPENED_COLUMNS = 11,
    ENDED_COLUMNS = 2,
};

/* ---- loading ---- */

size_t lbx_requests_load(const char *ids, const char *tickets, struct lbx_calls *calls) {
    return LBX_CALL(calls, &sql_store_load_requests, ids, tickets);
}

enum lbx_err lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                               struct lbx_map *by_id) {
    size_t count = lbx_pg_row_count(pg, call);
    for (size_t i = 0; i < count; i++) {
        struct lbx_stored_request *stored = LBX_ARENA_NEW(arena, struct lbx_stored_request);
        enum lbx_err err =
            lbx_request_text_read(&lbx_request_table, lbx_pg_cell(pg, call, i, 0),
                                  lbx_pg_cell(pg, call, i, 1), arena, &stored->request);
        if (err != LBX_OK)
            return err;
        stored->loaded = LBX_REQUEST_WHOLE;
        stored->access_end = lbx_request_access_end(&stored->request);
        lbx_map_set(by_id, stored->request.request_id, stored);
    }
    return LBX_OK;
}

enum lbx_err lbx_request_read_clock(const struct lbx_pg *pg, size_t call, size_t row,
                                    struct lbx_arena *arena,
                                    struct lbx_stored_request *ret_stored) {
    *ret_stored = (struct lbx_stored_request){.loaded = LBX_REQUEST_CLOCK};
    return lbx_request_text_read(&lbx_request_clock_table, lbx_pg_cell(pg, call, row, 0),
                                 lbx_pg_cell(pg, call, row, 1), arena, &ret_stored->request);
}

/* ---- rows ---- */

void lbx_request_rows_init(struct lbx_request_rows *rows) {
    lbx_rows_init(&rows->inserted, INSERTED_COLUMNS);
    lbx_rows_init(&rows->updated, UPDATED_COLUMNS);
    lbx_rows_init(&rows->moved, MOVED_COLUMNS);
    lbx_rows_init(&rows->heads, HEADS_COLUMNS);
    lbx_rows_init(&rows->opened, OPENED_COLUMNS);
    lbx_rows_init(&rows->ended, ENDED_COLUMNS);
}

void lbx_request_rows_done(struct lbx_request_rows *rows) {
    lbx_rows_done(&rows->inserted);
    lbx_rows_done(&rows->updated);
    lbx_rows_done(&rows->moved);
    lbx_rows_done(&rows->heads);
    lbx_rows_done(&rows->opened);
    lbx_rows_done(&rows->ended);
}

typedef void text_fn(const struct lbx_request *request, struct lbx_buf *out);

static void add_text(struct lbx_rows *rows, text_fn *text, const struct lbx_request *request) {
    struct lbx_buf members LBX_BUF = {0};
    text(request, &members);
    lbx_rows_text(rows, members.data);
}

static void add_inserted(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_text(rows, request->tenant_id);
    lbx_rows_text(rows, request->subscription_id);
    lbx_rows_text(rows, request->ticket_id);
    lbx_rows_text(rows, request->engineer.id);
    lbx_rows_text(rows, request->resource_id);
    lbx_rows_time(rows, request->created_at);
    lbx_rows_time(rows, request->decide_by);
    lbx_rows_time(rows, request->starts_at);
    lbx_rows_time(rows, request->expires_at);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    lbx_rows_text(rows, lbx_refusal_names[request->reason]);
    add_text(rows, lbx_request_text_clock, request);
    add_text(rows, lbx_request_text_rest, request);
}

static void add_updated(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_time(rows, request->starts_at);
    lbx_rows_time(rows, request->expires_at);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    add_text(rows, lbx_request_text_clock, request);
    add_text(rows, lbx_request_text_rest, request);
}

static void add_moved(struct lbx_rows *rows, const struct lbx_request *request) {
    lbx_rows_text(rows, request->request_id);
    lbx_rows_text(rows, lbx_state_names[request->state]);
    lbx_rows_int(rows, request->version);
    lbx_rows_time(rows, request->ended_at);
    lbx_rows_time(rows, lbx_request_due(request));
    add_text(rows, lbx_request_text_clock, request);
}

void lbx_request_rows_event(struct lbx_request_rows *rows, const struct lbx_request *request,
                            const struct lbx_event_out *event) {
    struct lbx_buf head LBX_BUF = {0};
    lbx_request_text_event_head(event, &head);
    lbx_rows_text(&rows->heads, event->id);
    lbx_rows_text(&rows->heads, request->request_id);
    lbx_rows_text(&rows->heads, lbx_event_type_info(event->type)->name);
    lbx_rows_text(&rows->heads, head.data);
}

/* ---- access ---- */

static void add_opened(struct lbx_rows *rows, const struct lbx_request *request, int64_t end) {
    for (size_t i = 0; i < request->action_count; i++) {
        const struct lbx_item *item = &request->actions[i];
        if (!item->kept)
            continue;
        lbx_rows_text(rows, request->request_id);
        lbx_rows_int(rows, item->number);
        lbx_rows_text(rows, request->engineer.id);
        lbx_rows_text(rows, request->resource_id);
        lbx_rows_text(rows, item->action);
        lbx_rows_text(rows, item->namespace);
        lbx_rows_text(rows, item->kind);
        lbx_rows_text(rows, item->name);
        lbx_rows_time(rows, request->starts_at);
        lbx_rows_time(rows, end);
        lbx_rows_text(rows, lbx_request_basis(request));
    }
}

/* Access that was opened is never opened again: a role that may only end access needs no right to open it. */
static void add_access(struct lbx_request_rows *rows, const struct lbx_stored_request *stored) {
    int64_t end = lbx_request_access_end(&stored->request);
    if (!stored->access_end && end) {
        add_opened(&rows->opened, &stored->request, end);
    } else if (end < stored->access_end) {
        lbx_rows_text(&rows->ended, stored->request.request_id);
        lbx_rows_time(&rows->ended, end);
    }
}

/* Where time acted alone no access changes: time opens none, and an item carries the moment at which time ends it. */
void lbx_request_rows_add(struct lbx_request_rows *rows, const struct lbx_stored_request *stored) {
    switch (stored->loaded) {
    case LBX_REQUEST_NEW:
        add_inserted(&rows->inserted, &stored->request);
        add_access(rows, stored);
        return;
    case LBX_REQUEST_WHOLE:
        add_updated(&rows->updated, &stored->request);
        add_access(rows, stored);
        return;
    case LBX_REQUEST_CLOCK:
        add_moved(&rows->moved, &stored->request);
        return;
    }
}

/* ---- statements ---- */

/* One statement moves the requests and completes the events about them. */
static void save_moved(struct lbx_request_rows *rows, struct lbx_calls *calls) {
    const char *more[HEADS_COLUMNS + 1];
    for (size_t i = 0; i < HEADS_COLUMNS; i++)
        more[i] = lbx_rows_array(&rows->heads, i);
    more[HEADS_COLUMNS] = lbx_request_text_tail;
    lbx_rows_call(&rows->moved, calls, &sql_store_move_requests, HEADS_COLUMNS + 1, more);
}

void lbx_request_rows_save(struct lbx_request_rows *rows, struct lbx_calls *calls) {
    save_moved(rows, calls);
    lbx_rows_call(&rows->inserted, calls, &sql_store_insert_requests, 0, NULL);
    lbx_rows_call(&rows->updated, calls, &sql_store_update_requests, 0, NULL);
    lbx_rows_call(&rows->opened, calls, &sql_store_open_access, 0, NULL);
    lbx_rows_call(&rows->ended, calls, &sql_store_end_access, 0, NULL);
}
