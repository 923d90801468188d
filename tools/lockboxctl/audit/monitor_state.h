/* The last checkpoints that audit monitor saw, in the file of --checkpoint: all that it keeps. */
#ifndef LOCKBOXCTL_AUDIT_MONITOR_STATE_H
#define LOCKBOXCTL_AUDIT_MONITOR_STATE_H

#include "base/map.h"
#include "command.h"
#include "tlog/tree.h"

struct seen {
    uint64_t size;
    struct lbx_hash root;
    const struct lbx_edge *edge; /* to go on from without the store's tiles; NULL: not kept */
};

struct monitor_state {
    const char *since;    /* up to when violations were looked for; "-infinity": never */
    struct lbx_map seen;  /* origin → struct seen */
    struct lbx_map notes; /* origin → the checkpoint that was seen last, where it was kept: text */
    struct lbx_map read; /* of Kafka's checkpoints: partition, in text → int64_t, the next offset */
};

/* Reads the file into the run's arena; a file that is not there is an empty state. CTL_USAGE: it cannot be read, and nothing
 * is taken for granted. */
enum ctl_exit monitor_state_read(struct ctl *ctl, struct monitor_state *ret_state);

/* Replaces the file, whole or not at all. */
enum ctl_exit monitor_state_write(const struct ctl *ctl, const struct monitor_state *state);

#endif
