/* The clusters file: the API servers that may send requests, and the cluster of each. */
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
    const char *client_name; /* common name of the API server's client certificate */
    const char **preview_clients;
    size_t preview_client_count;
    const char *username_prefix, *group; /* user names and group of engineers on the cluster */
    /* How the cluster is read with an identity of the customer's; server NULL: the kinds of its resources are not known. */
    const char *server, *ca_file, *certificate_file, *key_file;
    struct lbx_trust trust; /* approvers NULL: the database is trusted */
    /* Set by struct lbx_clusters_own: */
    struct evidence_cache *evidence;
    struct kinds *kinds;
    char *customer; /* user of certificate_file; NULL: it cannot be read */
};

/* What a program adds to each cluster. */
struct lbx_clusters_own {
    void (*make)(struct lbx_cluster *cluster);
    void (*drop)(struct lbx_cluster *cluster);
};

/* The result of reading the file. It is freed by the last release. */
struct lbx_clusters {
    struct lbx_arena arena;
    struct lbx_cluster *list;
    size_t count;
    const struct lbx_clusters_own *own; /* NULL: nothing was added */
    _Atomic int holders;
};

/* The caller has a reference to the result; own is borrowed by it. LBX_ERR_INVALID: *ret_reason has the error, without values. */
enum lbx_err lbx_clusters_read(const char *path, const struct lbx_clusters_own *own,
                               struct lbx_clusters **ret_clusters, struct lbx_reason *ret_reason)
    LBX_MUST_CHECK;
void lbx_clusters_release(struct lbx_clusters *clusters);

/* The cluster with that id, of len bytes; NULL: none. */
const struct lbx_cluster *lbx_clusters_find(const struct lbx_clusters *clusters, const char *id,
                                            size_t len);

#endif
