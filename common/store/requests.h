/* Requests in the operational database: locks and reads them, and writes versions and access items. */
#ifndef LBX_STORE_REQUESTS_H
#define LBX_STORE_REQUESTS_H

#include "base/map.h"
#include "core/request.h"
#include "event/envelope.h"
#include "io/pg.h"

/* A request in memory, with the state of its row. */
struct lbx_stored_request {
    struct lbx_request request;
    enum lbx_request_loaded {
        LBX_REQUEST_NEW,   /* no row yet */
        LBX_REQUEST_WHOLE, /* all three columns of its text were read (store/request_text.h) */
        LBX_REQUEST_CLOCK, /* only `standing` was read: only time may act on it */
    } loaded;
    bool changed;
    int64_t access_end;     /* as in the database; 0: no access was opened */
    int64_t starts_asked;   /* requested begin of access; 0: with the approval */
    struct lbx_trace trace; /* of the access request: continued by steps without another cause */
    size_t votes;           /* how many of its decisions are in the database */
    struct lbx_stored_request *next_changed;
};

/* ---- loading ---- */

/* Adds the statement that locks requests: by id, and the live ones of tickets and subscriptions.
 * ids: canonical UUIDs only; subscriptions: in lower case. Returns the call's index. */
size_t lbx_requests_load(struct lbx_pg_arrays *ids, struct lbx_pg_arrays *tickets,
                         struct lbx_pg_arrays *subscriptions, struct lbx_pg_pipeline *calls);

/* Reads the locked rows into by_id (request id → struct lbx_stored_request *). Returns how many rows this
 * program cannot read: they are logged, counted and skipped; their ids are added to unreadable, unless NULL. */
size_t lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                         struct lbx_map *by_id, struct lbx_map *unreadable);

/* Makes a request of its id and `standing`, for time to act on. LBX_ERR_INTERNAL: unreadable;
 * logged and counted. */
enum lbx_err lbx_request_read_clock(const char *id, const char *standing, struct lbx_arena *arena,
                                    struct lbx_stored_request *ret_stored) LBX_MUST_CHECK;

/* Whether the request's members still have the digest that was stored at its creation, and, while the request is pending, its items
 * are permitted ones. */
bool lbx_stored_request_holds(const struct lbx_stored_request *stored);

/* ---- writing ---- */

/* Rows of the statements that write requests, empty at first: new and changed requests, those
 * moved by time with the heads of their events, votes, and access opened or ended. */
struct lbx_request_rows {
    struct lbx_pg_arrays inserted, updated, moved, heads, voted, opened, ended;
};

void lbx_request_rows_done(struct lbx_request_rows *rows);

/* Adds a request in its last state, with the access that it opens or ends. */
void lbx_request_rows_add(struct lbx_request_rows *rows, const struct lbx_stored_request *stored);

/* Adds the head of an event about an LBX_REQUEST_CLOCK; the statement completes it. */
void lbx_request_rows_event(struct lbx_request_rows *rows, const struct lbx_request *request,
                            const struct lbx_event_out *event);

/* Adds the statements that write the rows. */
void lbx_request_rows_save(struct lbx_request_rows *rows, struct lbx_pg_pipeline *calls);

#endif
