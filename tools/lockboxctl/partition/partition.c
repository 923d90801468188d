/* partition skip: orders the workers of both databases to skip offsets. The audit store is told
 * first, as it must have the reason of each gap in its log. An existing order is not repeated,
 * so that an interrupted command can be run again. Fails with the error printed. */
#include "commands.h"
#include "database.h"
#include "order.h"
#include "sql_ctl.h"

#include <inttypes.h>
#include <stdio.h>

/* Most offsets of an order: a longer range is no unreadable record. */
enum { OFFSETS_MOST = 1 << 20 };

static bool read_order(struct ctl *ctl, struct lbx_partition_order *order) {
    if (!order_read_place(ctl, order) ||
        !order_number(ctl->args[2], INT64_MAX - 1, "an offset", &order->first_offset) ||
        !order_number(ctl->args[3], INT64_MAX - 1, "an offset", &order->last_offset))
        return false;
    if (order->last_offset < order->first_offset ||
        order->last_offset - order->first_offset >= OFFSETS_MOST) {
        ctl_fail(CTL_USAGE, "FIRST to LAST are 1 to %d offsets", OFFSETS_MOST);
        return false;
    }
    return true;
}

/* Refuses a partition that there is not: the order would wait for it, and skip the first records of one that is added. */
static enum ctl_exit check_known(struct ctl *ctl, const struct lbx_partition_order *order) {
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_partition_known, &pg, .topic = order->topic,
                                 .partition = order->partition);
    if (code != CTL_DONE || LBX_PG_READ(pg, 0, 0, ctl_partition_known, NULL).known)
        return code;
    return ctl_fail(CTL_NO,
                    "%s/%" PRId64 ": no worker reads this partition; see lockboxctl topics check",
                    order->topic, order->partition);
}

static enum ctl_exit order_of_audit(struct ctl *ctl, const struct lbx_partition_order *order) {
    struct lbx_pg *pg CTL_PG = NULL;
    return CTL_ASK(ctl, &ctl_audit, ctl_partition_skip_audit, &pg, .topic = order->topic,
                   .partition = order->partition, .first_offset = order->first_offset,
                   .last_offset = order->last_offset, .operator_id = order->by.id,
                   .reason = order->reason);
}

static enum ctl_exit order_of_lockbox(struct ctl *ctl, struct lbx_partition_order *order,
                                      bool *ret_new) {
    char event_id[LBX_UUID_SIZE];
    struct lbx_buf event LBX_BUF = {0};
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = order_who_and_when(ctl, order);
    if (code != CTL_DONE)
        return code;
    order_event(ctl, LBX_EVENT_OPERATOR_PARTITION_SKIPPED, order, event_id, &event);
    code = CTL_ASK(ctl, &ctl_lockbox, ctl_partition_skip, &pg, .topic = order->topic,
                   .partition = order->partition, .first_offset = order->first_offset,
                   .last_offset = order->last_offset, .operator_id = order->by.id,
                   .reason = order->reason, .event_id = event_id, .event = event.data);
    if (code == CTL_DONE)
        *ret_new = LBX_PG_READ(pg, 0, 0, ctl_partition_skip, NULL).ordered;
    return code;
}

enum ctl_exit ctl_partition_skip(struct ctl *ctl) {
    struct lbx_partition_order order = {0};
    bool is_new = false;
    if (!read_order(ctl, &order))
        return CTL_USAGE;
    enum ctl_exit code = check_known(ctl, &order);
    if (code == CTL_DONE)
        code = order_of_audit(ctl, &order);
    if (code == CTL_DONE)
        code = order_of_lockbox(ctl, &order, &is_new);
    if (code == CTL_DONE)
        printf("%s/%" PRId64 ": offsets %" PRId64 " to %" PRId64 " are %s\n", order.topic,
               order.partition, order.first_offset, order.last_offset,
               is_new ? "stepped over" : "stepped over already");
    return code;
}
