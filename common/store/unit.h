/* A unit of work: what one transaction will write, that is request versions, events to publish and rejected records.
 *
 * Rules fill it in memory; lbx_unit_save turns it into a handful of set-based statements, as many for one event as for
 * five hundred.
 */
#ifndef LBX_STORE_UNIT_H
#define LBX_STORE_UNIT_H

#include "event/envelope.h"
#include "store/requests.h"

struct lbx_unit {
    struct lbx_arena *arena;
    const char *source;   /* CloudEvents source of what is published: "/lockbox/<worker>" */
    const char *consumer; /* consumer group, of what is quarantined */
    int64_t now;      /* the database's clock, after the locks; set before anything is published */
    size_t published; /* events */
    size_t bytes, most_bytes;  /* of their payloads; nothing is kept beyond most_bytes */
    size_t quarantined;        /* records */
    unsigned char random[256]; /* the last random_left of them are unused */
    size_t random_left;
    struct lbx_stored_request *changed;
    struct lbx_rows *outbox, *quarantine;
    struct lbx_request_rows requests;
    struct lbx_unit_rows *rows;
};

/* The statements behind it, to be prepared. */
extern const struct lbx_sql *const *const lbx_store_statements;

/* arena, source and consumer are borrowed until lbx_unit_done. */
void lbx_unit_init(struct lbx_unit *unit, struct lbx_arena *arena, const char *source,
                   const char *consumer);
void lbx_unit_done(struct lbx_unit *unit);

/* Whether it was given more to publish than it may hold: it must not be written. */
static inline bool lbx_unit_full(const struct lbx_unit *unit) {
    return unit->bytes > unit->most_bytes;
}

/* Rows that live as long as the unit, for statements that a worker adds to its own. */
struct lbx_rows *lbx_unit_rows(struct lbx_unit *unit);

/* A new UUIDv7 of now, in the arena. */
const char *lbx_unit_uuid(struct lbx_unit *unit);

/* Adds an event to publish. cause: the event that made it happen, NULL where time did. sequence: the request's
 * version, 0 for none. data: the struct of the type's table. */
void lbx_unit_publish(struct lbx_unit *unit, enum lbx_event_type type, const char *subject,
                      int64_t sequence, const struct lbx_event *cause, const void *data);

/* Publishes a request that took a step as it stands after the step, and marks it to be written. Nothing happens where
 * step->event is LBX_EVENT_NONE. */
void lbx_unit_step(struct lbx_unit *unit, struct lbx_stored_request *stored,
                   const struct lbx_step *step, const struct lbx_event *cause);

/* Lets time act on a request until nothing more is due (lbx_request_pass_time), publishing each step. */
void lbx_unit_pass_time(struct lbx_unit *unit, struct lbx_stored_request *stored,
                        const struct lbx_limits *limits);

/* Adds a record that no rule can act on, and logs it. reason: for people, naming the field. */
void lbx_unit_quarantine(struct lbx_unit *unit, const struct lbx_record *record,
                         const char *reason);

/* Adds the statements that write it all. */
void lbx_unit_save(struct lbx_unit *unit, struct lbx_calls *calls);

#endif
