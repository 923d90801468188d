/* A unit of work: the writes of one transaction, that is request versions, events to publish and
 * rejected records.
 *
 * Rules fill it in memory; lbx_unit_save turns it into set-based statements, the same number for
 * one event as for five hundred. */
#ifndef LBX_STORE_UNIT_H
#define LBX_STORE_UNIT_H

#include "event/envelope.h"
#include "io/hash.h"
#include "store/clock.h"
#include "store/inbox.h"
#include "store/requests.h"

/* A published step of a request. */
struct lbx_published_step {
    const struct lbx_event *cause; /* NULL: time */
    enum lbx_event_type type;
    const char *event_id, *request_id, *ticket_id; /* ticket_id NULL: not read */
    int64_t version;
    struct lbx_trace trace;
    struct lbx_published_step *next;
};

struct lbx_unit {
    struct lbx_arena *arena;
    const char *source;   /* CloudEvents source of published events: "/lockbox/<worker>" */
    const char *consumer; /* consumer group, for the quarantine */
    struct lbx_clock
        clock;   /* the database's, read after the locks; its mark is raised by the unit */
    int64_t now; /* time of the decisions, never later than the clock: see lbx_unit_begin */
    unsigned char cause[LBX_SHA256_SIZE]; /* hash of the cause, from which ids are derived */
    unsigned ids;                         /* number of ids derived so far */
    size_t published;                     /* number of events */
    size_t bytes, most_bytes;             /* of payloads; at most most_bytes are kept */
    size_t quarantined;                   /* number of records */
    struct lbx_stored_request *changed;
    struct lbx_published_step *steps; /* the last step first */
    struct lbx_pg_arrays *outbox, *quarantine;
    struct lbx_request_rows requests;
    struct lbx_unit_rows *rows;
};

/* The statements, to be prepared by the worker. */
extern const struct lbx_sql *const *const lbx_store_statements;

/* Starts a unit. arena, source and consumer are borrowed until lbx_unit_done. */
void lbx_unit_init(struct lbx_unit *unit, struct lbx_arena *arena, const char *source,
                   const char *consumer);
void lbx_unit_done(struct lbx_unit *unit);

/* Whether events exceeded most_bytes: the unit must not be written. */
static inline bool lbx_unit_full(const struct lbx_unit *unit) {
    return unit->bytes > unit->most_bytes;
}

/* Reads the database's clock into the unit. LBX_ERR_UNAVAILABLE: the clock may not be used. */
enum lbx_err lbx_unit_read_clock(struct lbx_unit *unit, const struct lbx_pg *pg, size_t clock_call)
    LBX_MUST_CHECK;

/* Rows that live as long as the unit, for the worker's own statements. */
struct lbx_pg_arrays *lbx_unit_rows(struct lbx_unit *unit);

/* Sets the cause of what follows: ids are derived from its names (ended by NULL) and at_us, and times are at_us. */
void lbx_unit_cause(struct lbx_unit *unit, int64_t at_us, const char *const *names);

/* Sets an input record as the cause. Its names are the log, the topic, and the event's source and id; its
 * time is the record's Kafka timestamp, or the clock if that is earlier. A program that reads the record
 * again, in the same state, thus derives the same ids and events. To be called before an input is handled. */
void lbx_unit_begin(struct lbx_unit *unit, const struct lbx_input_event *input);

/* Derives the next UUIDv7 from the cause, in the arena. */
const char *lbx_unit_uuid(struct lbx_unit *unit);

/* Adds an event that is no version of a request. cause: the event that caused it. data: the
 * struct of the type's table. */
void lbx_unit_publish(struct lbx_unit *unit, enum lbx_event_type type, const char *subject,
                      const struct lbx_event *cause, const void *data);

/* Publishes a request as it is after a step, and marks it to be written. Does nothing where
 * step->event is LBX_EVENT_NONE. */
void lbx_unit_step(struct lbx_unit *unit, struct lbx_stored_request *stored,
                   const struct lbx_step *step, const struct lbx_event *cause);

/* Calls lbx_request_pass_time until nothing is due, and publishes each step. */
void lbx_unit_pass_time(struct lbx_unit *unit, struct lbx_stored_request *stored,
                        const struct lbx_limits *limits);

/* Adds a rejected record, and logs it with its event's trace. reason: for people, naming the field. */
void lbx_unit_quarantine(struct lbx_unit *unit, const struct lbx_record *record,
                         const struct lbx_trace *trace, const char *reason);

/* Adds the statements that write the unit. */
void lbx_unit_save(struct lbx_unit *unit, struct lbx_pg_pipeline *calls);

#endif
