/* A chain of blocks, each twice as large as the one before, so that the chain stays short. Lack of memory ends the process. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024 };

struct lbx_arena_block {
    struct lbx_arena_block *older;
    size_t size, used;
    _Alignas(max_align_t) char bytes[];
};

static struct lbx_arena_block *block_new(size_t size, struct lbx_arena_block *older) {
    struct lbx_arena_block *block = lbx_malloc(sizeof *block + size);
    *block = (struct lbx_arena_block){.older = older, .size = size};
    return block;
}

void lbx_arena_init(struct lbx_arena *arena) {
    arena->block = NULL;
}

void lbx_arena_reset(struct lbx_arena *arena) {
    struct lbx_arena_block *block = arena->block;
    while (block && block->older) {
        struct lbx_arena_block *older = block->older;
        free(block);
        block = older;
    }
    if (block)
        block->used = 0;
    arena->block = block;
}

void lbx_arena_done(struct lbx_arena *arena) {
    lbx_arena_reset(arena);
    free(arena->block);
    arena->block = NULL;
}

void *lbx_arena_alloc(struct lbx_arena *arena, size_t size) {
    const size_t align = _Alignof(max_align_t);
    struct lbx_arena_block *block = arena->block;
    if (size > SIZE_MAX / 2)
        abort();
    size = (size + align - 1) / align * align;
    if (!block || block->size - block->used < size) {
        size_t grown = block ? block->size * 2 : FIRST_BLOCK;
        block = arena->block = block_new(grown > size ? grown : size, block);
    }
    void *at = block->bytes + block->used;
    block->used += size;
    return memset(at, 0, size);
}

char *lbx_arena_memdup(struct lbx_arena *arena, const void *bytes, size_t len) {
    char *copy = lbx_arena_alloc(arena, len + 1);
    if (len)
        memcpy(copy, bytes, len);
    return copy;
}

char *lbx_arena_strdup(struct lbx_arena *arena, const char *s) {
    return s ? lbx_arena_memdup(arena, s, strlen(s)) : NULL;
}

char *lbx_arena_printf(struct lbx_arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        abort();
    char *text = lbx_arena_alloc(arena, (size_t)len + 1);
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}
