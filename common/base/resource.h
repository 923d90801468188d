/* Azure Resource Manager ids of OpenShift clusters. */
#ifndef LBX_BASE_RESOURCE_H
#define LBX_BASE_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text; not NUL-terminated. */
struct lbx_span {
    const char *text;
    size_t len;
};

/* The ids in /subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RedHatOpenShift/openShiftClusters/{cluster},
 * borrowed from the text (Azure Resource Manager's resource ids). */
struct lbx_cluster_id {
    struct lbx_span subscription, group, cluster;
};

/* Whether text has that form; the fixed words are compared without case. */
bool lbx_cluster_id_read(const char *text, size_t len, struct lbx_cluster_id *ret_id);

/* NULL: the ids are of Azure's alphabet, or text has another form. Otherwise which id is not, in a few static words. */
const char *lbx_cluster_id_check(const char *text, size_t len);

#endif
