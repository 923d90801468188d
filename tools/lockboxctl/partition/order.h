/* What the commands about a partition share: who orders what, and the event that tells it. */
#ifndef LOCKBOXCTL_PARTITION_ORDER_H
#define LOCKBOXCTL_PARTITION_ORDER_H

#include "arguments.h"
#include "base/uuid.h"
#include "event/envelope.h"

/* A number from 0 to most; what it is, for people. Says so where it is none. */
bool order_number(const char *text, int64_t most, const char *what, int64_t *ret);

/* TOPIC PARTITION --by --reason. Says what is wrong. */
bool order_read_place(struct ctl *ctl, struct lbx_partition_order *order);

/* Whose login it is and what time it is are the server's word, and the event says both. */
enum ctl_exit order_who_and_when(struct ctl *ctl, struct lbx_partition_order *order);

void order_event(struct ctl *ctl, enum lbx_event_type type, const struct lbx_partition_order *order,
                 char ret_event_id[LBX_UUID_SIZE], struct lbx_buf *event);

#endif
