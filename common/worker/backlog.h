/* Records that were polled and are not committed yet, and how many of them the next transaction
 * takes. */
#ifndef LBX_WORKER_BACKLOG_H
#define LBX_WORKER_BACKLOG_H

#include "io/consumer.h"

struct lbx_backlog {
    size_t most_records, most_bytes; /* bounds of a batch, but for its last record */
    struct lbx_message **messages;
    const struct lbx_record **records; /* of the messages */
    size_t count, cap, bytes;
    size_t gentle;  /* bound after a slow transaction, doubled by each fast one; 0: most_records */
    size_t slice;   /* bound of the next transaction after a refused one; 0: most_records */
    bool suspected; /* the database refused the first record alone, and commits others */
    bool refused;   /* the database refused the first record again */
    bool mute;      /* the database also refused the event that rejects the first record */
};

/* Adds a message, which the backlog owns from then on. */
void lbx_backlog_add(struct lbx_backlog *backlog, struct lbx_message *message);

/* Whether the bounds of a batch are reached. */
bool lbx_backlog_full(const struct lbx_backlog *backlog);

/* How many records, from the first on, the next transaction takes. */
size_t lbx_backlog_next(const struct lbx_backlog *backlog);

/* Frees the first records, which are committed, and lifts `slice`. */
void lbx_backlog_committed(struct lbx_backlog *backlog, size_t count);

/* The first records lead to more rows than one transaction may write: later transactions take fewer. */
void lbx_backlog_cut(struct lbx_backlog *backlog, size_t count);

/* The database refused a value of the first records: later transactions take fewer, down to the
 * one at fault. Returns whether it was a single record. */
bool lbx_backlog_refused(struct lbx_backlog *backlog, size_t count);

/* A transaction of the first records was too slow: the next one takes half of them. */
void lbx_backlog_slow(struct lbx_backlog *backlog, size_t count);

/* Clears the suspicion: the database refuses other transactions, too. */
void lbx_backlog_acquit(struct lbx_backlog *backlog);

/* Frees all records, and keeps the arrays. */
void lbx_backlog_clear(struct lbx_backlog *backlog);
void lbx_backlog_done(struct lbx_backlog *backlog);

#endif
