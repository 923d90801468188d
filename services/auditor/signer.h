/* Checkpoints: every LOCKBOX_CHECKPOINT_INTERVAL, each changed head is signed, and stored in
 * audit.checkpoint.
 *
 * Before its first signature for a partition, a lane checks that the stored tiles and leaves
 * have the roots of head and last checkpoint. Afterwards it knows each head by its own appends.
 * If the store differs, or has two heads of one size, the answer is LBX_ERR_CONFLICT, and
 * nothing is signed. A store that was restored may lack published checkpoints, so their topic is
 * read first (last_notes.h). A log shorter than its published checkpoint is not signed, and the
 * worker is not ready; if it later differs from that checkpoint, the answer is LBX_ERR_CONFLICT.
 * The topic of checkpoints itself is not signed. */
#ifndef AUDITOR_SIGNER_H
#define AUDITOR_SIGNER_H

#include "last_notes.h"
#include "turns.h"
#include "worker/consume.h"

/* The state of one lane. */
struct auditor_signer {
    size_t call;               /* that reads the heads */
    int64_t unsigned_since_us; /* since when a leaf waits for a checkpoint; 0: none */
    bool signs_all;            /* the current transaction signs every head that waits */
    struct lbx_pg_arrays asked, heads, keys;
    struct lbx_buf note;
    struct auditor_last_notes told; /* published checkpoints */
    enum lbx_err told_err;          /* LBX_OK: they were read completely */
    const char *behind; /* name of a log shorter than its published checkpoint; NULL: none */
    struct auditor_turns turns;
};

/* Reads the PEM keys of LOCKBOX_CHECKPOINT_KEY_FILE. The first one's id is stored with each
 * checkpoint, and the others sign as well. LBX_ERR_INVALID: the setting is wrong; logged. Without
 * a key nothing is signed. */
enum lbx_err auditor_signer_open(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* Whether one of the keys signed the note under that origin; *ret_key_id is the key's id. */
bool auditor_signer_made(const struct lbx_note *note, const char *origin, char ret_key_id[9]);

/* The functions of the checkpoint's struct lbx_transaction. */
void auditor_sign_read(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_pg_pipeline *calls);
enum lbx_err auditor_sign_write(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_pg_pipeline *last);

void auditor_sign_end(struct lbx_handler *handler, const struct lbx_records *records,
                      enum lbx_err err);

/* Whether heads are left for the next checkpoint. */
bool auditor_sign_left(struct lbx_handler *handler);

/* Why nothing is signed, for /readyz; NULL: signatures are up to date. */
const char *auditor_sign_waiting_for(struct lbx_handler *handler);

extern struct lbx_metric *const auditor_signer_metrics[];

/* Notes that committed leaves wait for a checkpoint. */
void auditor_signer_wait(struct auditor_signer *signer, size_t lane);

void auditor_signer_done(struct auditor_signer *signer);

#endif
