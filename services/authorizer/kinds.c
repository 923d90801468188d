/* Keeps a cluster's aggregated discovery (apidiscovery.k8s.io/v2) and fetches it again for what is unknown. Where it
 * cannot be had, what was known stays, and what is unknown is no kind. */
#include "kinds.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "io/fetch.h"

#include <pthread.h>
#include <string.h>

#define ACCEPT "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
enum { DISCOVERY_MAX = 16 << 20, SECONDS = 1, EVERY_S = 1 };

struct kinds {
    pthread_mutex_t lock;
    struct lbx_arena arena; /* of by_resource */
    struct lbx_map by_resource;
    int64_t again_us; /* when the cluster may be asked again */
};

/* ---- the document ---- */

struct response_kind {
    const char *group, *kind;
};
struct resource {
    const char *resource, *scope;
    struct response_kind response_kind;
};
struct version {
    struct resource *resources;
    size_t resource_count;
};
struct metadata {
    const char *name;
};
struct group {
    struct metadata metadata;
    struct version *versions;
    size_t version_count;
};
struct discovery {
    struct group *items;
    size_t item_count;
};

#define TEXT .min = 0, .max = 512
#define MANY .min_items = 0, .max_items = 100000

static const struct lbx_field response_kind_rows[] = {
    LBX_ROW_TEXT(response_kind, group, TEXT),
    LBX_ROW_TEXT(response_kind, kind, TEXT),
};
static const struct lbx_table response_kind_table =
    LBX_TABLE("responseKind", response_kind, response_kind_rows);
static const struct lbx_field resource_rows[] = {
    LBX_ROW_TEXT(resource, resource, .required = true, TEXT),
    LBX_ROW_TEXT(resource, scope, TEXT),
    LBX_ROW_AS("responseKind", resource, response_kind, LBX_T_OBJECT, struct response_kind,
               .of = &response_kind_table),
};
static const struct lbx_table resource_table = LBX_TABLE("resource", resource, resource_rows);
static const struct lbx_field version_rows[] = {
    LBX_ROW_OBJECTS(version, resources, resource_count, struct resource, .of = &resource_table,
                    MANY),
};
static const struct lbx_table version_table = LBX_TABLE("version", version, version_rows);

static const struct lbx_field metadata_rows[] = {LBX_ROW_TEXT(metadata, name, TEXT)};
static const struct lbx_table metadata_table = LBX_TABLE("metadata", metadata, metadata_rows);
static const struct lbx_field group_rows[] = {
    LBX_ROW_OBJECT(group, metadata, struct metadata, .of = &metadata_table),
    LBX_ROW_OBJECTS(group, versions, version_count, struct version, .of = &version_table, MANY),
};
static const struct lbx_table group_table = LBX_TABLE("group", group, group_rows);
static const struct lbx_field discovery_rows[] = {
    LBX_ROW_OBJECTS(discovery, items, item_count, struct group, .required = true,
                    .of = &group_table, MANY),
};
static const struct lbx_table discovery_table =
    LBX_TABLE("APIGroupDiscoveryList", discovery, discovery_rows);

/* ---- fetching ---- */

static void learn_resource(struct lbx_map *map, const char *group, const struct resource *it) {
    const char *key = LBX_MAP_KEY(map->arena, group, it->resource);
    const char *kind_group = it->response_kind.group;
    if (!it->response_kind.kind || lbx_map_get(map, key))
        return;
    if (!kind_group || !*kind_group) /* as that of the resource */
        kind_group = group;
    struct kind *kind = LBX_ARENA_NEW(map->arena, struct kind);
    kind->name = *kind_group
                     ? lbx_arena_printf(map->arena, "%s.%s", it->response_kind.kind, kind_group)
                     : lbx_arena_strdup(map->arena, it->response_kind.kind);
    kind->namespaced = it->scope && strcmp(it->scope, "Namespaced") == 0;
    lbx_map_set(map, key, kind);
}

static void learn(struct lbx_map *map, const struct discovery *found) {
    for (size_t g = 0; g < found->item_count; g++) {
        const struct group *group = &found->items[g];
        const char *name = group->metadata.name ? group->metadata.name : "";
        for (size_t v = 0; v < group->version_count; v++)
            for (size_t r = 0; r < group->versions[v].resource_count; r++)
                learn_resource(map, name, &group->versions[v].resources[r]);
    }
}

static enum lbx_err fetch(const struct cluster *cluster, const char *path, struct lbx_map *map,
                          const char **ret_why) {
    const struct lbx_fetch_tls tls = {cluster->ca_file, cluster->certificate_file,
                                      cluster->key_file};
    struct lbx_buf url LBX_BUF = {0};
    struct lbx_answer answer = {0};
    struct discovery found = {0};
    struct lbx_reason reason;
    lbx_buf_printf(&url, "%s%s", cluster->server, path);
    enum lbx_err err =
        lbx_fetch_get(url.data, ACCEPT, &tls, DISCOVERY_MAX, SECONDS, &answer, ret_why);
    if (err == LBX_OK && answer.status != 200) {
        *ret_why = "refused";
        err = LBX_ERR_UNAVAILABLE;
    }
    if (err == LBX_OK && (err = lbx_json_read(&discovery_table, answer.body.data, answer.body.len,
                                              "", map->arena, &found, &reason)) != LBX_OK)
        *ret_why = "no aggregated discovery";
    if (err == LBX_OK)
        learn(map, &found);
    lbx_buf_done(&answer.body);
    return err;
}

/* Fetches whole, then replaces what is kept. */
static void refresh(struct kinds *kinds, const struct cluster *cluster) {
    struct lbx_arena arena;
    struct lbx_map map;
    const char *why = "";
    lbx_arena_init(&arena);
    lbx_map_init(&map, &arena);
    enum lbx_err err = fetch(cluster, "/api", &map, &why);
    if (err == LBX_OK)
        err = fetch(cluster, "/apis", &map, &why);
    kinds->again_us = lbx_monotonic_us() + EVERY_S * LBX_SECOND_US;
    if (err != LBX_OK) {
        lbx_log(LBX_LOG_WARN, "a cluster's kinds cannot be read", LBX_S("cluster", cluster->id),
                LBX_S("error", why));
        lbx_arena_done(&arena);
        return;
    }
    lbx_arena_done(&kinds->arena);
    kinds->arena = arena;
    kinds->by_resource = map;
    kinds->by_resource.arena = &kinds->arena;
}

/* ---- asking ---- */

struct kinds *kinds_new(void) {
    struct kinds *kinds = lbx_calloc(sizeof *kinds);
    pthread_mutex_init(&kinds->lock, NULL);
    lbx_arena_init(&kinds->arena);
    lbx_map_init(&kinds->by_resource, &kinds->arena);
    return kinds;
}

void kinds_free(struct kinds *kinds) {
    if (!kinds)
        return;
    lbx_arena_done(&kinds->arena);
    pthread_mutex_destroy(&kinds->lock);
    free(kinds);
}

bool kinds_find(const struct cluster *cluster, const char *group, const char *resource,
                struct lbx_arena *arena, struct kind *ret_kind) {
    struct kinds *kinds = cluster->kinds;
    const char *key = LBX_MAP_KEY(arena, group, resource);
    pthread_mutex_lock(&kinds->lock);
    const struct kind *kind = lbx_map_get(&kinds->by_resource, key);
    if (!kind && cluster->server && lbx_monotonic_us() >= kinds->again_us) {
        refresh(kinds, cluster);
        kind = lbx_map_get(&kinds->by_resource, key);
    }
    if (kind)
        *ret_kind = (struct kind){lbx_arena_strdup(arena, kind->name), kind->namespaced};
    pthread_mutex_unlock(&kinds->lock);
    return kind != NULL;
}
