/* A check's result for Prometheus: --metrics FILE. */
#ifndef LOCKBOXCTL_CHECK_METRICS_H
#define LOCKBOXCTL_CHECK_METRICS_H

#include "command.h"

/* Writes the command's result into the file of --metrics, as a whole, as node_exporter's textfile
 * collector may read it at any time. Returns code, or CTL_NO where the file cannot be written. */
enum ctl_exit check_metrics_write(const struct ctl *ctl, enum ctl_exit code);

#endif
