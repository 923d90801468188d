/* Shared by the commands about a partition: the order, and its event. */
#ifndef LOCKBOXCTL_PARTITION_ORDER_H
#define LOCKBOXCTL_PARTITION_ORDER_H

#include "arguments.h"
#include "base/uuid.h"
#include "event/envelope.h"

/* Reads a number from 0 to most. `what` names it in the error. False, with the error printed: not such a number. */
bool order_number(const char *text, int64_t most, const char *what, int64_t *ret);

/* Reads TOPIC PARTITION --by --reason. Prints errors. */
bool order_read_place(struct ctl *ctl, struct lbx_partition_order *order);

/* Sets login and time, as the server says, for the event. */
enum ctl_exit order_who_and_when(struct ctl *ctl, struct lbx_partition_order *order);

void order_event(struct ctl *ctl, enum lbx_event_type type, const struct lbx_partition_order *order,
                 char ret_event_id[LBX_UUID_SIZE], struct lbx_buf *event);

#endif
