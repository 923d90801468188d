/* What a check found, for Prometheus: --metrics FILE. */
#ifndef LOCKBOXCTL_CHECK_METRICS_H
#define LOCKBOXCTL_CHECK_METRICS_H

#include "command.h"

/* Writes how the command ended into the file of --metrics, whole or not at all: node_exporter's textfile collector reads it
 * meanwhile. Answers code, or CTL_NO where the file cannot be written. */
enum ctl_exit check_metrics_write(const struct ctl *ctl, enum ctl_exit code);

#endif
