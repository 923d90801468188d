/* Checkpoints: every LOCKBOX_CHECKPOINT_INTERVAL each head that moved is signed, and stored in
 * audit.checkpoint.
 *
 * Before its first signature for a partition, a lane makes sure that the head and the last
 * checkpoint are what the stored tiles and leaves amount to; from then on it knows each head by its
 * own appends. Where the store says otherwise, or has two heads of one size, the answer is
 * LBX_ERR_CONFLICT, and nothing is signed. The topic of checkpoints itself has none.
 */
#ifndef AUDITOR_SIGNER_H
#define AUDITOR_SIGNER_H

#include "worker/consume.h"

/* One lane's. */
struct auditor_signer {
    size_t call;               /* that reads the heads */
    int64_t unsigned_since_us; /* since when a leaf waits for a checkpoint; 0: none does */
    struct lbx_rows asked, heads, keys;
    struct lbx_buf note;
};

/* Reads the keys of LOCKBOX_CHECKPOINT_KEY_FILE: PEM, the first signs under its id, the others
 * beside it. For the start: LBX_ERR_INVALID names the setting that is wrong. Without a key nothing
 * is signed. */
enum lbx_err auditor_signer_open(const struct lbx_settings *settings) LBX_MUST_CHECK;

/* The two halves of a struct lbx_transaction: the checkpoint's. */
void auditor_sign_read(struct lbx_handler *handler, const struct lbx_records *records,
                       struct lbx_calls *calls);
enum lbx_err auditor_sign_write(struct lbx_handler *handler, const struct lbx_records *records,
                                struct lbx_calls *last);

extern struct lbx_metric *const auditor_signer_metrics[];

/* Leaves were committed that wait for a checkpoint. */
void auditor_signer_wait(struct auditor_signer *signer, size_t lane);

void auditor_signer_done(struct auditor_signer *signer);

#endif
