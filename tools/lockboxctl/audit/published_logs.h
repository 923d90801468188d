/* Logs and their checkpoints, as the topic of checkpoints has them. */
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

/* All members live in the run's arena. */
struct published_log {
    const char *origin, *topic; /* topic: the log's name */
    int32_t partition;
    int64_t base, number;              /* number: of the partition's logs */
    struct published_checkpoint *list; /* new ones, by size */
    size_t count, room;
};

struct published_logs {
    struct lbx_map by_origin; /* origin → struct published_log */
};

/* Called for a wrong checkpoint of a log, to report it. */
typedef void published_wrong(void *context, const struct lbx_record *record, const char *what);

/* The log of an origin, by LOCKBOX_LOG_ORIGIN and our topics. False: none of ours. */
bool published_log_of(struct ctl *ctl, const char *origin, struct published_log *ret_log);

/* Reads what is new in the topic of checkpoints, and updates state->read. A record that is no
 * checkpoint is ignored; one without a trusted signature is wrong. */
enum ctl_exit published_logs_read(struct ctl *ctl, struct lbx_reader *reader,
                                  const struct trusted *trusted, struct monitor_state *state,
                                  struct published_logs *ret_logs, published_wrong *wrong,
                                  void *context);

#endif
