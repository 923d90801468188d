/* Memory from the C library that is never NULL: running out of memory ends the process (see
 * arena.h). free() releases it.
 */
#ifndef LBX_BASE_MEMORY_H
#define LBX_BASE_MEMORY_H

#include <stddef.h>

void *lbx_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *lbx_calloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */

/* Gives the system back what was freed, where that is megabytes: the C library keeps it else for as long as something younger lives. */
void lbx_memory_give_back(void);

/* memory NULL: as lbx_malloc. size is not 0. */
void *lbx_realloc(void *memory, size_t size) __attribute__((returns_nonnull));

#endif
