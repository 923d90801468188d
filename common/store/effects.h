/* What one transaction will write: request versions, events to publish, rejected records.
 *
 * Rules fill it in memory; lbx_effects_save turns it into a handful of set-based statements, as many
 * for one event as for five hundred.
 */
#ifndef LBX_STORE_EFFECTS_H
#define LBX_STORE_EFFECTS_H

#include "base/map.h"
#include "core/request.h"
#include "event/envelope.h"
#include "io/pg.h"

/* A request in memory: new, or as far as it was loaded. */
struct lbx_kept_request {
    struct lbx_request request;
    enum lbx_kept {
        LBX_KEPT_NEW,
        LBX_KEPT_WHOLE,
        LBX_KEPT_STANDING, /* its standing members alone: only time may act on it */
    } kept;
    bool dirty;
    int64_t access_end; /* as stored; 0: no access was opened */
    struct lbx_kept_request *next_dirty;
};

struct lbx_effects {
    struct lbx_arena *arena;
    const char *source;   /* CloudEvents source of what is published: "/lockbox/<worker>" */
    const char *consumer; /* consumer group, of what is quarantined */
    int64_t now; /* the database's clock, after the locks; set before anything is published */
    struct lbx_kept_request *dirty;
    size_t published;          /* events */
    size_t quarantined;        /* records */
    unsigned char random[256]; /* the last random_left of them are unused */
    size_t random_left;
    struct lbx_rows *outbox, *made, *changed, *moved, *told, *opened, *ended, *quarantine;
    struct lbx_rows_kept *kept_rows;
};

/* The statements behind it, to be prepared. */
extern const struct lbx_sql *const *const lbx_store_statements;

void lbx_effects_init(struct lbx_effects *effects, struct lbx_arena *arena, const char *source,
                      const char *consumer);
void lbx_effects_done(struct lbx_effects *effects);

/* Rows that live as long as the effects. */
struct lbx_rows *lbx_effects_rows(struct lbx_effects *effects, size_t columns);

/* A new UUIDv7 of now, in the arena. */
const char *lbx_effects_uuid(struct lbx_effects *effects);

/* An event to publish. cause: the event that made it happen, NULL where time did. sequence: the
 * request's version, 0 for none. data: the struct of the type's table. */
void lbx_effects_publish(struct lbx_effects *effects, enum lbx_event_type type, const char *subject,
                         int64_t sequence, const struct lbx_event *cause, const void *data);

/* A request that took a step: publishes it as it now stands, and will write it. Nothing where
 * step->event is LBX_EVENT_NONE. */
void lbx_effects_step(struct lbx_effects *effects, struct lbx_kept_request *kept,
                      const struct lbx_step *step, const struct lbx_event *cause);

/* Lets time act on a request until nothing more is due (lbx_request_pass_time), publishing each step. */
void lbx_effects_pass_time(struct lbx_effects *effects, struct lbx_kept_request *kept,
                           const struct lbx_limits *limits);

/* A record that no rule can act on. reason: for people, naming the field. */
void lbx_effects_quarantine(struct lbx_effects *effects, const struct lbx_record *record,
                            const char *reason);

/* Adds the statements that write it all. */
void lbx_effects_save(struct lbx_effects *effects, struct lbx_calls *calls);

/* ---- loading requests ---- */

/* Adds the statement that locks requests by id and the live ones of tickets. ids: canonical UUIDs
 * only; both are of lbx_rows_array. Returns the call's index. */
size_t lbx_requests_load(const char *ids, const char *tickets, struct lbx_calls *calls);

/* Reads what it locked into by_id (request id → struct lbx_kept_request *). LBX_ERR_INTERNAL: a row is
 * not what this program writes. */
enum lbx_err lbx_requests_read(const struct lbx_pg *pg, size_t call, struct lbx_arena *arena,
                               struct lbx_map *by_id) LBX_MUST_CHECK;

/* Reads a row whose columns are a request's id and its standing members, for time to act on. Errors as
 * above. */
enum lbx_err lbx_request_read_standing(const struct lbx_pg *pg, size_t call, size_t row,
                                       struct lbx_arena *arena, struct lbx_kept_request *ret_kept)
    LBX_MUST_CHECK;

#endif
