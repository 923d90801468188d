/* Reads files that hold secrets. Promises to refuse a secret that another user can read or
 * write, so that a wrong mode is found at the start. The check is of the open file and the
 * directories above it, not of its name. Fails with a sentence for the log that names the mode or
 * the owner, and never quotes the file. */
#include "io/secret.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUPS_MAX = 65536 }; /* NGROUPS_MAX of Linux */

/* Reads the environment, as the settings are not loaded yet. */
static bool is_anything_allowed(void) {
    const char *value = getenv("LOCKBOX_ALLOW_OPEN_SECRETS");
    return value && strcmp(value, "yes") == 0;
}

static bool is_own_group(gid_t group) {
    int count = getgroups(0, NULL);
    if (group == 0 || group == getegid())
        return true;
    if (count <= 0 || count > GROUPS_MAX)
        return false;
    gid_t *groups LBX_FREE = lbx_calloc(sizeof *groups * (size_t)count);
    count = getgroups(count, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == group)
            return true;
    return false;
}

static bool refuse(char *ret_why, const struct stat *about, const char *whom) {
    snprintf(
        ret_why, LBX_SECRET_WHY_SIZE,
        "has mode %04o, open to %s; a secret's file is for its user and a group of it (0600, 0640)",
        (unsigned)about->st_mode & 07777, whom);
    return false;
}

/* ---- the directories above ---- */

/* Only root, the process's own user and one of its groups can search it. */
static bool keeps_others_out(const struct stat *directory) {
    return S_ISDIR(directory->st_mode) &&
           (directory->st_uid == 0 || directory->st_uid == geteuid()) &&
           !(directory->st_mode & S_IXOTH) &&
           (!(directory->st_mode & S_IXGRP) || is_own_group(directory->st_gid));
}

/* Whether a directory above the open file keeps others out, and the file has no second name. */
static bool is_closed_off(int fd, const struct stat *about) {
    char own[32], path[PATH_MAX], *end;
    struct stat directory;
    snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
    const ssize_t len = readlink(own, path, sizeof path - 1);
    if (len <= 0 || about->st_nlink != 1)
        return false;
    path[len] = '\0';
    while ((end = strrchr(path, '/')) && end > path) {
        *end = '\0';
        if (stat(path, &directory) == 0 && keeps_others_out(&directory))
            return true;
    }
    return false;
}

/* ---- the file ---- */

/* Checks owner, mode and the directories above. A directory passes: the read that follows fails. */
static bool is_private(int fd, char *ret_why) {
    struct stat about;
    if (is_anything_allowed())
        return true;
    if (fstat(fd, &about) != 0)
        return snprintf(ret_why, LBX_SECRET_WHY_SIZE, "cannot be read") < 0;
    if (S_ISDIR(about.st_mode))
        return true;
    if (about.st_uid != 0 && about.st_uid != geteuid()) {
        snprintf(
            ret_why, LBX_SECRET_WHY_SIZE,
            "has mode %04o and belongs to user %u, who is neither root nor this process's user",
            (unsigned)about.st_mode & 07777, (unsigned)about.st_uid);
        return false;
    }
    const char *whom = NULL;
    if (about.st_mode & (S_IROTH | S_IWOTH))
        whom = "everybody";
    else if ((about.st_mode & (S_IRGRP | S_IWGRP)) && !is_own_group(about.st_gid))
        whom = "a group that this process is not in";
    return !whom || is_closed_off(fd, &about) || refuse(ret_why, &about, whom);
}

bool lbx_secret_read(const char *path, size_t max_bytes, struct lbx_buf *ret_text,
                     char ret_why[LBX_SECRET_WHY_SIZE]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(ret_why, LBX_SECRET_WHY_SIZE, "cannot be read");
    if (fd < 0)
        return false;
    bool good = is_private(fd, ret_why) && lbx_file_read_fd(fd, max_bytes, ret_text);
    close(fd);
    return good;
}

bool lbx_secret_is_private(const char *path, char ret_why[LBX_SECRET_WHY_SIZE]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return true;
    bool good = is_private(fd, ret_why);
    close(fd);
    return good;
}

void lbx_secret_keep_memory(void) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0UL);
#endif
}
