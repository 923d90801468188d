/* Checkpoints: every LOCKBOX_CHECKPOINT_INTERVAL each head that moved is signed, and stored in
 * audit.checkpoint.
 *
 * Before its first signature for a partition, a lane makes sure that the head and the last
 * checkpoint are what the stored tiles and leaves amount to; from then on it knows each head by its
 * own appends. Where the store says otherwise, or has two heads of one size, the answer is
 * LBX_ERR_CONFLICT, and nothing is signed. A store that was set back may have forgotten checkpoints
 * that were published: their topic is read first (last_notes.h). Until a log is as long as it was
 * told to be nothing of it is signed, and the worker is not ready; if it is another one by then, the
 * answer is LBX_ERR_CONFLICT, too. The topic of checkpoints itself has none.
 */
#ifndef AUDITOR_SIGNER_H
#define AUDITOR_SIGNER_H

#include "last_notes.h"
#include "turns.h"
#include "worker/consume.h"

/* One lane's. */
struct auditor_signer {
    size_t call;               /* that reads the heads */
    int64_t unsigned_since_us; /* since when a leaf waits for a checkpoint; 0: none does */
    bool signs_all;            /* the transaction under way signs each head that waits */
    struct lbx_pg_arrays asked, heads, keys;
    struct lbx_buf note;
    struct auditor_last_notes told; /* on the topic of checkpoints */
    enum lbx_err told_err;          /* LBX_OK: all of it is known */
    const char *behind; /* names a log that is shorter than it was told to be; NULL: none is */
    struct auditor_turns turns;
};

/* Reads the keys of LOCKBOX_CHECKPOINT_KEY_FILE: PEM, the first signs under its id, the others
 * beside it. For the start: LBX_ERR_INVALID names the setting that is wrong. Without a key nothing
 * is signed. */
enum lbx_err auditor_signer_open(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Whether one of the keys signed the note under that origin; *ret_key_id is which. */
bool auditor_signer_made(const struct lbx_note *note, const char *origin, char ret_key_id[9]);

/* The parts of a struct lbx_transaction: the checkpoint's. */
void auditor_sign_read(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_pg_pipeline *calls);
enum lbx_err auditor_sign_write(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *last);

void auditor_sign_end(struct lbx_handler *handler, const struct lbx_records *records,
                      enum lbx_err err);

/* Whether heads were left for the next checkpoint. */
bool auditor_sign_left(struct lbx_handler *handler);

/* Why nothing is signed, for /readyz; NULL: it is. */
const char *auditor_sign_waiting_for(struct lbx_handler *handler);

extern struct lbx_metric *const auditor_signer_metrics[];

/* Leaves were committed that wait for a checkpoint. */
void auditor_signer_wait(struct auditor_signer *signer, size_t lane);

void auditor_signer_done(struct auditor_signer *signer);

#endif
