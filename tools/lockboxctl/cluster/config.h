/* The files for an API server, as cluster config writes them. */
#ifndef LOCKBOXCTL_CLUSTER_CONFIG_H
#define LOCKBOXCTL_CLUSTER_CONFIG_H

#include "clusters/clusters.h"
#include "command.h"

/* Reads the clusters file, and finds the cluster of the first argument. The caller releases *ret_clusters. */
enum ctl_exit ctl_cluster_find(struct ctl *ctl, struct lbx_clusters **ret_clusters,
                               const struct lbx_cluster **ret_cluster);

LBX_DEFINE_CLEANUP(struct lbx_clusters *, clusters, lbx_clusters_release)
#define CTL_CLUSTERS LBX_CLEANUP(lbx_cleanup_clusters)

/* The host and port of LOCKBOX_AUTHORIZER_URL, in the arena; NULL: not an https URL. */
const char *ctl_authorizer_host(struct ctl *ctl);

/* The user name of the customer's identity: its certificate's common name, or "lockbox-customer"
 * where that cannot be read here. In the arena or static. */
const char *ctl_cluster_customer(struct ctl *ctl, const struct lbx_cluster *cluster);

/* Appends an audit policy with our rule first. policy: the customer's own; NULL: none. False,
 * with the error printed: no rule can be inserted. */
bool ctl_audit_policy(const char *group, const char *policy, struct lbx_buf *out);

#endif
