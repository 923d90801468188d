/* A map from strings to pointers, in an arena: the working set of one batch.
 * Keys and values are borrowed, and must live as long as the arena. No removal.
 */
#ifndef LBX_BASE_MAP_H
#define LBX_BASE_MAP_H

#include "base/arena.h"

struct lbx_map {
    struct lbx_arena *arena;
    struct lbx_map_slot *slots;
    size_t cap, used;
};

void lbx_map_init(struct lbx_map *map, struct lbx_arena *arena);

/* NULL where the key is absent. */
void *lbx_map_get(const struct lbx_map *map, const char *key);

/* Sets, replacing an earlier value. value must not be NULL. */
void lbx_map_set(struct lbx_map *map, const char *key, void *value);

#endif
