/* A unit of work: what one transaction will write, that is request versions, events to publish and rejected records.
 *
 * Rules fill it in memory; lbx_unit_save turns it into a handful of set-based statements, as many for one event as for
 * five hundred.
 */
#ifndef LBX_STORE_UNIT_H
#define LBX_STORE_UNIT_H

#include "event/envelope.h"
#include "io/hash.h"
#include "store/clock.h"
#include "store/inbox.h"
#include "store/requests.h"

/* A step of a request that is published. */
struct lbx_published_step {
    const struct lbx_event *cause; /* NULL: time did */
    enum lbx_event_type type;
    const char *event_id, *request_id, *ticket_id; /* ticket_id NULL: it was not read */
    int64_t version;
    struct lbx_trace trace;
    struct lbx_published_step *next;
};

struct lbx_unit {
    struct lbx_arena *arena;
    const char *source;   /* CloudEvents source of what is published: "/lockbox/<worker>" */
    const char *consumer; /* consumer group, of what is quarantined */
    struct lbx_clock
        clock;   /* the database's, behind the locks; its mark is raised with what is written */
    int64_t now; /* of what is decided, never later than the clock: see lbx_unit_begin */
    unsigned char cause[LBX_SHA256_SIZE]; /* the hash of what ids are made of */
    unsigned ids;                         /* made of that cause */
    size_t published;                     /* events */
    size_t bytes, most_bytes;             /* of their payloads; nothing is kept beyond most_bytes */
    size_t quarantined;                   /* records */
    struct lbx_stored_request *changed;
    struct lbx_published_step *steps; /* the last one first */
    struct lbx_pg_arrays *outbox, *quarantine;
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

/* Reads the database's clock, by which the unit is decided. LBX_ERR_UNAVAILABLE: nothing may be decided by it. */
enum lbx_err lbx_unit_read_clock(struct lbx_unit *unit, const struct lbx_pg *pg, size_t clock_call)
    LBX_MUST_CHECK;

/* Rows that live as long as the unit, for statements that a worker adds to its own. */
struct lbx_pg_arrays *lbx_unit_rows(struct lbx_unit *unit);

/* What follows is of this cause: its ids are made of its names (a list ended by NULL) and at_us, its times are at_us. */
void lbx_unit_cause(struct lbx_unit *unit, int64_t at_us, const char *const *names);

/* The same for a record of an input topic: its names are its log, its topic, and its event's source and id; its time is
 * the record's Kafka time, where that is not later than the clock. So whoever reads the record again, with the same state
 * before it, makes the same ids, and writes the same events. To be called before an input is acted on. */
void lbx_unit_begin(struct lbx_unit *unit, const struct lbx_input_event *input);

/* The next UUIDv7 of the cause, in the arena. */
const char *lbx_unit_uuid(struct lbx_unit *unit);

/* Adds an event to publish that is no version of a request. cause: the event that made it happen. data: the struct of
 * the type's table. */
void lbx_unit_publish(struct lbx_unit *unit, enum lbx_event_type type, const char *subject,
                      const struct lbx_event *cause, const void *data);

/* Publishes a request that took a step as it stands after the step, and marks it to be written. Nothing happens where
 * step->event is LBX_EVENT_NONE. */
void lbx_unit_step(struct lbx_unit *unit, struct lbx_stored_request *stored,
                   const struct lbx_step *step, const struct lbx_event *cause);

/* Lets time act on a request until nothing more is due (lbx_request_pass_time), publishing each step. */
void lbx_unit_pass_time(struct lbx_unit *unit, struct lbx_stored_request *stored,
                        const struct lbx_limits *limits);

/* Adds a record that no rule can act on, and logs it, with its event's trace. reason: for people, naming the field. */
void lbx_unit_quarantine(struct lbx_unit *unit, const struct lbx_record *record,
                         const struct lbx_trace *trace, const char *reason);

/* Adds the statements that write it all. */
void lbx_unit_save(struct lbx_unit *unit, struct lbx_pg_pipeline *calls);

#endif
