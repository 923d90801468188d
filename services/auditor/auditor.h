/* What the auditor does with a batch: each record is read once, and becomes a row of the store, a leaf of its
 * partition's log, and whatever the read models make of it, in one transaction. See worker/consume.h.
 */
#ifndef AUDITOR_AUDITOR_H
#define AUDITOR_AUDITOR_H

#include "custody.h"
#include "event/envelope.h"
#include "models/models.h"
#include "tlog/tree.h"
#include "worker/consume.h"

/* A record, read. */
struct auditor_entry {
    const struct lbx_record *record;
    struct lbx_event_glance glance;
    struct lbx_event event; /* where the read models read its topic */
    const char *reason;     /* why it is no event as it should be; NULL: it is */
    struct lbx_hash leaf;
};

/* Everything lives in the batch's arena. */
struct auditor_batch {
    struct lbx_batch *batch;
    struct auditor_entry *entries; /* as batch->inputs, in order within each partition */
    size_t count;
    int64_t received_us;
};

/* A struct lbx_raw_step. */
void auditor_append_read(struct lbx_batch *batch, struct lbx_calls *calls);
enum lbx_err auditor_append_write(struct lbx_batch *batch, struct lbx_calls *last);
void auditor_append_done(struct lbx_batch *batch);

/* batch->kept of the auditor. */
struct auditor_kept {
    int64_t room_until_us; /* until when nobody needs to ask for room in audit.event */
    struct auditor_custody custody;
    struct lbx_rows asked;    /* parameters of the statements under way */
    struct lbx_rows heads[2]; /* those that are updated, those that are new */
    struct lbx_models models; /* what the batch adds to them */
    struct lbx_rows signed_heads, signing_keys;
    struct lbx_buf out, leaf; /* scratch */
};
void auditor_drop_kept(void *kept);

#endif
