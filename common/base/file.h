/* A small file, whole in memory. */
#ifndef LBX_BASE_FILE_H
#define LBX_BASE_FILE_H

#include <stddef.h>

struct lbx_file {
    const char *name; /* without its folder */
    const char *text; /* NUL-terminated */
    size_t len;
};

#endif
