/* Sentences about operators' actions on rejected records and partitions, and about rows that Kafka refused. See story.c. */
#include "mail/words.h"
#include "sentences.h"

static void tell_settled(const char *does, const struct lbx_quarantine_settled *q,
                         const struct ctl_told *told) {
    ctl_put_person(&q->by, told->who);
    lbx_buf_printf(told->what, "%s the rejected record %lld", does, (long long)q->quarantine_id);
    ctl_put_remark(q->reason, told->what);
}

void ctl_tell_quarantine(const void *data, const struct ctl_told *told) {
    switch ((enum lbx_quarantine_event)told->type) {
    case LBX_QUARANTINE_EVENT_REPLAYED:
        tell_settled("replays", data, told);
        break;
    case LBX_QUARANTINE_EVENT_DISCARDED:
        tell_settled("discards", data, told);
        break;
    }
}

static void tell_row_refused(const struct lbx_row_refused *refused, const struct ctl_told *told) {
    lbx_buf_str(told->who, "Kafka");
    lbx_buf_printf(told->what, "refuses the %s %lld of %lld bytes for good: ",
                   refused->event_id ? "event in row" : "dead letter of record",
                   (long long)refused->row, (long long)refused->bytes);
    lbx_text_harmless(refused->error, told->what);
}

/* The topic's name without prefix; unchanged if it is not one of Lockbox's. */
static const char *bare_topic(const char *topic) {
    enum lbx_topic known = lbx_topic_of(topic, NULL);
    return known == LBX_TOPIC_COUNT ? topic : lbx_topic_name(known);
}

static void tell_skipped(const struct lbx_partition_order *order, const struct ctl_told *told) {
    ctl_put_person(&order->by, told->who);
    lbx_buf_printf(told->what, "steps over the offsets %lld to %lld of partition %lld of %s",
                   (long long)order->first_offset, (long long)order->last_offset,
                   (long long)order->partition, bare_topic(order->topic));
    ctl_put_remark(order->reason, told->what);
}

static void tell_accepted(const struct lbx_partition_order *order, const struct ctl_told *told) {
    ctl_put_person(&order->by, told->who);
    lbx_buf_printf(told->what, "accepts another log of partition %lld of %s",
                   (long long)order->partition, bare_topic(order->topic));
    ctl_put_remark(order->reason, told->what);
}

void ctl_tell_operator(const void *data, const struct ctl_told *told) {
    switch ((enum lbx_operator_event)told->type) {
    case LBX_OPERATOR_EVENT_ROW_REFUSED:
        tell_row_refused(data, told);
        break;
    case LBX_OPERATOR_EVENT_PARTITION_SKIPPED:
        tell_skipped(data, told);
        break;
    case LBX_OPERATOR_EVENT_PARTITION_ACCEPTED:
        tell_accepted(data, told);
        break;
    }
}
