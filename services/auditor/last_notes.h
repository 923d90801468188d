/* The checkpoints that stand on their topic beyond what the store has read of it: an auditor whose store was set back, or is
 * built anew, does not sign what contradicts them.
 */
#ifndef AUDITOR_LAST_NOTES_H
#define AUDITOR_LAST_NOTES_H

#include "io/reader.h"
#include "tlog/note.h"
#include "worker/consume.h"

struct auditor_last_note {
    struct lbx_checkpoint checkpoint;
    bool checked; /* the stored leaves amount to it */
};

/* One lane's. */
struct auditor_last_notes {
    uint64_t term; /* of which claims they are read; 0: of none */
    bool whole;    /* all are */
    struct auditor_last_note *list;
    size_t count;
    /* While they are read: */
    struct lbx_reader *reader;
    char topic[256];
    int32_t partition;
    bool within;   /* the partition is begun */
    int64_t *from; /* by partition: where the store has read to */
    size_t from_count;
};

/* Whether a note is signed by one of this deployment's keys, under its origin: others count for nothing. */
typedef bool auditor_is_ours_fn(const struct lbx_note *note, const char *origin);

/* Reads them from Kafka, where the claims were taken since the last call, for a second or until Kafka does not answer for
 * four. Outside of any transaction. LBX_ERR_LIMIT: call again for the rest. LBX_ERR_UNAVAILABLE: the database or Kafka does
 * not answer. Either way nothing may be signed. */
enum lbx_err auditor_last_notes_read(struct auditor_last_notes *notes,
                                     const struct lbx_records *records, auditor_is_ours_fn *is_ours)
    LBX_MUST_CHECK;

/* The largest of a log; NULL: there is none. */
struct auditor_last_note *auditor_last_note(const struct auditor_last_notes *notes,
                                            const char *origin);

void auditor_last_notes_done(struct auditor_last_notes *notes);

#endif
