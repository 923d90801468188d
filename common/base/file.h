/* Reads whole files into memory, such as keys, secrets and templates, and writes whole files. */
#ifndef LBX_BASE_FILE_H
#define LBX_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct lbx_file {
    const char *name; /* without its directory */
    const char *text; /* NUL-terminated */
    size_t len;
};

/* Reads a file of at most max_bytes into ret_text, which is emptied first; after success its
 * data is not NULL. False with errno: the file cannot be read, or is longer (EFBIG); ret_text
 * then has the bytes so far. No other copy of the bytes is in memory, unless the file grows
 * meanwhile: a caller with a secret wipes ret_text. */
bool lbx_file_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text) LBX_MUST_CHECK;

/* Reads an open file from its current position on; fd stays open. */
bool lbx_file_read_fd(int fd, size_t max_bytes, struct lbx_buf *ret_text) LBX_MUST_CHECK;

/* Replaces or creates a file with this text. Readers see the old or the new text, whole, also after a
 * crash of the machine. Writes to path.new first. False with errno: the old file is unchanged. */
bool lbx_file_replace(const char *path, const struct lbx_buf *text) LBX_MUST_CHECK;

#endif
