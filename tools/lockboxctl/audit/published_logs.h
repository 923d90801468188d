/* The logs that the topic of checkpoints tells of, and their checkpoints. */
#ifndef LOCKBOXCTL_AUDIT_PUBLISHED_LOGS_H
#define LOCKBOXCTL_AUDIT_PUBLISHED_LOGS_H

#include "command.h"
#include "io/reader.h"
#include "keys.h"
#include "monitor_state.h"

struct published_checkpoint {
    uint64_t size;
    struct lbx_hash root;
    const char *note;
};

/* All of it lives in the run's arena. */
struct published_log {
    const char *origin, *topic; /* topic: the log's name */
    int32_t partition;
    int64_t base, number;              /* number: which of the partition's logs it is */
    struct published_checkpoint *list; /* new ones, by size */
    size_t count, room;
};

struct published_logs {
    struct lbx_map by_origin; /* origin → struct published_log */
};

/* A checkpoint of whose log one is wrong: told by the caller. */
typedef void published_wrong(void *context, const struct lbx_record *record, const char *what);

/* The log of an origin, as LOCKBOX_LOG_ORIGIN and our topics make them; false: it is none. */
bool published_log_of(struct ctl *ctl, const char *origin, struct published_log *ret_log);

/* Reads what the topic of checkpoints has behind what was read before, and moves state->read on. A record that is no
 * checkpoint is passed over; one that no trusted key signed is wrong. */
enum ctl_exit published_logs_read(struct ctl *ctl, struct lbx_reader *reader,
                                  const struct trusted *trusted, struct monitor_state *state,
                                  struct published_logs *ret_logs, published_wrong *wrong,
                                  void *context);

#endif
