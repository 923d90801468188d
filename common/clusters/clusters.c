/* Reads the clusters file by a table. Promises that each cluster is listed once, and has all
 * files that a connection to it needs. Fails as a whole where one entry is invalid. */
#include "clusters/clusters.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 4 << 20, CLUSTERS_MAX = 10000, CLIENTS_MAX = 100 };

struct file {
    struct lbx_cluster *clusters;
    size_t cluster_count;
};

#define TEXT(least, most) .min = (least), .max = (most)
#define NEEDED .required = true

static const struct lbx_field cluster_rows[] = {
    LBX_ROW_TEXT(lbx_cluster, id, NEEDED, TEXT(1, 128)),
    LBX_ROW_TEXT(lbx_cluster, resource_id, NEEDED, TEXT(1, 512), .format = LBX_FMT_CLUSTER),
    LBX_ROW_TEXT(lbx_cluster, client_name, NEEDED, TEXT(1, 255)),
    LBX_ROW_TEXTS(lbx_cluster, preview_clients, preview_client_count, TEXT(1, 255), .min_items = 0,
                  .max_items = CLIENTS_MAX),
    LBX_ROW_TEXT(lbx_cluster, username_prefix, TEXT(1, 128)),
    LBX_ROW_TEXT(lbx_cluster, group, TEXT(1, 255)),
    LBX_ROW_TEXT(lbx_cluster, server, TEXT(9, 512)),
    LBX_ROW_TEXT(lbx_cluster, ca_file, TEXT(1, 4096)),
    LBX_ROW_TEXT(lbx_cluster, certificate_file, TEXT(1, 4096)),
    LBX_ROW_TEXT(lbx_cluster, key_file, TEXT(1, 4096)),
    LBX_ROW_OBJECT(lbx_cluster, trust, struct lbx_trust, .of = &lbx_trust_table),
};
static const struct lbx_table cluster_table = LBX_TABLE("cluster", lbx_cluster, cluster_rows);

static const struct lbx_field file_rows[] = {
    LBX_ROW_OBJECTS(file, clusters, cluster_count, struct lbx_cluster, NEEDED, .of = &cluster_table,
                    .min_items = 0, .max_items = CLUSTERS_MAX),
};
static const struct lbx_table file_table = LBX_TABLE("clusters file", file, file_rows);

static enum lbx_err wrong(struct lbx_reason *ret_reason, size_t i, const char *what) {
    snprintf(ret_reason->text, sizeof ret_reason->text, "/clusters/%zu: %s", i, what);
    return LBX_ERR_INVALID;
}

/* Checks the rules that the table cannot express, and sets defaults. */
static enum lbx_err complete(struct lbx_clusters *clusters, size_t i,
                             struct lbx_reason *ret_reason) {
    struct lbx_cluster *cluster = &clusters->list[i];
    if (lbx_clusters_find(clusters, cluster->id, strlen(cluster->id)) != cluster)
        return wrong(ret_reason, i, "another cluster has that id");
    if (strchr(cluster->id, '/'))
        return wrong(ret_reason, i, "an id has no slash");
    if (cluster->server && strncmp(cluster->server, "https://", 8) != 0)
        return wrong(ret_reason, i, "server takes an https URL");
    if (cluster->server && !(cluster->ca_file && cluster->certificate_file && cluster->key_file))
        return wrong(ret_reason, i, "server needs ca_file, certificate_file and key_file");
    const char *untrusted =
        cluster->trust.approvers ? lbx_trust_complete(&cluster->trust, &clusters->arena) : NULL;
    if (untrusted)
        return wrong(ret_reason, i, untrusted);
    if (!cluster->username_prefix)
        cluster->username_prefix = "lockbox:";
    if (!cluster->group)
        cluster->group = "lockbox:engineers";
    if (clusters->own)
        clusters->own->make(cluster);
    return LBX_OK;
}

enum lbx_err lbx_clusters_read(const char *path, const struct lbx_clusters_own *own,
                               struct lbx_clusters **ret_clusters, struct lbx_reason *ret_reason) {
    struct lbx_buf text LBX_BUF = {0};
    struct file file = {0};
    if (!lbx_file_read(path, FILE_MAX, &text)) {
        snprintf(ret_reason->text, sizeof ret_reason->text, "cannot be read");
        return LBX_ERR_INVALID;
    }
    struct lbx_clusters *clusters = lbx_calloc(sizeof *clusters);
    lbx_arena_init(&clusters->arena);
    clusters->holders = 1;
    clusters->own = own;
    enum lbx_err err =
        lbx_json_read(&file_table, text.data, text.len, "", &clusters->arena, &file, ret_reason);
    if (err == LBX_OK && !lbx_json_is_known(&file_table, text.data, text.len, ret_reason))
        err = LBX_ERR_INVALID;
    clusters->list = file.clusters;
    for (size_t i = 0; err == LBX_OK && i < file.cluster_count; i++) {
        clusters->count = i + 1;
        err = complete(clusters, i, ret_reason);
    }
    if (err == LBX_OK)
        *ret_clusters = clusters;
    else
        lbx_clusters_release(clusters);
    return err;
}

void lbx_clusters_release(struct lbx_clusters *clusters) {
    if (!clusters || atomic_fetch_sub(&clusters->holders, 1) > 1)
        return;
    for (size_t i = 0; i < clusters->count; i++)
        if (clusters->own)
            clusters->own->drop(&clusters->list[i]);
    lbx_arena_done(&clusters->arena);
    free(clusters);
}

const struct lbx_cluster *lbx_clusters_find(const struct lbx_clusters *clusters, const char *id,
                                            size_t len) {
    for (size_t i = 0; i < clusters->count; i++)
        if (strlen(clusters->list[i].id) == len && memcmp(clusters->list[i].id, id, len) == 0)
            return &clusters->list[i];
    return NULL;
}
