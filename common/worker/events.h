/* Handles events: a handler of the consuming part (worker/consume.h) that decodes records,
 * recognises duplicates by the inbox, and quarantines records that no rule accepts. */
#ifndef LBX_WORKER_EVENTS_H
#define LBX_WORKER_EVENTS_H

#include "store/inbox.h"
#include "store/unit.h"
#include "worker/consume.h"

/* A worker's state for one batch, in the batch's arena. Each worker defines the struct. */
struct lbx_batch_state;

struct lbx_batch {
    struct lbx_worker *worker;
    struct lbx_arena *arena;        /* reset after the batch */
    struct lbx_input_event *inputs; /* in order within each partition */
    size_t count;
    struct lbx_unit unit;
    struct lbx_batch_state *state; /* allocated by load or decide */
};

/* A worker's three steps for a batch; decide is where the rules are. It acts on inputs with
 * status LBX_INPUT_NEW. */
struct lbx_events {
    enum lbx_topic topics[LBX_TOPIC_COUNT + 1]; /* ended by LBX_TOPIC_COUNT */
    /* Adds the statements that lock and read the rows that the events touch. NULL: none. */
    void (*load)(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);
    /* Reads the results, applies the rules, and fills the unit of work. */
    enum lbx_err (*decide)(struct lbx_batch *batch);
    /* Answers an event that cannot be decoded but has an id, once for each id; or an event whose
     * effect the database refuses. NULL: the dead letter is the only answer. */
    void (*malformed)(struct lbx_batch *batch, const struct lbx_input_event *input);
    /* Adds statements besides those of the unit of work. NULL: none. */
    void (*save)(struct lbx_batch *batch, struct lbx_pg_pipeline *calls);
    /* Called after COMMIT. NULL: none. */
    void (*committed)(struct lbx_worker *worker);
};

/* The part; its declaration is a struct lbx_events. */
extern const struct lbx_part lbx_events_part;

/* The handler alone, for callers with records from elsewhere; handler->close frees it. */
struct lbx_handler *lbx_events_handler(struct lbx_worker *worker, const struct lbx_events *events);

#endif
