/* Memory from the C library, never NULL: lack of memory ends the process (see arena.h). free()
 * releases it. */
#ifndef LBX_BASE_MEMORY_H
#define LBX_BASE_MEMORY_H

#include <stddef.h>

void *lbx_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *lbx_calloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */

/* Returns freed memory to the system (malloc_trim), where that is megabytes. glibc otherwise keeps it below younger allocations. */
void lbx_memory_give_back(void);

/* As realloc(3); memory may be NULL. size is not 0. */
void *lbx_realloc(void *memory, size_t size) __attribute__((returns_nonnull));

#endif
