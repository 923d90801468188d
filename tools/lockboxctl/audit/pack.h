/* Named files, written into a folder or a tar archive (POSIX ustar), and read back in the order of
 * their names.
 */
#ifndef LOCKBOXCTL_AUDIT_PACK_H
#define LOCKBOXCTL_AUDIT_PACK_H

#include "command.h"

#include <stdio.h>

/* ---- writing ---- */

struct pack {
    const char *path;
    FILE *tar; /* NULL: a folder */
};

/* Makes the folder, or where path ends in .tar the archive; there must be none. Says why not. */
bool pack_begin(struct pack *pack, const char *path);
/* name: a relative path with slashes; its folders are made. Says why not. */
bool pack_add(struct pack *pack, const char *name, const void *bytes, size_t len);
bool pack_end(struct pack *pack);

/* ---- reading ---- */

struct packed {
    const char *name; /* both as long as the call */
    const char *bytes;
    size_t len;
};

/* Calls visit with each file, in the order of the archive or, for a folder, of the names. Stops at
 * the first code of visit that is not CTL_DONE, and returns it. After saying why: CTL_NO for what
 * is no archive of ours, CTL_USAGE for what cannot be read. */
enum ctl_exit pack_each(const char *path,
                        enum ctl_exit (*visit)(void *context, const struct packed *file),
                        void *context);

#endif
