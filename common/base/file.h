/* Files that are read whole into memory, such as keys, secrets and templates, or written whole. */
#ifndef LBX_BASE_FILE_H
#define LBX_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct lbx_file {
    const char *name; /* without its folder */
    const char *text; /* NUL-terminated */
    size_t len;
};

/* Reads a file of at most max_bytes into ret_text, which is emptied first and never without data
 * after success. False with errno where the file cannot be read, EFBIG where it is longer; ret_text
 * then holds whatever was read. The bytes are nowhere else in memory as long as the file does not
 * grow meanwhile: the caller of a secret wipes ret_text. */
bool lbx_file_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text) LBX_MUST_CHECK;

/* The same of an open file, from where it stands; it stays open. */
bool lbx_file_read_fd(int fd, size_t max_bytes, struct lbx_buf *ret_text) LBX_MUST_CHECK;

/* Puts a file of this text in the place of another, or of none: a reader finds the one or the other, whole, also after the
 * machine stopped. path.new is where it is made. False with errno, and the file of before stays. */
bool lbx_file_replace(const char *path, const struct lbx_buf *text) LBX_MUST_CHECK;

#endif
