/* Reads whole files up to a limit, without a second copy in memory. Writes whole files, or leaves the old ones. Fails with errno. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reserves the size of a regular file at once: a growing buffer would leave a copy of a secret in freed memory. */
static void make_room(int fd, size_t max_bytes, struct lbx_buf *text) {
    struct stat about;
    size_t size = fstat(fd, &about) == 0 && about.st_size > 0 ? (size_t)about.st_size : 0;
    lbx_buf_clear(text);
    lbx_buf_reserve(text, (size < max_bytes ? size : max_bytes) + 1);
}

bool lbx_file_read_fd(int fd, size_t max_bytes, struct lbx_buf *ret_text) {
    make_room(fd, max_bytes, ret_text);
    while (ret_text->len <= max_bytes) {
        lbx_buf_reserve(ret_text, 1);
        ssize_t n = read(fd, ret_text->data + ret_text->len, ret_text->cap - ret_text->len - 1);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            ret_text->len += (size_t)n;
        ret_text->data[ret_text->len] = '\0';
        if (n == 0)
            return true;
    }
    errno = EFBIG;
    return false;
}

bool lbx_file_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = lbx_file_read_fd(fd, max_bytes, ret_text);
    int saved = errno;
    close(fd);
    errno = saved;
    return good;
}

static bool write_whole(const char *path, const struct lbx_buf *text) {
    FILE *file = fopen(path, "we");
    if (!file)
        return false;
    bool written = fwrite(text->data, 1, text->len, file) == text->len;
    written = fflush(file) == 0 && fsync(fileno(file)) == 0 && written;
    return fclose(file) == 0 && written;
}

bool lbx_file_replace(const char *path, const struct lbx_buf *text) {
    struct lbx_buf beside LBX_BUF = {0};
    lbx_buf_printf(&beside, "%s.new", path);
    return write_whole(beside.data, text) && rename(beside.data, path) == 0;
}
