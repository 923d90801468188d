/* Requests in the operational database: loading them under lock, and writing versions and access items. */
#ifndef LBX_STORE_REQUESTS_H
#define LBX_STORE_REQUESTS_H

#include "base/map.h"
#include "core/request.h"
#include "event/envelope.h"
#include "io/pg.h"

/* A request in memory beside what the database has of it. */
struct lbx_stored_request {
    struct lbx_request request;
    enum lbx_request_loaded {
        LBX_REQUEST_NEW,   /* no row yet */
        LBX_REQUEST_WHOLE, /* all columns of its text (store/request_text.h) */
        LBX_REQUEST_CLOCK, /* the clock's column alone: only time may act on it */
    } loaded;
    bool changed;
    int64_t access_end;     /* as stored; 0: no access was opened */
    int64_t starts_asked;   /* when access was asked to begin; 0: with the approval */
    struct lbx_trace trace; /* of the access request: what has no other cause continues it */
    size_t votes;           /* of its decisions, those that are stored */
    struct lbx_stored_request *next_changed;
};

/* ---- loading ---- */

/* Adds the statement that locks requests by id, and the live ones of tickets and of subscriptions.
 * ids: canonical UUIDs only; subscriptions: in lower case. Returns the call's index. */
size_t lbx_requests_load(struct lbx_pg_arrays *ids, struct lbx_pg_arrays *tickets,
                         struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls);

/* Reads what it locked into by_id (request id → struct lbx_stored_request *). Returns how many rows are not what this
 * program writes: they are logged, counted and left out; unreadable (NULL: nobody asks) has their ids. */
size_t lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                         struct lbx_map *by_id, struct lbx_map *unreadable);

/* Reads a request of its id and its `standing`, for time to act on. LBX_ERR_INTERNAL: it cannot be read, which
 * is logged and counted. */
enum lbx_err lbx_request_read_clock(const char *id, const char *standing, struct lbx_arena *arena,
                                    struct lbx_stored_request *ret_stored) LBX_MUST_CHECK;

/* Whether what consent is given to still gives the request's digest, which was made with it. */
bool lbx_stored_request_holds(const struct lbx_stored_request *stored);

/* ---- writing ---- */

/* Rows, none at first, of the statements that write requests: new ones, changed ones, those that time moved with the
 * heads of the events about them, the votes that were counted, and the access that was opened or ended. */
struct lbx_request_rows {
    struct lbx_pg_arrays inserted, updated, moved, heads, voted, opened, ended;
};

void lbx_request_rows_done(struct lbx_request_rows *rows);

/* Adds a request in its last state, with the access that it opens or ends. */
void lbx_request_rows_add(struct lbx_request_rows *rows, const struct lbx_stored_request *stored);

/* Adds an event about a request of which LBX_REQUEST_CLOCK was loaded: the statement completes it. */
void lbx_request_rows_event(struct lbx_request_rows *rows, const struct lbx_request *request,
                            const struct lbx_event_out *event);

/* Adds the statements. */
void lbx_request_rows_save(struct lbx_request_rows *rows, struct lbx_pg_pipeline *calls);

#endif
