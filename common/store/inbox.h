/* The inbox: events seen, by consumer, topic, CloudEvents source and id. */
#ifndef LBX_STORE_INBOX_H
#define LBX_STORE_INBOX_H

#include "base/map.h"
#include "event/envelope.h"
#include "io/pg.h"

/* What has become of one record of a batch. */
enum lbx_input_status {
    LBX_INPUT_NEW,       /* to be acted on */
    LBX_INPUT_DUPLICATE, /* seen before: nothing happens twice */
    LBX_INPUT_REJECTED,  /* reason says why: to quarantine */
};

struct lbx_input_event {
    const struct lbx_record *record;
    struct lbx_event event;
    enum lbx_input_status status;
    struct lbx_reason reason;
    unsigned char identity[32]; /* SHA-256 of lbx_event_identity */
    bool entered;               /* by this batch, as the first of its id */
    bool was_rejected;          /* when it came before */
    bool answered; /* rejected, and its id can be read: it is entered, and gets an answer once */
    const struct lbx_input_event
        *first; /* of a duplicate: the one in this batch, NULL: of one before */
};

/* One batch's use of it. Statements, in one round trip: enter, and read back. */
struct lbx_inbox {
    struct lbx_pg_arrays entered, judged;
    size_t enter_call, read_call, count;
    const char *consumer; /* consumer group, borrowed */
};

/* Adds the statements that enter the batch's events, the first of each id: what is new, and what is to be answered all the
 * same. */
void lbx_inbox_add(struct lbx_inbox *inbox, const char *consumer, struct lbx_pg_pipeline *calls,
                   struct lbx_arena *arena, struct lbx_input_event *events, size_t count);

/* Marks duplicates, and rejects the same id with other bytes: what the inbox now holds under an id is the
 * event, whether this batch entered it or one before. Of what is rejected, only the first of its id stays to be answered.
 * LBX_ERR_INTERNAL: it does not hold one. */
enum lbx_err lbx_inbox_read(const struct lbx_inbox *inbox, const struct lbx_pg *pg,
                            struct lbx_arena *arena, struct lbx_input_event *events, size_t count)
    LBX_MUST_CHECK;

/* Adds the statement that keeps what was decided to be rejected, so that the same bytes may come again, and what
 * no longer is. A rejected event's duplicates in this batch are rejected with it. */
void lbx_inbox_judged(struct lbx_inbox *inbox, struct lbx_pg_pipeline *calls,
                      struct lbx_input_event *events, size_t count);

void lbx_inbox_done(struct lbx_inbox *inbox);

/* Forgets 10,000 events at most that are older than ttl_us microseconds: a pipeline of its own. */
void lbx_inbox_prune(struct lbx_pg_pipeline *calls, struct lbx_arena *arena, int64_t ttl_us);

/* Behind it: whether there are more. */
bool lbx_inbox_more_to_prune(const struct lbx_pg *pg);

#endif
