/* The listen address of a server, as settings have it. */
#ifndef LBX_IO_LISTEN_H
#define LBX_IO_LISTEN_H

#include "base/err.h"

struct addrinfo;

/* listen: host:port with a numeric host ("127.0.0.1:9100", "[::1]:9100", "0.0.0.0:9100"). The caller frees the
 * address (freeaddrinfo). LBX_ERR_INVALID: not of that form. */
enum lbx_err lbx_listen_resolve(const char *listen, struct addrinfo **ret_address) LBX_MUST_CHECK;

#endif
