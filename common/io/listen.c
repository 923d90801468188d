/* Reads host:port without a DNS resolver. Fails on a host or port that is not numeric. */
#include "io/listen.h"

#include "base/cleanup.h"

#include <netdb.h>
#include <stdbool.h>
#include <string.h>

enum lbx_err lbx_listen_resolve(const char *listen, struct addrinfo **ret_address) {
    const char *colon = strrchr(listen, ':');
    if (!colon)
        return LBX_ERR_INVALID;
    bool bracketed = listen[0] == '[' && colon > listen + 1 && colon[-1] == ']';
    char *host LBX_FREE = bracketed ? strndup(listen + 1, (size_t)(colon - listen) - 2)
                                    : strndup(listen, (size_t)(colon - listen));
    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                             .ai_socktype = SOCK_STREAM};
    return getaddrinfo(host, colon + 1, &hints, ret_address) ? LBX_ERR_INVALID : LBX_OK;
}
