/* Caches a cluster's aggregated discovery (apidiscovery.k8s.io/v2), and fetches it again for an
 * unknown resource. Promises that one thread fetches, and only threads with unknown resources
 * wait for it. Fails: without an answer the cache stays, and unknown resources have no kind. */
#include "kinds.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "io/fetch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define ACCEPT "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
enum { DISCOVERY_MAX = 16 << 20, SECONDS = 1, EVERY_S = 1 };

struct kinds {
    _Atomic unsigned holders; /* clusters: of the file as it was, and as it is */
    pthread_mutex_t lock;
    struct lbx_arena arena;     /* of both maps */
    struct lbx_map by_resource; /* keys: group, resource */
    struct lbx_map by_name;     /* keys: name of the kind, version; "": the preferred version */
    int64_t again_us;           /* earliest time of the next fetch */
    bool fetching;
    pthread_cond_t fetched;
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
    const char *version;
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
    LBX_ROW_TEXT(version, version, TEXT),
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

struct maps {
    struct lbx_map by_resource, by_name;
};

static void set_first(struct lbx_map *map, const char *key, struct kind *kind) {
    if (!lbx_map_get(map, key))
        lbx_map_set(map, key, kind);
}

static void learn_resource(struct maps *maps, const char *group, const char *version,
                           const struct resource *it) {
    struct lbx_arena *arena = maps->by_resource.arena;
    const char *kind_group = it->response_kind.group;
    if (!it->response_kind.kind)
        return;
    if (!kind_group || !*kind_group) /* default: the resource's group */
        kind_group = group;
    struct kind *kind = LBX_ARENA_NEW(arena, struct kind);
    kind->name = *kind_group ? lbx_arena_printf(arena, "%s.%s", it->response_kind.kind, kind_group)
                             : it->response_kind.kind;
    kind->namespaced = it->scope && strcmp(it->scope, "Namespaced") == 0;
    kind->group = group;
    kind->version = version;
    kind->resource = it->resource;
    set_first(&maps->by_resource, LBX_MAP_KEY(arena, group, it->resource), kind);
    set_first(&maps->by_name, LBX_MAP_KEY(arena, kind->name, version), kind);
    set_first(&maps->by_name, LBX_MAP_KEY(arena, kind->name, ""), kind);
}

static void learn(struct maps *maps, const struct discovery *found) {
    for (size_t g = 0; g < found->item_count; g++) {
        const struct group *group = &found->items[g];
        const char *name = group->metadata.name ? group->metadata.name : "";
        for (size_t v = 0; v < group->version_count; v++)
            for (size_t r = 0; r < group->versions[v].resource_count; r++)
                learn_resource(maps, name,
                               group->versions[v].version ? group->versions[v].version : "",
                               &group->versions[v].resources[r]);
    }
}

static enum lbx_err fetch(const struct lbx_cluster *cluster, const char *path, struct maps *maps,
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
    if (err == LBX_OK &&
        (err = lbx_json_read(&discovery_table, answer.body.data, answer.body.len, "",
                             maps->by_resource.arena, &found, &reason)) != LBX_OK)
        *ret_why = "no aggregated discovery";
    if (err == LBX_OK)
        learn(maps, &found);
    lbx_buf_done(&answer.body);
    return err;
}

/* Replaces the maps, with their arena. */
static void take_over(struct kinds *kinds, const struct maps *maps, const struct lbx_arena *arena) {
    lbx_arena_done(&kinds->arena);
    kinds->arena = *arena;
    kinds->by_resource = maps->by_resource;
    kinds->by_name = maps->by_name;
    kinds->by_resource.arena = kinds->by_name.arena = &kinds->arena;
}

/* Fetches all of the discovery, and replaces the cache. The lock is held, and released during the request. */
static void refresh(struct kinds *kinds, const struct lbx_cluster *cluster) {
    struct lbx_arena arena;
    struct maps maps;
    const char *why = "";
    lbx_arena_init(&arena);
    lbx_map_init(&maps.by_resource, &arena);
    lbx_map_init(&maps.by_name, &arena);
    kinds->fetching = true;
    pthread_mutex_unlock(&kinds->lock);
    enum lbx_err err = fetch(cluster, "/api", &maps, &why);
    if (err == LBX_OK)
        err = fetch(cluster, "/apis", &maps, &why);
    pthread_mutex_lock(&kinds->lock);
    kinds->fetching = false;
    kinds->again_us = lbx_monotonic_us() + EVERY_S * LBX_SECOND_US;
    pthread_cond_broadcast(&kinds->fetched);
    if (err == LBX_OK) {
        take_over(kinds, &maps, &arena);
        return;
    }
    lbx_log(LBX_LOG_WARN, "a cluster's kinds cannot be read", LBX_S("cluster", cluster->id),
            LBX_S("error", why));
    lbx_arena_done(&arena);
}

/* ---- asking ---- */

struct kinds *kinds_new(void) {
    struct kinds *kinds = lbx_calloc(sizeof *kinds);
    kinds->holders = 1;
    pthread_mutex_init(&kinds->lock, NULL);
    pthread_cond_init(&kinds->fetched, NULL);
    lbx_arena_init(&kinds->arena);
    lbx_map_init(&kinds->by_resource, &kinds->arena);
    lbx_map_init(&kinds->by_name, &kinds->arena);
    return kinds;
}

void kinds_free(struct kinds *kinds) {
    if (!kinds || --kinds->holders > 0)
        return;
    lbx_arena_done(&kinds->arena);
    pthread_cond_destroy(&kinds->fetched);
    pthread_mutex_destroy(&kinds->lock);
    free(kinds);
}

void kinds_keep(struct lbx_clusters *clusters, const struct lbx_clusters *before) {
    for (size_t i = 0; before && i < clusters->count; i++) {
        struct lbx_cluster *it = &clusters->list[i];
        const struct lbx_cluster *was = lbx_clusters_find(before, it->id, strlen(it->id));
        if (!was || !was->server || !it->server || strcmp(was->server, it->server) != 0)
            continue;
        kinds_free(it->kinds);
        it->kinds = was->kinds;
        it->kinds->holders++;
    }
}

static struct kind copy_of(const struct kind *kind, struct lbx_arena *arena) {
    return (struct kind){
        .name = lbx_arena_strdup(arena, kind->name),
        .namespaced = kind->namespaced,
        .group = lbx_arena_strdup(arena, kind->group),
        .version = lbx_arena_strdup(arena, kind->version),
        .resource = lbx_arena_strdup(arena, kind->resource),
    };
}

/* map: one of the cluster's two. */
static bool find(const struct lbx_cluster *cluster, const struct lbx_map *map, const char *key,
                 struct lbx_arena *arena, struct kind *ret_kind) {
    struct kinds *kinds = cluster->kinds;
    pthread_mutex_lock(&kinds->lock);
    const struct kind *kind;
    while (!(kind = lbx_map_get(map, key)) && cluster->server &&
           (kinds->fetching || lbx_monotonic_us() >= kinds->again_us))
        if (kinds->fetching)
            pthread_cond_wait(&kinds->fetched, &kinds->lock);
        else
            refresh(kinds, cluster);
    if (kind)
        *ret_kind = copy_of(kind, arena);
    pthread_mutex_unlock(&kinds->lock);
    return kind != NULL;
}

bool kinds_find(const struct lbx_cluster *cluster, const char *group, const char *resource,
                struct lbx_arena *arena, struct kind *ret_kind) {
    return find(cluster, &cluster->kinds->by_resource, LBX_MAP_KEY(arena, group, resource), arena,
                ret_kind);
}

bool kinds_find_by_name(const struct lbx_cluster *cluster, const char *name, const char *version,
                        struct lbx_arena *arena, struct kind *ret_kind) {
    return find(cluster, &cluster->kinds->by_name, LBX_MAP_KEY(arena, name, version ? version : ""),
                arena, ret_kind);
}
