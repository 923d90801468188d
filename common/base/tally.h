/* Counts of outcomes by name: verdicts, reasons, types. Names are for machines and few; never an id, an address
 * or anything that came from outside.
 */
#ifndef LBX_BASE_TALLY_H
#define LBX_BASE_TALLY_H

#include "base/buf.h"

/* Adds one to the metric's count under label="value". All three are static text. Beyond 128 different ones, what
 * is new is not counted. From any thread. */
void lbx_tally(const char *metric, const char *label, const char *value);

/* Appends them as Prometheus' counters lockbox_<metric>_total{worker="worker",label="value"}. */
void lbx_tally_write(const char *worker, struct lbx_buf *out);

#endif
