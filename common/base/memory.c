/* Memory allocation that never fails: lack of memory ends the process. */
#include "base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void *or_end(void *memory) {
    if (!memory) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *lbx_malloc(size_t size) {
    return or_end(malloc(size ? size : 1));
}

void *lbx_calloc(size_t size) {
    return or_end(calloc(1, size ? size : 1));
}

void *lbx_realloc(void *memory, size_t size) {
    return or_end(realloc(memory, size));
}

void lbx_memory_give_back(void) {
    enum { KEPT = 8 << 20 };
    if (mallinfo2().fordblks > KEPT)
        malloc_trim(0);
}
