/* A map from strings to pointers, in an arena, with iteration in insertion order. Keys and
 * values are borrowed, and must live as long as the arena. No removal. */
#ifndef LBX_BASE_MAP_H
#define LBX_BASE_MAP_H

#include "base/arena.h"

struct lbx_map_entry {
    const char *key;
    void *value;
    struct lbx_map_entry *next; /* inserted after this one */
};

struct lbx_map {
    struct lbx_arena *arena;
    struct lbx_map_entry **slots, *first, *last;
    size_t cap, used;
};

/* Iterates over the entries in insertion order. */
#define LBX_MAP_EACH(map, entry)                                                                   \
    for (const struct lbx_map_entry *entry = (map)->first; entry; entry = entry->next)

void lbx_map_init(struct lbx_map *map, struct lbx_arena *arena);

/* The value; NULL: the key is absent. */
void *lbx_map_get(const struct lbx_map *map, const char *key);

/* Sets a value; an existing key keeps its place in the order. value must not be NULL. */
void lbx_map_set(struct lbx_map *map, const char *key, void *value);

/* Joins several texts to one key, in the arena. Each part is prefixed by its length, so that two
 * keys are equal only where all parts are. */
const char *lbx_map_key(struct lbx_arena *arena, size_t count, const char *const *parts);
#define LBX_MAP_KEY(arena, ...)                                                                    \
    lbx_map_key((arena), sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *),             \
                (const char *[]){__VA_ARGS__})

#endif
