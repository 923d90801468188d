/* Named files, written into a folder or a tar archive (POSIX ustar), and read back in the order of their names.
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
/* name: relative, by slashes. Folders come by themselves. Says why not. */
bool pack_add(struct pack *pack, const char *name, const void *bytes, size_t len);
bool pack_end(struct pack *pack);

/* ---- reading ---- */

struct packed {
    const char *name; /* both as long as the call */
    const char *bytes;
    size_t len;
};

/* Calls visit with each file: of an archive as they lie in it, of a folder by name. Ends where visit returns another
 * code than CTL_DONE, with that. CTL_NO: it is no archive of ours; CTL_USAGE: it cannot be read. Said, both. */
enum ctl_exit pack_each(const char *path,
                        enum ctl_exit (*visit)(void *context, const struct packed *file),
                        void *context);

#endif
