/* Releases a variable's resource at the end of its scope (GCC and Clang's cleanup attribute). */
#ifndef LBX_BASE_CLEANUP_H
#define LBX_BASE_CLEANUP_H

#include "base/memory.h"

#include <stdlib.h>

#define LBX_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines lbx_cleanup_<name>, which releases a pointer variable at the end of its scope. */
#define LBX_DEFINE_CLEANUP(type, name, release)                                                    \
    static inline void lbx_cleanup_##name(type *held) {                                            \
        if (*held)                                                                                 \
            release(*held);                                                                        \
    }

static inline void lbx_cleanup_free(void *held) {
    free(*(void **)held);
}

/* char *s LBX_FREE = strdup(…); */
#define LBX_FREE LBX_CLEANUP(lbx_cleanup_free)

#endif
