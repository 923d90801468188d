#include "base/map.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct lbx_map_slot {
    const char *key;
    void *value;
};

/* FNV-1a, 64 bits; the keys of one batch are bounded, so flooding a bucket costs little. */
static uint64_t hash(const char *key) {
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 1099511628211u;
    return h;
}

static struct lbx_map_slot *find(struct lbx_map_slot *slots, size_t cap, const char *key) {
    size_t i = (size_t)hash(key) & (cap - 1);
    while (slots[i].key && strcmp(slots[i].key, key) != 0)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

void lbx_map_init(struct lbx_map *map, struct lbx_arena *arena) {
    *map = (struct lbx_map){.arena = arena};
}

void *lbx_map_get(const struct lbx_map *map, const char *key) {
    return map->cap ? find(map->slots, map->cap, key)->value : NULL;
}

void lbx_map_set(struct lbx_map *map, const char *key, void *value) {
    assert(key && value);
    if (map->used * 2 >= map->cap) {
        size_t cap = map->cap ? map->cap * 2 : 32;
        struct lbx_map_slot *slots = LBX_ARENA_ARRAY(map->arena, struct lbx_map_slot, cap);
        for (size_t i = 0; i < map->cap; i++)
            if (map->slots[i].key)
                *find(slots, cap, map->slots[i].key) = map->slots[i];
        map->slots = slots;
        map->cap = cap;
    }
    struct lbx_map_slot *slot = find(map->slots, map->cap, key);
    map->used += !slot->key;
    *slot = (struct lbx_map_slot){key, value};
}

const char *lbx_map_key(struct lbx_arena *arena, size_t count, const char *const *parts) {
    enum { LENGTH_SIZE = 24 }; /* of a decimal size_t, ":" and NUL */
    size_t size = 1, at = 0;
    for (size_t i = 0; i < count; i++)
        size += LENGTH_SIZE + strlen(parts[i]);
    char *key = lbx_arena_alloc(arena, size);
    for (size_t i = 0; i < count; i++)
        at += (size_t)snprintf(key + at, size - at, "%zu:%s", strlen(parts[i]), parts[i]);
    return key;
}
