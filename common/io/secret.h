/* Files that hold secrets: passwords, URLs with passwords, private keys. */
#ifndef LBX_IO_SECRET_H
#define LBX_IO_SECRET_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LBX_SECRET_WHY_SIZE = 160 };

/* Reads a file of at most max_bytes as lbx_file_read does, if nobody but root, the process's own user and one of its groups
 * can read or write it: the rule of docs/decisions/024. False: ret_why says why not, with the mode or the owner, never what
 * the file holds. LOCKBOX_ALLOW_OPEN_SECRETS=yes in the environment takes any file that can be read. */
bool lbx_secret_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text,
                     char ret_why[LBX_SECRET_WHY_SIZE]) LBX_MUST_CHECK;

/* The same rule for a file that a library reads. A file that cannot be opened is left to the library to complain of. */
bool lbx_secret_is_private(const char *path, char ret_why[LBX_SECRET_WHY_SIZE]) LBX_MUST_CHECK;

/* Of the whole process, whose memory has passwords and keys: no core file, and no look into it by whoever else runs as its
 * user. Not where a sanitizer runs, which looks into its own process. */
void lbx_secret_keep_memory(void);

#endif
