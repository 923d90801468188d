/* The records that a database has not read, of several partitions, in the order of Kafka's times. */
#ifndef LOCKBOXCTL_RECONCILE_INPUT_H
#define LOCKBOXCTL_RECONCILE_INPUT_H

#include "command.h"
#include "io/reader.h"
#include "worker/claims.h"

struct input;

/* Of all of these partitions, each from its next_offset to its end of now. Borrows the claims. Says why not. */
enum ctl_exit input_open(struct ctl *ctl, const struct lbx_claims *const *claims, size_t count,
                         struct input **ret_input);
void input_close(struct input *input);

/* Records that are left; holes in the offsets count, too. */
int64_t input_left(const struct input *input);

/* The earliest record that is left, whose bytes live until the next call; of two of one time, the one of the partition
 * named first. ret_which: which of the claims it is of. CTL_NO: there are no more, which is not said. */
enum ctl_exit input_next(struct input *input, struct lbx_record *ret_record, size_t *ret_which);

#endif
