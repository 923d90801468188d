/* Checkpoints in their topic that the store has not read yet. With them, an auditor with a
 * restored or new store does not sign anything that contradicts a published checkpoint. */
#ifndef AUDITOR_LAST_NOTES_H
#define AUDITOR_LAST_NOTES_H

#include "io/reader.h"
#include "tlog/note.h"
#include "worker/consume.h"

struct auditor_last_note {
    struct lbx_checkpoint checkpoint;
    bool checked; /* the stored leaves have its root */
};

/* The state of one lane. */
struct auditor_last_notes {
    uint64_t term; /* the claims for which it was read; 0: none */
    bool whole;    /* all partitions were read */
    struct auditor_last_note *list;
    size_t count;
    /* While reading: */
    struct lbx_reader *reader;
    char topic[256];
    int32_t partition;
    bool within;   /* the reader has begun the current partition */
    int64_t *from; /* for each partition, the offset to which the store has read */
    size_t from_count;
};

/* Whether a note is signed by one of this deployment's keys, under its origin. Other notes are ignored. */
typedef bool auditor_is_ours_fn(const struct lbx_note *note, const char *origin);

/* Reads the topic, if the claims were taken since the last call: for a second, or until Kafka is
 * silent for four. Called outside of any transaction. LBX_ERR_LIMIT: more is left, call again.
 * LBX_ERR_UNAVAILABLE: the database or Kafka does not answer. In both cases nothing may be signed. */
enum lbx_err auditor_last_notes_read(struct auditor_last_notes *notes,
                                     const struct lbx_records *records, auditor_is_ours_fn *is_ours)
    LBX_MUST_CHECK;

/* The largest note of a log; NULL: none. */
struct auditor_last_note *auditor_last_note(const struct auditor_last_notes *notes,
                                            const char *origin);

void auditor_last_notes_done(struct auditor_last_notes *notes);

#endif
