/* What audit monitor tells: one JSON object a line, and one CloudEvent each where there is a webhook. */
#ifndef LOCKBOXCTL_AUDIT_ALARMS_H
#define LOCKBOXCTL_AUDIT_ALARMS_H

#include "command.h"

/* Text is borrowed; NULL: not known. partition, offset -1: none. */
struct alarm {
    const char *kind, *topic;
    int32_t partition;
    int64_t offset;
    const char *event_id, *request_id, *tenant_id, *at, *detail;
    const char *why; /* of a violation */
};

/* Prints the alarm, counts it in ctl->found, and sends it to --webhook. CTL_UNREACHABLE: the webhook did not take it. The
 * CloudEvent's id follows from what the alarm says: the same alarm sent again has the same id. */
enum ctl_exit alarm_tell(struct ctl *ctl, const struct alarm *alarm);

/* CTL_USAGE: --webhook leads to another machine without TLS, and LOCKBOX_ALLOW_PLAINTEXT does not say that it may. */
enum ctl_exit alarm_check_webhook(const struct ctl *ctl);

#endif
