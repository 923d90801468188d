/* Whether an address belongs to the public Internet, and not to a private network or this machine. */
#ifndef LBX_BASE_ADDRESS_H
#define LBX_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* For IPv4 and IPv6, by IANA's registries of special-purpose addresses (RFC 6890). An address
 * that carries an IPv4 address is judged by that one. Other families: false. */
bool lbx_address_is_public(const struct sockaddr *address);

#endif
