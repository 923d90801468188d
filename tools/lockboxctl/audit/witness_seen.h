/* What a policy's witnesses say that they saw of a log (C2SP tlog-witness). */
#ifndef LOCKBOXCTL_AUDIT_WITNESS_SEEN_H
#define LOCKBOXCTL_AUDIT_WITNESS_SEEN_H

#include "command.h"
#include "tlog/policy.h"

/* Sends each witness a checkpoint as if the witness had seen it: a witness signs again what it saw last, and
 * otherwise returns the size that it saw; its state does not change. *ret_size: the largest size that enough
 * witnesses saw, 0: none. A witness that cannot be asked saw nothing. CTL_USAGE: a URL is malformed. */
enum ctl_exit witness_seen(const struct lbx_witness_policy *policy, const char *note, uint64_t size,
                           uint64_t *ret_size);

#endif
