/* Records of several partitions that a database has not read, in the order of Kafka's timestamps. */
#ifndef LOCKBOXCTL_RECONCILE_INPUT_H
#define LOCKBOXCTL_RECONCILE_INPUT_H

#include "command.h"
#include "io/reader.h"
#include "worker/claims.h"

struct input;

/* Opens these partitions, each from its next_offset to its current end. Borrows the claims. Prints errors. */
enum ctl_exit input_open(struct ctl *ctl, const struct lbx_claims *const *claims, size_t count,
                         struct input **ret_input);
void input_close(struct input *input);

/* The number of offsets left, with or without a record. */
int64_t input_left(const struct input *input);

/* The earliest record left, valid until the next call; of equal times, that of the partition
 * given first. ret_which: index of its claims. CTL_NO, without an error printed: none is left. */
enum ctl_exit input_next(struct input *input, struct lbx_record *ret_record, size_t *ret_which);

#endif
