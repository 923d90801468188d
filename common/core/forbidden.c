/* Lists of forbidden items, and of marked ones. An entry and an item match where each names or
 * leaves open what the other names. Pure. Reading a list fails with the place and the reason. */
#include "core/forbidden.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* ---- the lists ---- */

#define CHANGES_OF(of)                                                                             \
    {.action = "create_object", .kind = (of)}, {.action = "update_object", .kind = (of)}, {        \
        .action = "delete_object", .kind = (of)                                                    \
    }

/* clang-format off */
static const struct lbx_forbidden by_default[] = {
    {.kind = "Secret"},
    {.kind = "*.oauth.openshift.io"},
    CHANGES_OF("*.rbac.authorization.k8s.io"),
    CHANGES_OF("*.authorization.openshift.io"),
    CHANGES_OF("*.admissionregistration.k8s.io"),
    CHANGES_OF("*.apiregistration.k8s.io"),
    CHANGES_OF("*.certificates.k8s.io"),
    CHANGES_OF("*.user.openshift.io"),
    CHANGES_OF("*.security.openshift.io"),
};
const struct lbx_forbidden_list lbx_forbidden_default = {by_default, sizeof by_default / sizeof *by_default};

/* Kinds that run programs once created or updated. */
static const char *const programs[] = {
    "Pod", "PodTemplate", "ReplicationController", "ServiceAccount",
    "Deployment.apps", "DaemonSet.apps", "StatefulSet.apps", "ReplicaSet.apps",
    "Job.batch", "CronJob.batch", "DeploymentConfig.apps.openshift.io",
    "Build.build.openshift.io", "BuildConfig.build.openshift.io",
    "CatalogSource.operators.coreos.com", "ClusterServiceVersion.operators.coreos.com",
    "InstallPlan.operators.coreos.com", "Subscription.operators.coreos.com",
    "*.machineconfiguration.openshift.io",
};

/* Cluster-scoped kinds: a list of them is no list of all namespaces. */
static const char *const cluster_scoped[] = {
    "ComponentStatus", "Namespace", "Node", "PersistentVolume",
    "ClusterRole.rbac.authorization.k8s.io", "ClusterRoleBinding.rbac.authorization.k8s.io",
    "CustomResourceDefinition.apiextensions.k8s.io", "APIService.apiregistration.k8s.io",
    "StorageClass.storage.k8s.io", "CSIDriver.storage.k8s.io", "CSINode.storage.k8s.io",
    "VolumeAttachment.storage.k8s.io", "PriorityClass.scheduling.k8s.io", "IngressClass.networking.k8s.io",
    "*.config.openshift.io", "*.machineconfiguration.openshift.io", "*.admissionregistration.k8s.io",
    "*.certificates.k8s.io", "*.user.openshift.io",
};
/* clang-format on */

/* ---- matching ---- */

/* Whether a pattern names the kind; *.group names every kind of the group. */
static bool kind_named(const char *pattern, const char *kind) {
    return strncmp(pattern, "*.", 2) == 0 ? strcmp(pattern + 2, lbx_kind_group(kind)) == 0
                                          : strcmp(pattern, kind) == 0;
}

static bool kind_among(const char *const *patterns, size_t count, const char *kind) {
    for (size_t i = 0; kind && i < count; i++)
        if (kind_named(patterns[i], kind))
            return true;
    return false;
}

/* Whether an item reaches all namespaces: a list without a namespace does; other items without one are cluster-scoped. */
static bool in_every_namespace(const struct lbx_item *item) {
    return (!item->namespace || !*item->namespace) &&
           strcmp(item->action, "list_or_get_objects") == 0;
}

bool lbx_forbidden_meets(const struct lbx_forbidden *entry, const struct lbx_item *item) {
    if (entry->action && strcmp(entry->action, item->action) != 0)
        return false;
    if (entry->namespace && !in_every_namespace(item) &&
        (!item->namespace || strcmp(entry->namespace, item->namespace) != 0))
        return false;
    return !entry->kind || (item->kind && kind_named(entry->kind, item->kind));
}

const struct lbx_forbidden *lbx_forbidden_find(const struct lbx_forbidden_list *list,
                                               const struct lbx_item *item) {
    for (size_t i = 0; i < list->count; i++)
        if (lbx_forbidden_meets(&list->entries[i], item))
            return &list->entries[i];
    return NULL;
}

static bool changes(const struct lbx_item *item) {
    return strcmp(item->action, "create_object") == 0 || strcmp(item->action, "update_object") == 0;
}

bool lbx_item_runs_programs(const struct lbx_item *item) {
    return changes(item) && kind_among(programs, sizeof programs / sizeof *programs, item->kind);
}

bool lbx_item_leaves_managed(const struct lbx_item *item) {
    if (!item->namespace || !*item->namespace)
        return in_every_namespace(item) &&
               !kind_among(cluster_scoped, sizeof cluster_scoped / sizeof *cluster_scoped,
                           item->kind);
    return strcmp(item->namespace, "openshift") != 0 && strcmp(item->namespace, "default") != 0 &&
           strncmp(item->namespace, "openshift-", 10) != 0 &&
           strncmp(item->namespace, "kube-", 5) != 0;
}

/* ---- reading ---- */

bool lbx_forbidden_valid(const struct lbx_forbidden *entry) {
    const char *kind = entry->kind ? entry->kind : "Pod";
    char any[512];
    if (strncmp(kind, "*.", 2) == 0) { /* "*." and a group: checked as a kind of that group */
        (void)snprintf(any, sizeof any, "Any%s", kind + 1);
        kind = any;
    }
    struct lbx_item_fault unused;
    const struct lbx_item item = {
        .action = "list_or_get_objects", .namespace = entry->namespace, .kind = kind};
    return (!entry->action || lbx_action_permitted(entry->action)) &&
           lbx_item_permitted(&item, &unused);
}

struct forbidding {
    struct lbx_forbidden *forbid;
    size_t count;
};

static const struct lbx_field forbidding_rows[] = {
    LBX_ROW_OBJECTS(forbidding, forbid, count, struct lbx_forbidden, .required = true,
                    .of = &lbx_forbidden_table, .max_items = 1000),
};
static const struct lbx_table forbidding_table =
    LBX_TABLE("forbidding", forbidding, forbidding_rows);

enum lbx_err lbx_forbidden_read(const char *json, size_t len, struct lbx_arena *arena,
                                struct lbx_forbidden_list *ret_list,
                                struct lbx_reason *ret_reason) {
    struct forbidding read = {0};
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_str(&text, "{\"forbid\":");
    lbx_buf_add(&text, json, len);
    lbx_buf_char(&text, '}');
    enum lbx_err err =
        lbx_json_read(&forbidding_table, text.data, text.len, "", arena, &read, ret_reason);
    for (size_t i = 0; err == LBX_OK && i < read.count; i++)
        if (!lbx_forbidden_valid(&read.forbid[i])) {
            (void)snprintf(ret_reason->text, sizeof ret_reason->text,
                           "/forbid/%zu: not {action?, namespace?, kind?}", i);
            err = LBX_ERR_INVALID;
        }
    if (err == LBX_OK)
        *ret_list = (struct lbx_forbidden_list){read.forbid, read.count};
    return err;
}
