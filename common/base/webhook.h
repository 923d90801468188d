/* Which URLs a webhook may have: https, a host, at most a port; no user and no fragment. One rule for events that bring
 * URLs and programs that post to them. */
#ifndef LBX_BASE_WEBHOOK_H
#define LBX_BASE_WEBHOOK_H

#include <stddef.h>

enum { LBX_WEBHOOK_MAX = 1000, LBX_WEBHOOK_HOST_MAX = 200 };

/* NULL, or why it is none, in a few static words that quote nothing. */
const char *lbx_webhook_check(const char *url, size_t len);

/* How many bytes its host has, which begins behind "https://"; the URL is one that lbx_webhook_check takes. */
size_t lbx_webhook_host_len(const char *url);

#endif
