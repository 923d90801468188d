/* Which webhook URLs are valid: https, a host and an optional port, no user and no fragment. One
 * rule for events that have URLs and for programs that post to them. */
#ifndef LBX_BASE_WEBHOOK_H
#define LBX_BASE_WEBHOOK_H

#include <stddef.h>

enum { LBX_WEBHOOK_MAX = 1000, LBX_WEBHOOK_HOST_MAX = 200 };

/* NULL: valid. Otherwise the reason, in a few static words that do not quote the URL. */
const char *lbx_webhook_check(const char *url, size_t len);

/* The bytes of the host, which begins behind "https://". The URL is valid. */
size_t lbx_webhook_host_len(const char *url);

#endif
