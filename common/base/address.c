/* Checks an address against the blocks that are not public. Fails closed: an address of an unknown family is not public. */
#include "base/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block {
    uint32_t first;
    int bits;
};

/* RFC 6890, with multicast and reserved blocks. */
static const struct block blocks[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15},
    {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 3},
};

static bool is_public_4(uint32_t address) {
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if ((address ^ blocks[i].first) >> (32 - blocks[i].bits) == 0)
            return false;
    return true;
}

static uint32_t word(const unsigned char *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Only 2000::/3 is allocated. Of it 2001:db8::/32 is for documentation, and 2002::/16 carries
 * IPv4, as do ::ffff:0:0/96 and 64:ff9b::/96. */
static bool is_public_6(const unsigned char address[16]) {
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    static const unsigned char translated[12] = {0x00, 0x64, 0xFF, 0x9B};
    if (memcmp(address, mapped, sizeof mapped) == 0 ||
        memcmp(address, translated, sizeof translated) == 0)
        return is_public_4(word(address + 12));
    if (address[0] == 0x20 && address[1] == 0x02)
        return is_public_4(word(address + 2));
    return (address[0] & 0xE0) == 0x20 && word(address) != 0x20010DB8;
}

bool lbx_address_is_public(const struct sockaddr *address) {
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    if (address->sa_family == AF_INET) {
        memcpy(&ipv4, address, sizeof ipv4);
        return is_public_4(ntohl(ipv4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&ipv6, address, sizeof ipv6);
    return is_public_6(ipv6.sin6_addr.s6_addr);
}
