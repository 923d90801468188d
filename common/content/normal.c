/* Normal form 1: leaves out of an object what the API server keeps for itself, and of a creation what it allocates by
 * chance. An object of another shape than its kind's stays as it is: its digest then is another's. */
#include "content/values.h"

#include <stdlib.h>
#include <string.h>

static void drop(json_t *object, const char *const *names) {
    for (; *names; names++)
        (void)json_object_del(object, *names);
}

static bool is_text(const json_t *value, const char *wanted) {
    return json_is_string(value) && strcmp(json_string_value(value), wanted) == 0;
}

static bool is_kind(const json_t *object, const char *api_version, const char *kind) {
    return is_text(json_object_get(object, "apiVersion"), api_version) &&
           is_text(json_object_get(object, "kind"), kind);
}

/* ---- a Service ---- */

static void drop_unless(json_t *object, const char *name, const json_t *consented) {
    if (!json_object_get(consented, name) && !is_text(json_object_get(object, name), "None"))
        (void)json_object_del(object, name);
}

/* ["None"] says what clusterIP "None" says. */
static void drop_addresses(json_t *spec, const json_t *consented) {
    bool is_headless = is_text(json_array_get(json_object_get(spec, "clusterIPs"), 0), "None");
    drop_unless(spec, "clusterIP", consented);
    if (!is_headless)
        drop_unless(spec, "clusterIPs", consented);
    drop_unless(spec, "healthCheckNodePort", consented);
}

static void normalize_service(json_t *spec, const json_t *consented) {
    const json_t *ports = json_object_get(spec, "ports");
    const json_t *consented_ports = json_object_get(consented, "ports");
    drop_addresses(spec, consented);
    for (size_t i = 0; i < json_array_size(ports); i++)
        drop_unless(json_array_get(ports, i), "nodePort", json_array_get(consented_ports, i));
}

/* ---- a Job ---- */

static void drop_labels(json_t *holder, const char *member) {
    static const char *const made[] = {"controller-uid", "batch.kubernetes.io/controller-uid",
                                       "job-name", "batch.kubernetes.io/job-name", NULL};
    json_t *labels = json_object_get(holder, member);
    if (!json_is_object(labels))
        return;
    drop(labels, made);
    if (json_object_size(labels) == 0)
        (void)json_object_del(holder, member);
}

static void normalize_job(json_t *job) {
    json_t *spec = json_object_get(job, "spec");
    json_t *template = json_object_get(spec, "template");
    drop_labels(json_object_get(job, "metadata"), "labels");
    drop_labels(json_object_get(spec, "selector"), "matchLabels");
    drop_labels(json_object_get(template, "metadata"), "labels");
}

/* ---- a Pod ---- */

static void rename_access(json_t *item) {
    static const char begin[] = "kube-api-access-", name[] = "kube-api-access";
    const char *was = json_string_value(json_object_get(item, "name"));
    if (was && strncmp(was, begin, sizeof begin - 1) == 0)
        (void)json_object_set_new(item, "name", json_string(name));
}

static void rename_in(const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++)
        rename_access(json_array_get(list, i));
}

static void normalize_pod(const json_t *spec) {
    static const char *const lists[] = {"containers", "initContainers", "ephemeralContainers"};
    rename_in(json_object_get(spec, "volumes"));
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        const json_t *containers = json_object_get(spec, lists[l]);
        for (size_t i = 0; i < json_array_size(containers); i++)
            rename_in(json_object_get(json_array_get(containers, i), "volumeMounts"));
    }
}

/* ---- any object ---- */

void lbx_normalize(json_t *object, bool is_creation, const json_t *consented) {
    static const char *const kept_by_server[] = {
        "managedFields", "resourceVersion", "uid", "creationTimestamp",
        "generation",    "selfLink",        NULL};
    drop(json_object_get(object, "metadata"), kept_by_server);
    (void)json_object_del(object, "status");
    if (is_kind(object, "v1", "Pod"))
        normalize_pod(json_object_get(object, "spec"));
    if (is_creation && is_kind(object, "v1", "Service"))
        normalize_service(json_object_get(object, "spec"), json_object_get(consented, "spec"));
    if (is_creation && is_kind(object, "batch/v1", "Job"))
        normalize_job(object);
}
