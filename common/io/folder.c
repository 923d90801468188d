/* Reads a folder's files in the order of their names. Promises all files or none. Fails at the
 * first file that cannot be read, which the reason names. */
#include "io/folder.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum lbx_err wrong(char *why, const char *path, const char *name, const char *what) {
    (void)snprintf(why, LBX_FOLDER_WHY_SIZE, "%.120s%s%.60s: %.60s", path, *name ? "/" : "", name,
                   what);
    return LBX_ERR_INVALID;
}

static bool wanted(const char *name, const char *const *endings) {
    size_t len = strlen(name);
    for (; *name != '.' && *endings; endings++)
        if (len > strlen(*endings) && strcmp(name + len - strlen(*endings), *endings) == 0)
            return true;
    return false;
}

/* Reads an open file whole. False with errno, as lbx_file_read_fd. */
static bool read_whole(int fd, size_t max_bytes, struct lbx_arena *arena, struct lbx_file *file) {
    struct lbx_buf text LBX_BUF = {0};
    if (!lbx_file_read_fd(fd, max_bytes, &text))
        return false;
    file->text = lbx_arena_memdup(arena, text.data, text.len);
    file->len = text.len;
    return true;
}

/* Reads one entry of the folder. *ret_is_file false: the entry is a directory, and is skipped. */
static bool read_file(int folder, const char *name, size_t max_bytes, struct lbx_arena *arena,
                      struct lbx_file *file, bool *ret_is_file) {
    struct stat about;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool known = fstat(fd, &about) == 0;
    *ret_is_file = known && S_ISREG(about.st_mode);
    *file = (struct lbx_file){.name = lbx_arena_strdup(arena, name)};
    bool done = known && (!*ret_is_file || read_whole(fd, max_bytes, arena, file));
    int saved = errno;
    close(fd);
    errno = saved;
    return done;
}

static void free_names(struct dirent **names, int count) {
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

enum lbx_err lbx_folder_read(const char *path, const char *const *endings, size_t max_bytes,
                             struct lbx_arena *arena, struct lbx_file **ret_files,
                             size_t *ret_count, char ret_why[LBX_FOLDER_WHY_SIZE]) {
    struct dirent **names;
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return wrong(ret_why, path, "", strerror(errno));
    int count = scandirat(folder, ".", &names, NULL, alphasort);
    if (count < 0) {
        close(folder);
        return wrong(ret_why, path, "", strerror(errno));
    }
    enum lbx_err err = LBX_OK;
    struct lbx_file *files = LBX_ARENA_ARRAY(arena, struct lbx_file, (size_t)count + 1);
    size_t kept = 0;
    for (int i = 0; err == LBX_OK && i < count; i++) {
        bool is_file = false;
        if (!wanted(names[i]->d_name, endings))
            continue;
        if (!read_file(folder, names[i]->d_name, max_bytes, arena, &files[kept], &is_file))
            err = wrong(ret_why, path, names[i]->d_name, strerror(errno));
        kept += is_file;
    }
    free_names(names, count);
    close(folder);
    if (err != LBX_OK)
        return err;
    *ret_files = files;
    *ret_count = kept;
    return LBX_OK;
}
