/* Files that hold secrets: passwords, URLs with passwords, private keys. */
#ifndef LBX_IO_SECRET_H
#define LBX_IO_SECRET_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { LBX_SECRET_WHY_SIZE = 160 };

/* Reads a file as lbx_file_read does, if only root, the process's own user and one of its groups
 * can read or write it, by its mode or by a directory above it (docs/decisions/024). False: ret_why
 * has the reason, with the mode or the owner, never the content. LOCKBOX_ALLOW_OPEN_SECRETS=yes in
 * the environment allows any mode. */
bool lbx_secret_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text,
                     char ret_why[LBX_SECRET_WHY_SIZE]) LBX_MUST_CHECK;

/* Checks the same for a file that a library reads. A file that cannot be opened passes: the library reports it. */
bool lbx_secret_is_private(const char *path, char ret_why[LBX_SECRET_WHY_SIZE]) LBX_MUST_CHECK;

/* Protects the memory of the process, which has passwords and keys: no core file, and no ptrace
 * by another process of its user. Does nothing under a sanitizer, which uses ptrace itself. */
void lbx_secret_keep_memory(void);

#endif
