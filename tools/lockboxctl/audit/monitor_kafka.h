/* audit monitor --kafka: uses the topics only. */
#ifndef LOCKBOXCTL_AUDIT_MONITOR_KAFKA_H
#define LOCKBOXCTL_AUDIT_MONITOR_KAFKA_H

#include "command.h"

/* Checks once what is new in Kafka. Exit codes as audit monitor; alarms are counted in ctl->found. */
enum ctl_exit monitor_kafka(struct ctl *ctl);

#endif
