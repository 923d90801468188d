/* What the witnesses of a policy saw of a log, by their own word (C2SP tlog-witness). */
#ifndef LOCKBOXCTL_AUDIT_WITNESS_SEEN_H
#define LOCKBOXCTL_AUDIT_WITNESS_SEEN_H

#include "command.h"
#include "tlog/policy.h"

/* Shows the witnesses a checkpoint as one that each has seen already: a witness signs again what it saw last, and otherwise
 * says how much it saw; it takes over nothing. *ret_size: the largest that enough of them saw, 0 where there is none. A witness
 * that cannot be asked saw nothing. CTL_USAGE: an URL is none. */
enum ctl_exit witness_seen(const struct lbx_witness_policy *policy, const char *note, uint64_t size,
                           uint64_t *ret_size);

#endif
