/* Reads an order about a partition, and who gives it. Fails with the error printed. */
#include "order.h"

#include "database.h"
#include "publish/publish.h"
#include "sql_ctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 2000 };

bool order_number(const char *text, int64_t most, const char *what, int64_t *ret) {
    char *end;
    *ret = strtoll(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && *ret <= most)
        return true;
    ctl_fail(CTL_USAGE, "%s: not %s", text, what);
    return false;
}

bool order_read_place(struct ctl *ctl, struct lbx_partition_order *order) {
    order->topic = ctl->args[0];
    order->reason = ctl->options[CTL_REASON];
    if (lbx_log_topic(order->topic) != order->topic ||
        lbx_topic_of(order->topic, ctl->settings.topic_prefix) == LBX_TOPIC_COUNT) {
        ctl_fail(CTL_USAGE, "%s is no topic of LOCKBOX_TOPIC_PREFIX %s", order->topic,
                 ctl->settings.topic_prefix);
        return false;
    }
    if (!order_number(ctl->args[1], INT32_MAX, "a partition's number", &order->partition) ||
        !ctl_read_operator(ctl, &order->by))
        return false;
    if (*order->reason && strlen(order->reason) <= REASON_MAX)
        return true;
    ctl_fail(CTL_USAGE, "--reason takes 1 to %d bytes of text", REASON_MAX);
    return false;
}

enum ctl_exit order_who_and_when(struct ctl *ctl, struct lbx_partition_order *order) {
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = ctl_ask(ctl, &ctl_lockbox, &sql_ctl_who_and_when, NULL, &pg);
    if (code != CTL_DONE)
        return code;
    const struct sql_ctl_who_and_when_answer it =
        LBX_PG_READ(pg, 0, 0, ctl_who_and_when, &ctl->arena);
    order->login = lbx_arena_strdup(&ctl->arena, it.login);
    order->at = it.now;
    return CTL_DONE;
}

void order_event(struct ctl *ctl, enum lbx_event_type type, const struct lbx_partition_order *order,
                 char ret_event_id[LBX_UUID_SIZE], struct lbx_buf *event) {
    ctl_event_id(ret_event_id);
    lbx_event_encode(
        &(struct lbx_event_out){
            .type = type,
            .id = ret_event_id,
            .source = "/lockbox/lockboxctl",
            .subject = lbx_arena_printf(&ctl->arena, "%s/%" PRId64, order->topic, order->partition),
            .time = order->at,
            .data = order},
        event);
}
