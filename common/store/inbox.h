/* The inbox: ids of events that were handled, by consumer, topic, CloudEvents source and id. */
#ifndef LBX_STORE_INBOX_H
#define LBX_STORE_INBOX_H

#include "base/map.h"
#include "event/envelope.h"
#include "io/pg.h"

/* The state of a record in a batch. */
enum lbx_input_status {
    LBX_INPUT_NEW,       /* to be handled */
    LBX_INPUT_DUPLICATE, /* handled before: no effect */
    LBX_INPUT_REJECTED,  /* to be quarantined, with reason */
};

struct lbx_input_event {
    const struct lbx_record *record;
    struct lbx_event event;
    enum lbx_input_status status;
    struct lbx_reason reason;
    unsigned char identity[32]; /* SHA-256 of lbx_event_identity */
    bool entered;               /* this batch entered the id, with this event */
    bool was_rejected;          /* an earlier attempt was rejected */
    bool answered; /* rejected, but its id can be read: the id is entered, and gets one answer */
    const struct lbx_input_event
        *first; /* of a duplicate: the first in this batch; NULL: an earlier batch has it */
};

/* The inbox for one batch. Two statements in one round trip: enter ids, and read them back. */
struct lbx_inbox {
    struct lbx_pg_arrays entered, judged;
    size_t enter_call, read_call, count;
    const char *consumer; /* consumer group, borrowed */
};

/* Adds the statements that enter the ids of the batch, each once: of new events, and of rejected
 * ones that are to be answered. */
void lbx_inbox_add(struct lbx_inbox *inbox, const char *consumer, struct lbx_pg_pipeline *calls,
                   struct lbx_arena *arena, struct lbx_input_event *events, size_t count);

/* Finds duplicates, and rejects events with the id but not the bytes of an earlier one, in this
 * batch or before. Only the first rejected event of an id stays `answered`. LBX_ERR_INTERNAL: an
 * id was not returned. */
enum lbx_err lbx_inbox_read(const struct lbx_inbox *inbox, const struct lbx_pg *pg,
                            struct lbx_arena *arena, struct lbx_input_event *events, size_t count)
    LBX_MUST_CHECK;

/* Adds the statement that records whether each event was rejected: the same bytes may then come
 * again. Duplicates of a rejected event in this batch are rejected, too. */
void lbx_inbox_judged(struct lbx_inbox *inbox, struct lbx_pg_pipeline *calls,
                      struct lbx_input_event *events, size_t count);

void lbx_inbox_done(struct lbx_inbox *inbox);

/* Adds the statement that deletes at most 10,000 rows older than ttl_us microseconds. A pipeline of its own. */
void lbx_inbox_prune(struct lbx_pg_pipeline *calls, struct lbx_arena *arena, int64_t ttl_us);

/* After that round trip: whether more rows are to be deleted. */
bool lbx_inbox_more_to_prune(const struct lbx_pg *pg);

#endif
