/* The state of audit monitor: the last checkpoints, in the file of --checkpoint. */
#ifndef LOCKBOXCTL_AUDIT_MONITOR_STATE_H
#define LOCKBOXCTL_AUDIT_MONITOR_STATE_H

#include "base/map.h"
#include "command.h"
#include "tlog/tree.h"

struct seen {
    uint64_t size;
    struct lbx_hash root;
    const struct lbx_edge *edge; /* to continue without the store's tiles; NULL: not stored */
};

struct monitor_state {
    const char *since;    /* until when violations were looked for; "-infinity": never */
    struct lbx_map seen;  /* origin → struct seen */
    struct lbx_map notes; /* origin → text of the last checkpoint, if it was stored */
    struct lbx_map read;  /* partition of checkpoints, as text → int64_t, the next offset */
};

/* Reads the file into the run's arena; no file is an empty state. CTL_USAGE: the file cannot be
 * read or is malformed. */
enum ctl_exit monitor_state_read(struct ctl *ctl, struct monitor_state *ret_state);

/* Replaces the file as a whole. */
enum ctl_exit monitor_state_write(const struct ctl *ctl, const struct monitor_state *state);

#endif
