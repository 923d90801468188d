/* audit monitor --kafka: from the topics alone. */
#ifndef LOCKBOXCTL_AUDIT_MONITOR_KAFKA_H
#define LOCKBOXCTL_AUDIT_MONITOR_KAFKA_H

#include "command.h"

/* One look at what is new in Kafka. Exit codes as of audit monitor; alarms are counted in ctl->found. */
enum ctl_exit monitor_kafka(struct ctl *ctl);

#endif
