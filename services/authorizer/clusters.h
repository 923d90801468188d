/* The clusters file: which API servers may ask, and for which cluster. */
#ifndef AUTHORIZER_CLUSTERS_H
#define AUTHORIZER_CLUSTERS_H

#include "base/arena.h"
#include "json/read.h"

#include <stdatomic.h>
#include <stdbool.h>

struct kinds;

struct cluster {
    const char *id, *resource_id;
    const char *client_name; /* common name of the API server's certificate */
    const char **preview_clients;
    size_t preview_client_count;
    const char *username_prefix, *group; /* whom the cluster knows as an engineer */
    /* The cluster as seen by an identity of the customer's; server NULL: its kinds are unknown. */
    const char *server, *ca_file, *certificate_file, *key_file;
    struct lbx_json
        trust; /* the keys that its customer pins: a file that asks for them is refused */
    struct kinds *kinds;
};

/* What one reading of the file gave. It lives until the last holder releases it. */
struct clusters {
    struct lbx_arena arena;
    struct cluster *list;
    size_t count;
    _Atomic int holders;
};

/* The caller holds the result. LBX_ERR_INVALID: *ret_reason says what is wrong, without values. */
enum lbx_err clusters_read(const char *path, struct clusters **ret_clusters,
                           struct lbx_reason *ret_reason) LBX_MUST_CHECK;
void clusters_release(struct clusters *clusters);

/* NULL: there is none of that id (len bytes of it). */
const struct cluster *clusters_find(const struct clusters *clusters, const char *id, size_t len);

#endif
