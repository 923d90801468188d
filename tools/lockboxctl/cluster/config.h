/* What an API server is given: the text of each file that cluster config writes. */
#ifndef LOCKBOXCTL_CLUSTER_CONFIG_H
#define LOCKBOXCTL_CLUSTER_CONFIG_H

#include "clusters/clusters.h"
#include "command.h"

/* Reads the clusters file and finds the cluster that the first argument names. The caller releases *ret_clusters. */
enum ctl_exit ctl_cluster_find(struct ctl *ctl, struct lbx_clusters **ret_clusters,
                               const struct lbx_cluster **ret_cluster);

LBX_DEFINE_CLEANUP(struct lbx_clusters *, clusters, lbx_clusters_release)
#define CTL_CLUSTERS LBX_CLEANUP(lbx_cleanup_clusters)

/* The host and port of LOCKBOX_AUTHORIZER_URL, in the arena; NULL where it is no https URL. */
const char *ctl_authorizer_host(struct ctl *ctl);

/* The name that the cluster knows the customer's identity by: that of its certificate, "lockbox-customer" where that cannot be
 * read here. In the arena or static. */
const char *ctl_cluster_customer(struct ctl *ctl, const struct lbx_cluster *cluster);

/* A policy with our rule before all others. policy: the customer's own, NULL: none. False, with the words printed, where
 * it is none that a rule can be put into. */
bool ctl_audit_policy(const char *group, const char *policy, struct lbx_buf *out);

#endif
