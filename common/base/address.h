/* Which addresses are those of the public Internet, and no machine's of a private network or this one. */
#ifndef LBX_BASE_ADDRESS_H
#define LBX_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Of IPv4 and IPv6, by the IANA's registries of special-purpose addresses (RFC 6890). An address that carries an IPv4 address
 * is as public as that one. Of any other family: false. */
bool lbx_address_is_public(const struct sockaddr *address);

#endif
