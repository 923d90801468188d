/* The alarms of audit monitor: one JSON object a line and, with a webhook, one CloudEvent each. */
#ifndef LOCKBOXCTL_AUDIT_ALARMS_H
#define LOCKBOXCTL_AUDIT_ALARMS_H

#include "command.h"

/* Texts are borrowed; NULL: unknown. partition, offset -1: none. */
struct alarm {
    const char *kind, *topic;
    int32_t partition;
    int64_t offset;
    const char *event_id, *request_id, *tenant_id, *at, *detail;
    const char *why; /* the reason of a violation */
};

/* Prints the alarm, counts it in ctl->found, and posts it to --webhook. CTL_UNREACHABLE: the webhook did not
 * accept it. The CloudEvent's id is derived from the alarm, so that a repeated alarm has the same id. */
enum ctl_exit alarm_tell(struct ctl *ctl, const struct alarm *alarm);

/* CTL_USAGE: --webhook is on another machine, without TLS, and LOCKBOX_ALLOW_PLAINTEXT does not allow that. */
enum ctl_exit alarm_check_webhook(const struct ctl *ctl);

#endif
