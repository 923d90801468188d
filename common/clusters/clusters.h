/* The clusters file: which API servers may ask, and for which cluster. */
#ifndef LBX_CLUSTERS_CLUSTERS_H
#define LBX_CLUSTERS_CLUSTERS_H

#include "base/arena.h"
#include "clusters/trust.h"
#include "json/read.h"

#include <stdatomic.h>
#include <stdbool.h>

struct kinds;
struct evidence_cache;

struct lbx_cluster {
    const char *id, *resource_id;
    const char *client_name; /* common name of the API server's certificate */
    const char **preview_clients;
    size_t preview_client_count;
    const char *username_prefix, *group; /* whom the cluster knows as an engineer */
    /* The cluster as seen by an identity of the customer's; server NULL: its kinds are unknown. */
    const char *server, *ca_file, *certificate_file, *key_file;
    struct lbx_trust trust; /* approvers NULL: the database is believed */
    /* The reader's own, by its struct lbx_clusters_own: */
    struct evidence_cache *evidence;
    struct kinds *kinds;
    char *customer; /* the user that certificate_file is; NULL: it cannot be read */
};

/* What a reader keeps of each cluster. */
struct lbx_clusters_own {
    void (*make)(struct lbx_cluster *cluster);
    void (*drop)(struct lbx_cluster *cluster);
};

/* What one reading of the file gave. It lives until the last holder releases it. */
struct lbx_clusters {
    struct lbx_arena arena;
    struct lbx_cluster *list;
    size_t count;
    const struct lbx_clusters_own *own; /* NULL: nothing is kept */
    _Atomic int holders;
};

/* The caller holds the result; own is borrowed by it. LBX_ERR_INVALID: *ret_reason says what is wrong, without values. */
enum lbx_err lbx_clusters_read(const char *path, const struct lbx_clusters_own *own,
                               struct lbx_clusters **ret_clusters, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;
void lbx_clusters_release(struct lbx_clusters *clusters);

/* NULL: there is none of that id (len bytes of it). */
const struct lbx_cluster *lbx_clusters_find(const struct lbx_clusters *clusters, const char *id,
                                            size_t len);

#endif
