/* Files in a directory or a tar archive (POSIX ustar): written one by one, and read in the order
 * of their names. */
#ifndef LOCKBOXCTL_AUDIT_PACK_H
#define LOCKBOXCTL_AUDIT_PACK_H

#include "command.h"

#include <stdio.h>

/* ---- writing ---- */

struct pack {
    const char *path;
    FILE *tar; /* NULL: a directory */
};

/* Makes the directory or, where path ends in .tar, the archive, which must not exist. Prints errors. */
bool pack_begin(struct pack *pack, const char *path);
/* name: a relative path with slashes; directories are made. Prints errors. */
bool pack_add(struct pack *pack, const char *name, const void *bytes, size_t len);
bool pack_end(struct pack *pack);

/* ---- reading ---- */

struct packed {
    const char *name; /* valid until the call returns */
    const char *bytes;
    size_t len;
};

/* Calls visit for each file, in the archive's order or, in a directory, by name. Stops at the
 * first code other than CTL_DONE, and returns it. With an error printed: CTL_NO for an archive
 * of another form, CTL_USAGE for one that cannot be read. */
enum ctl_exit pack_each(const char *path,
                        enum ctl_exit (*visit)(void *context, const struct packed *file),
                        void *context);

#endif
