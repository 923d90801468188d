/* Records that were polled and are not committed yet, and how many of them the next transaction
 * takes. */
#ifndef LBX_WORKER_BACKLOG_H
#define LBX_WORKER_BACKLOG_H

#include "io/consumer.h"

struct lbx_backlog {
    size_t most_records, most_bytes; /* of a batch, but for its last record; set by its owner */
    struct lbx_message **messages;
    const struct lbx_record **records; /* the messages' */
    size_t count, cap, bytes;
    size_t
        gentle; /* records of the next transaction at most, doubled with each that is in time; 0: most_records */
    size_t slice;   /* records of the next transaction at most; 0: most_records */
    bool suspected; /* the database refused the first record alone, and commits otherwise */
    bool refused;   /* and refused it again */
    bool mute;      /* and the answer that rejects it, too */
};

/* Takes the message over. */
void lbx_backlog_add(struct lbx_backlog *backlog, struct lbx_message *message);

/* Whether it holds what a batch may hold. */
bool lbx_backlog_full(const struct lbx_backlog *backlog);

/* How many records the next transaction takes, from the first on. */
size_t lbx_backlog_next(const struct lbx_backlog *backlog);

/* The first records are committed, and freed. The next transaction is a whole one. */
void lbx_backlog_committed(struct lbx_backlog *backlog, size_t count);

/* The first records lead to more than one transaction may write: the next ones take fewer. */
void lbx_backlog_cut(struct lbx_backlog *backlog, size_t count);

/* The database refused the first records for what is in them: the next transactions take fewer,
 * down to the record at fault. True: it was refused alone. */
bool lbx_backlog_refused(struct lbx_backlog *backlog, size_t count);

/* The first records were too many to be done in time: the next transaction takes half of them. */
void lbx_backlog_slow(struct lbx_backlog *backlog, size_t count);

/* The first record may be innocent. */
void lbx_backlog_acquit(struct lbx_backlog *backlog);

/* Frees all records, and keeps room for others. */
void lbx_backlog_clear(struct lbx_backlog *backlog);
void lbx_backlog_done(struct lbx_backlog *backlog);

#endif
