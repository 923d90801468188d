/* The files of a folder that an operator fills. */
#ifndef LBX_IO_FOLDER_H
#define LBX_IO_FOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <stddef.h>

enum { LBX_FOLDER_WHY_SIZE = 256 };

/* Reads the regular files whose names end in one of `endings` (NULL-ended) and do not begin with a dot,
 * each of at most max_bytes, in the order of their names; everything lives in arena. Other files are not
 * looked at. LBX_ERR_INVALID writes why into ret_why, one line: a folder or file that cannot be read, or a
 * file that is too large. */
enum lbx_err lbx_folder_read(const char *path, const char *const *endings, size_t max_bytes,
                             struct lbx_arena *arena, struct lbx_file **ret_files,
                             size_t *ret_count, char ret_why[LBX_FOLDER_WHY_SIZE]) LBX_MUST_CHECK;

#endif
