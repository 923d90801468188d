/* An arena: an allocator for everything that lives as long as one batch.
 *
 * Memory is released all at once, by lbx_arena_reset (which keeps the first block for the next
 * batch) or lbx_arena_done. Lack of memory ends the process: a worker's state is in PostgreSQL,
 * and a restart recovers it. */
#ifndef LBX_BASE_ARENA_H
#define LBX_BASE_ARENA_H

#include <stddef.h>

struct lbx_arena_block;

struct lbx_arena {
    struct lbx_arena_block *block; /* newest first */
};

void lbx_arena_init(struct lbx_arena *arena);
void lbx_arena_reset(struct lbx_arena *arena);
void lbx_arena_done(struct lbx_arena *arena);

/* Zeroed memory aligned for any type. */
void *lbx_arena_alloc(struct lbx_arena *arena, size_t size) __attribute__((returns_nonnull));

/* Copies into the arena; the copy is NUL-terminated. lbx_arena_strdup(NULL) is NULL. */
char *lbx_arena_memdup(struct lbx_arena *arena, const void *bytes, size_t len)
    __attribute__((returns_nonnull));
char *lbx_arena_strdup(struct lbx_arena *arena, const char *s);
char *lbx_arena_printf(struct lbx_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

#define LBX_ARENA_NEW(arena, type) ((type *)lbx_arena_alloc((arena), sizeof(type)))
#define LBX_ARENA_ARRAY(arena, type, n) ((type *)lbx_arena_alloc((arena), sizeof(type) * (n)))

#endif
