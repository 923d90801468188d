/* Converts an object to normal form 1: removes members that the API server sets, and in a creation those that it
 * allocates. An object that does not have its kind's form stays as it is, and so has another digest. Cannot fail. */
#include "content/values.h"

#include <string.h>

static void drop(struct lbx_node *object, const char *const *names) {
    for (; *names; names++)
        lbx_node_drop(object, *names);
}

static bool is_kind(const struct lbx_node *object, const char *api_version, const char *kind) {
    return lbx_node_is_text(lbx_node_member(object, "apiVersion"), api_version) &&
           lbx_node_is_text(lbx_node_member(object, "kind"), kind);
}

/* ---- a Service ---- */

static void drop_unless(struct lbx_node *object, const char *name,
                        const struct lbx_node *consented) {
    if (!lbx_node_member(consented, name) &&
        !lbx_node_is_text(lbx_node_member(object, name), "None"))
        lbx_node_drop(object, name);
}

/* Removes allocated addresses. A headless service keeps clusterIP "None" and clusterIPs ["None"]. */
static void drop_addresses(struct lbx_node *spec, const struct lbx_node *consented) {
    bool is_headless =
        lbx_node_is_text(lbx_node_element(lbx_node_member(spec, "clusterIPs"), 0), "None");
    drop_unless(spec, "clusterIP", consented);
    if (!is_headless)
        drop_unless(spec, "clusterIPs", consented);
    drop_unless(spec, "healthCheckNodePort", consented);
}

static void normalize_service(struct lbx_node *spec, const struct lbx_node *consented) {
    drop_addresses(spec, consented);
    const struct lbx_node *ports = lbx_node_member(spec, "ports");
    const struct lbx_node *consented_ports = lbx_node_member(consented, "ports");
    struct lbx_node *port;
    for (size_t i = 0; (port = lbx_node_element(ports, i)); i++)
        drop_unless(port, "nodePort", lbx_node_element(consented_ports, i));
}

/* ---- a Job ---- */

static void drop_labels(struct lbx_node *holder, const char *member) {
    static const char *const made[] = {"controller-uid", "batch.kubernetes.io/controller-uid",
                                       "job-name", "batch.kubernetes.io/job-name", NULL};
    struct lbx_node *labels = lbx_node_member(holder, member);
    if (!labels || labels->type != LBX_NODE_OBJECT)
        return;
    drop(labels, made);
    if (labels->count == 0)
        lbx_node_drop(holder, member);
}

static void normalize_job(struct lbx_node *job) {
    struct lbx_node *spec = lbx_node_member(job, "spec");
    struct lbx_node *template = lbx_node_member(spec, "template");
    drop_labels(lbx_node_member(job, "metadata"), "labels");
    drop_labels(lbx_node_member(spec, "selector"), "matchLabels");
    drop_labels(lbx_node_member(template, "metadata"), "labels");
}

/* ---- a Pod ---- */

static void rename_access(const struct lbx_node *item) {
    static const char begin[] = "kube-api-access-", name[] = "kube-api-access";
    struct lbx_node *was = lbx_node_member(item, "name");
    if (was && was->type == LBX_NODE_TEXT && was->text.len >= sizeof begin - 1 &&
        memcmp(was->text.at, begin, sizeof begin - 1) == 0)
        lbx_node_set_text(was, name);
}

static void rename_in(const struct lbx_node *list) {
    const struct lbx_node *item;
    for (size_t i = 0; (item = lbx_node_element(list, i)); i++)
        rename_access(item);
}

static void normalize_pod(const struct lbx_node *spec) {
    static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
    rename_in(lbx_node_member(spec, "volumes"));
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        const struct lbx_node *containers = lbx_node_member(spec, lists[l]), *container;
        for (size_t i = 0; (container = lbx_node_element(containers, i)); i++)
            rename_in(lbx_node_member(container, "volumeMounts"));
    }
}

/* ---- all objects ---- */

void lbx_normalize(struct lbx_node *object, bool is_creation, const struct lbx_node *consented) {
    static const char *const kept_by_server[] = {
        "managedFields", "resourceVersion", "uid", "creationTimestamp",
        "generation",    "selfLink",        NULL};
    drop(lbx_node_member(object, "metadata"), kept_by_server);
    lbx_node_drop(object, "status");
    if (is_kind(object, "v1", "Pod"))
        normalize_pod(lbx_node_member(object, "spec"));
    if (is_creation && is_kind(object, "v1", "Service"))
        normalize_service(lbx_node_member(object, "spec"), lbx_node_member(consented, "spec"));
    if (is_creation && is_kind(object, "batch/v1", "Job"))
        normalize_job(object);
}
