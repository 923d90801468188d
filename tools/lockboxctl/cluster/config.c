/* cluster config: writes the files that an API server needs to use the authorizer, with our values
 * filled in. Promises that no value changes a file's structure: values with other than plain
 * characters are refused. Keys are the customer's, and are not written. Fails with the error printed. */
#include "config.h"

#include "base/base64.h"
#include "base/file.h"
#include "commands.h"
#include "io/certificate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

extern const struct lbx_file ctl_cluster_files[];

enum { PEM_MAX = 1 << 20, POLICY_MAX = 1 << 20 };
#define DEFAULT_PATH "/etc/kubernetes/lockbox"

/* The values for the names between @ and @ in a file. */
struct values {
    const char *id, *path, *url, *host, *prefix, *group, *user, *ca;
};

enum ctl_exit ctl_cluster_find(struct ctl *ctl, struct lbx_clusters **ret_clusters,
                               const struct lbx_cluster **ret_cluster) {
    struct lbx_reason reason = {0};
    const char *id = ctl->args[0];
    if (!ctl->settings.clusters_file[0])
        return ctl_fail(CTL_USAGE, "LOCKBOX_CLUSTERS_FILE has to be given");
    if (lbx_clusters_read(ctl->settings.clusters_file, NULL, ret_clusters, &reason) != LBX_OK)
        return ctl_fail(CTL_USAGE, "LOCKBOX_CLUSTERS_FILE: %s", reason.text);
    *ret_cluster = lbx_clusters_find(*ret_clusters, id, strlen(id));
    return *ret_cluster ? CTL_DONE : ctl_fail(CTL_NO, "no cluster %s in LOCKBOX_CLUSTERS_FILE", id);
}

const char *ctl_authorizer_host(struct ctl *ctl) {
    static const char https[] = "https://";
    const char *url = ctl->settings.authorizer_url;
    if (strncmp(url, https, sizeof https - 1) != 0)
        return NULL;
    const char *host = url + sizeof https - 1;
    return lbx_arena_memdup(&ctl->arena, host, strcspn(host, "/"));
}

/* ---- values ---- */

static bool is_plain(const char *text) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                ":._/@+=-[]";
    return *text && text[strspn(text, plain)] == '\0';
}

static enum ctl_exit demand_plain(const struct values *values) {
    const struct {
        const char *what, *value;
    } rows[] = {
        {"the cluster's id", values->id},
        {"--path", values->path},
        {"LOCKBOX_AUTHORIZER_URL", values->host},
        {"username_prefix", values->prefix},
        {"group", values->group},
        {"the name in certificate_file", values->user},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!is_plain(rows[i].value))
            return ctl_fail(
                CTL_NO, "%s: letters, digits and :._/@+=-[] alone can be written into these files",
                rows[i].what);
    return CTL_DONE;
}

const char *ctl_cluster_customer(struct ctl *ctl, const struct lbx_cluster *cluster) {
    struct lbx_buf pem LBX_BUF = {0};
    const char *name = NULL;
    if (cluster->certificate_file && lbx_file_read(cluster->certificate_file, PEM_MAX, &pem))
        name = lbx_certificate_common_name(pem.data, pem.len, &ctl->arena);
    return name ? name : "lockbox-customer";
}

static enum ctl_exit value(struct ctl *ctl, const struct lbx_cluster *cluster,
                           const struct lbx_buf *ca, struct values *ret_values) {
    const char *host = ctl_authorizer_host(ctl), *path = ctl->options[CTL_PATH];
    struct lbx_buf encoded LBX_BUF = {0};
    if (!host)
        return ctl_fail(
            CTL_USAGE,
            "LOCKBOX_AUTHORIZER_URL takes the https URL that the cluster reaches the authorizer by");
    lbx_base64_encode(ca->data, ca->len, &encoded);
    *ret_values = (struct values){
        .id = cluster->id,
        .path = path ? path : DEFAULT_PATH,
        .url = lbx_arena_printf(&ctl->arena, "https://%s", host),
        .host = host,
        .prefix = cluster->username_prefix,
        .group = cluster->group,
        .user = ctl_cluster_customer(ctl, cluster),
        .ca = lbx_arena_strdup(&ctl->arena, encoded.data),
    };
    if (*ret_values->path != '/')
        return ctl_fail(CTL_USAGE, "--path takes an absolute path, of the API server's machine");
    return demand_plain(ret_values);
}

/* ---- texts ---- */

static const char *value_of(const struct values *values, const char *name, size_t len) {
    const struct {
        const char *name, *value;
    } rows[] = {
        {"id", values->id},     {"path", values->path},     {"url", values->url},
        {"host", values->host}, {"prefix", values->prefix}, {"group", values->group},
        {"user", values->user}, {"ca", values->ca},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return rows[i].value;
    return NULL;
}

static void fill_in(const char *text, const struct values *values, struct lbx_buf *out) {
    while (*text) {
        size_t len = strcspn(text, "@");
        lbx_buf_add(out, text, len);
        text += len;
        const char *end = *text ? strchr(text + 1, '@') : NULL;
        const char *value = end ? value_of(values, text + 1, (size_t)(end - text) - 1) : NULL;
        if (value)
            lbx_buf_str(out, value);
        else if (*text)
            lbx_buf_char(out, *text);
        text = value ? end + 1 : text + (*text != '\0');
    }
}

/* ---- files ---- */

static enum ctl_exit cannot(const char *path) {
    return ctl_fail(CTL_NO, "%s: %s", path, strerror(errno));
}

/* Writes a file; never over an existing one. */
static enum ctl_exit put(struct ctl *ctl, const char *name, const struct lbx_buf *text) {
    const char *path = lbx_arena_printf(&ctl->arena, "%s/%s", ctl->options[CTL_OUT], name);
    FILE *file = fopen(path, "wxe");
    if (!file)
        return cannot(path);
    size_t written = fwrite(text->data, 1, text->len, file);
    if (fclose(file) != 0 || written != text->len)
        return cannot(path);
    printf("%s\n", path);
    return CTL_DONE;
}

/* The file's name: "authorization.yaml.txt" becomes authorization.yaml; the webhook's manifest has a directory of its own. */
static const char *name_of(struct ctl *ctl, const struct lbx_file *file) {
    const char *name =
        lbx_arena_memdup(&ctl->arena, file->name, strlen(file->name) - strlen(".txt"));
    return strcmp(name, "lockbox.yaml") == 0 ? "admission/lockbox.yaml" : name;
}

static enum ctl_exit put_files(struct ctl *ctl, const struct values *values) {
    for (const struct lbx_file *file = ctl_cluster_files; file->name; file++) {
        struct lbx_buf text LBX_BUF = {0};
        fill_in(file->text, values, &text);
        enum ctl_exit code = put(ctl, name_of(ctl, file), &text);
        if (code != CTL_DONE)
            return code;
    }
    return CTL_DONE;
}

static enum ctl_exit put_policy(struct ctl *ctl, const struct values *values) {
    struct lbx_buf own LBX_BUF = {0}, policy LBX_BUF = {0};
    const char *path = ctl->options[CTL_AUDIT_POLICY];
    if (path && !lbx_file_read(path, POLICY_MAX, &own))
        return cannot(path);
    if (!ctl_audit_policy(values->group, path ? own.data : NULL, &policy))
        return CTL_NO;
    return put(ctl, "audit-policy.yaml", &policy);
}

static enum ctl_exit make_folders(struct ctl *ctl) {
    const char *out = ctl->options[CTL_OUT];
    const char *admission = lbx_arena_printf(&ctl->arena, "%s/admission", out);
    if ((mkdir(out, 0777) != 0 && errno != EEXIST) ||
        (mkdir(admission, 0777) != 0 && errno != EEXIST))
        return cannot(out);
    return CTL_DONE;
}

enum ctl_exit ctl_cluster_config(struct ctl *ctl) {
    struct lbx_clusters *clusters CTL_CLUSTERS = NULL;
    const struct lbx_cluster *cluster;
    const char *ca_file = ctl->settings.authorizer_server_ca_file;
    struct lbx_buf ca LBX_BUF = {0};
    struct values values = {0};
    enum ctl_exit code = ctl_cluster_find(ctl, &clusters, &cluster);
    if (code == CTL_DONE && !lbx_file_read(ca_file, PEM_MAX, &ca))
        code = ctl_fail(CTL_USAGE, "LOCKBOX_AUTHORIZER_SERVER_CA_FILE cannot be read");
    if (code == CTL_DONE)
        code = value(ctl, cluster, &ca, &values);
    if (code == CTL_DONE)
        code = make_folders(ctl);
    if (code == CTL_DONE)
        code = put_policy(ctl, &values);
    if (code == CTL_DONE)
        code = put(ctl, "authorizer-ca.pem", &ca);
    return code == CTL_DONE ? put_files(ctl, &values) : code;
}
