/* Reads the files of a folder that operators fill, such as mail templates. */
#ifndef LBX_IO_FOLDER_H
#define LBX_IO_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <stddef.h>

enum { LBX_FOLDER_WHY_SIZE = 256 };

/* Reads the regular files whose names end in one of `endings` (ended by NULL) and do not begin
 * with a dot, each of at most max_bytes, in the order of their names. The texts live in arena.
 * LBX_ERR_INVALID: a folder or file cannot be read, or a file is too large; ret_why says which,
 * in one line. */
enum lbx_err lbx_folder_read(const char *path, const char *const *endings, size_t max_bytes,
                             struct lbx_arena *arena, struct lbx_file **ret_files,
                             size_t *ret_count, char ret_why[LBX_FOLDER_WHY_SIZE]) LBX_MUST_CHECK;

#endif
