/* sd_notify(3) for a service of Type=notify, without libsystemd. */
#ifndef LBX_WORKER_NOTIFY_H
#define LBX_WORKER_NOTIFY_H

#include <stdint.h>

/* Sends state to $NOTIFY_SOCKET, if that is set: "READY=1", "STOPPING=1", "STATUS=…",
 * "WATCHDOG=1"; several on a line each. Does not block, and returns no error: /readyz says the
 * same. */
void lbx_notify(const char *state);

/* Microseconds between two "WATCHDOG=1": half of $WATCHDOG_USEC. 0: none. */
int64_t lbx_notify_watchdog_us(void);

#endif
