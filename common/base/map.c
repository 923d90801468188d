/* A hash table with open addressing and linear probing, at most half full, and a list in
 * insertion order. Lookup and insertion take constant time on average. Lack of memory ends the
 * process. */
#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* FNV-1a, 64 bits. A batch has a bounded number of keys, so that colliding keys cost little. */
static uint64_t hash(const char *key) {
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h;
}

/* The slot of the key, or the empty slot for it. */
static struct lbx_map_entry **find(struct lbx_map_entry **slots, size_t cap, const char *key) {
    size_t i = (size_t)hash(key) & (cap - 1);
    while (slots[i] && strcmp(slots[i]->key, key) != 0)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

void lbx_map_init(struct lbx_map *map, struct lbx_arena *arena) {
    *map = (struct lbx_map){.arena = arena};
}

void *lbx_map_get(const struct lbx_map *map, const char *key) {
    const struct lbx_map_entry *entry = map->cap ? *find(map->slots, map->cap, key) : NULL;
    return entry ? entry->value : NULL;
}

static void grow(struct lbx_map *map) {
    map->cap = map->cap ? map->cap * 2 : 32;
    map->slots = LBX_ARENA_ARRAY(map->arena, struct lbx_map_entry *, map->cap);
    for (struct lbx_map_entry *entry = map->first; entry; entry = entry->next)
        *find(map->slots, map->cap, entry->key) = entry;
}

static struct lbx_map_entry *append(struct lbx_map *map, const char *key) {
    struct lbx_map_entry *entry = LBX_ARENA_NEW(map->arena, struct lbx_map_entry);
    entry->key = key;
    if (map->last)
        map->last->next = entry;
    else
        map->first = entry;
    map->last = entry;
    map->used++;
    return entry;
}

void lbx_map_set(struct lbx_map *map, const char *key, void *value) {
    assert(key && value);
    if (map->used * 2 >= map->cap)
        grow(map);
    struct lbx_map_entry **slot = find(map->slots, map->cap, key);
    if (!*slot)
        *slot = append(map, key);
    (*slot)->value = value;
}

const char *lbx_map_key(struct lbx_arena *arena, size_t count, const char *const *parts) {
    enum { LENGTH_SIZE = 24 }; /* a decimal size_t, ":" and NUL */
    size_t size = 1, at = 0;
    for (size_t i = 0; i < count; i++)
        size += LENGTH_SIZE + strlen(parts[i]);
    char *key = lbx_arena_alloc(arena, size);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(key + at, size - at, "%zu:%s", strlen(parts[i]), parts[i]);
    return key;
}
