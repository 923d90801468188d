/* The kind of a resource, by a cluster's discovery. */
#ifndef AUTHORIZER_KINDS_H
#define AUTHORIZER_KINDS_H

#include "clusters/clusters.h"

struct kind {
    const char *name; /* "Pod", "Deployment.apps": as in an item */
    bool namespaced;
    const char *group, *version, *resource; /* "apps", "v1", "deployments": as in its URL */
};

struct kinds *kinds_new(void);
/* Releases them with their last cluster. */
void kinds_free(struct kinds *kinds);
/* A cluster that has the same server as before goes on with the kinds that are known of it. before: NULL for none. */
void kinds_keep(struct lbx_clusters *clusters, const struct lbx_clusters *before);

/* The kind of a resource. group: "" for the core group. An unknown one is fetched from the cluster, at most once a
 * second. False: the cluster has no such resource, or does not answer. Texts are copied into the arena. From any thread. */
bool kinds_find(const struct lbx_cluster *cluster, const char *group, const char *resource,
                struct lbx_arena *arena, struct kind *ret_kind);

/* The same, by the kind's name. version NULL: the cluster's preferred one. */
bool kinds_find_by_name(const struct lbx_cluster *cluster, const char *name, const char *version,
                        struct lbx_arena *arena, struct kind *ret_kind);

#endif
