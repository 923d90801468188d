/* What systemd is told of a service of Type=notify: sd_notify(3)'s datagrams, without its library.
 */
#ifndef LBX_WORKER_NOTIFY_H
#define LBX_WORKER_NOTIFY_H

#include <stdint.h>

/* Sends to $NOTIFY_SOCKET, if there is one: "READY=1", "STOPPING=1", "STATUS=…", "WATCHDOG=1";
 * several at once stand on lines of their own. Nobody waits, nothing is returned: what it tells,
 * /readyz says too. */
void lbx_notify(const char *state);

/* How often to send "WATCHDOG=1", in microseconds: half of what systemd gives. 0: never. */
int64_t lbx_notify_watchdog_us(void);

#endif
