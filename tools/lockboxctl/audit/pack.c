/* Writes files into a new directory or ustar archive, and reads them. Promises to check each
 * length and name, as archives come from outside; links, special files and files above 64 MiB
 * are refused. Fails with the reason printed. */
#include "pack.h"

#include "base/file.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 512, FILE_MAX = 64 << 20 };

/* The header of POSIX.1-1988 ustar. */
struct tar_header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
        magic[6], version[2], owner[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct tar_header) == BLOCK, "a tar header is one block");

static bool cannot(const char *path) {
    ctl_fail(CTL_NO, "%s cannot be written: %s", path, strerror(errno));
    return false;
}

/* ---- writing ---- */

static bool is_tar(const char *path) {
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".tar") == 0;
}

bool pack_begin(struct pack *pack, const char *path) {
    *pack = (struct pack){.path = path};
    if (is_tar(path))
        return (pack->tar = fopen(path, "wxe")) != NULL || cannot(path);
    return mkdir(path, 0777) == 0 || cannot(path);
}

static unsigned checksum(const struct tar_header *header) {
    struct tar_header copy = *header;
    const unsigned char *bytes = (const unsigned char *)&copy;
    unsigned sum = 0;
    memset(copy.checksum, ' ', sizeof copy.checksum);
    for (size_t i = 0; i < sizeof copy; i++)
        sum += bytes[i];
    return sum;
}

/* Writes a name; one over 100 bytes is split at a slash. */
static bool put_name(struct tar_header *header, const char *name) {
    size_t len = strlen(name);
    const char *rest = name;
    if (len > sizeof header->name) {
        rest = strchr(name + len - sizeof header->name - 1, '/');
        if (!rest || (size_t)(rest - name) > sizeof header->prefix)
            return false;
        memcpy(header->prefix, name, (size_t)(rest - name));
        rest++;
    }
    memcpy(header->name, rest, strlen(rest));
    return true;
}

static bool add_to_tar(struct pack *pack, const char *name, const void *bytes, size_t len) {
    static const char zeros[BLOCK];
    struct tar_header header = {.mode = "0000644",
                                .uid = "0000000",
                                .gid = "0000000",
                                .mtime = "00000000000",
                                .type = '0',
                                .magic = "ustar",
                                .version = {'0', '0'}};
    if (!put_name(&header, name)) {
        errno = ENAMETOOLONG;
        return cannot(name);
    }
    snprintf(header.size, sizeof header.size, "%011zo", len);
    snprintf(header.checksum, sizeof header.checksum, "%06o", checksum(&header));
    header.checksum[7] = ' ';
    return (fwrite(&header, sizeof header, 1, pack->tar) == 1 &&
            fwrite(bytes, 1, len, pack->tar) == len &&
            fwrite(zeros, 1, -len % BLOCK, pack->tar) == -len % BLOCK) ||
           cannot(pack->path);
}

/* Makes each directory of a path. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0777);
        *slash = '/';
    }
}

static bool add_to_folder(struct pack *pack, const char *name, const void *bytes, size_t len) {
    struct lbx_buf path LBX_BUF = {0};
    lbx_buf_printf(&path, "%s/%s", pack->path, name);
    make_folders(path.data);
    FILE *file = fopen(path.data, "wxe");
    if (!file)
        return cannot(path.data);
    bool good = fwrite(bytes, 1, len, file) == len;
    return (fclose(file) == 0 && good) || cannot(path.data);
}

bool pack_add(struct pack *pack, const char *name, const void *bytes, size_t len) {
    return pack->tar ? add_to_tar(pack, name, bytes, len) : add_to_folder(pack, name, bytes, len);
}

bool pack_end(struct pack *pack) {
    static const char zeros[2 * BLOCK];
    if (!pack->tar)
        return true;
    bool good = fwrite(zeros, sizeof zeros, 1, pack->tar) == 1;
    good = fclose(pack->tar) == 0 && good;
    pack->tar = NULL;
    return good || cannot(pack->path);
}

/* ---- reading ---- */

typedef enum ctl_exit visit_fn(void *context, const struct packed *file);

static enum ctl_exit no_archive(const char *path) {
    return ctl_fail(CTL_NO, "%s is damaged, or no export", path);
}

static bool octal(const char *text, size_t len, size_t *ret) {
    size_t value = 0;
    for (size_t i = 0; i < len && text[i] && text[i] != ' '; i++) {
        if (text[i] < '0' || text[i] > '7')
            return false;
        value = value << 3 | (size_t)(text[i] - '0');
    }
    *ret = value;
    return true;
}

/* Reads a header; the archive ends with a header of zeros. */
static bool read_header(const struct tar_header *header, char *ret_name, size_t *ret_len,
                        bool *ret_end) {
    static const struct tar_header zeros;
    size_t sum;
    *ret_end = memcmp(header, &zeros, sizeof zeros) == 0;
    if (*ret_end)
        return true;
    if (memcmp(header->magic, "ustar", 5) != 0 || header->type != '0' ||
        !octal(header->checksum, sizeof header->checksum, &sum) || sum != checksum(header) ||
        !octal(header->size, sizeof header->size, ret_len) || *ret_len > FILE_MAX)
        return false;
    snprintf(ret_name, 260, "%.155s%s%.100s", header->prefix, header->prefix[0] ? "/" : "",
             header->name);
    return true;
}

static enum ctl_exit each_in_tar(const char *path, FILE *tar, visit_fn *visit, void *context) {
    struct tar_header header;
    struct lbx_buf bytes LBX_BUF = {0};
    char name[260];
    size_t len;
    bool end = false;
    char block[BLOCK];
    while (fread(&header, sizeof header, 1, tar) == 1) {
        if (!read_header(&header, name, &len, &end))
            break;
        if (end)
            return CTL_DONE;
        lbx_buf_clear(&bytes);
        for (size_t left = len; left;) {
            size_t n = left < BLOCK ? left : BLOCK;
            if (fread(block, BLOCK, 1, tar) != 1)
                return no_archive(path);
            lbx_buf_add(&bytes, block, n);
            left -= n;
        }
        const struct packed file = {name, bytes.data ? bytes.data : "", len};
        enum ctl_exit code = visit(context, &file);
        if (code != CTL_DONE)
            return code;
    }
    return no_archive(path);
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static enum ctl_exit visit_file(const char *path, const char *name, visit_fn *visit,
                                void *context) {
    struct lbx_buf bytes LBX_BUF = {0};
    if (!lbx_file_read(path, FILE_MAX, &bytes))
        return errno == EFBIG ? no_archive(path)
                              : ctl_fail(CTL_USAGE, "%s cannot be read: %s", path, strerror(errno));
    return visit(context, &(struct packed){name, bytes.data, bytes.len});
}

static enum ctl_exit each_in_folder(const char *path, visit_fn *visit, void *context) {
    char *const roots[] = {(char *)path, NULL};
    enum ctl_exit code = CTL_DONE;
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    if (!tree)
        return ctl_fail(CTL_USAGE, "%s cannot be read: %s", path, strerror(errno));
    for (FTSENT *at; code == CTL_DONE && (at = fts_read(tree));)
        if (at->fts_info == FTS_F)
            code = visit_file(at->fts_path, at->fts_path + strlen(path) + 1, visit, context);
        else if (at->fts_info != FTS_D && at->fts_info != FTS_DP)
            code = ctl_fail(CTL_NO, "%s is no plain file", at->fts_path);
    fts_close(tree);
    return code;
}

enum ctl_exit pack_each(const char *path, visit_fn *visit, void *context) {
    struct stat is;
    if (stat(path, &is) != 0)
        return ctl_fail(CTL_USAGE, "%s cannot be read: %s", path, strerror(errno));
    if (S_ISDIR(is.st_mode))
        return each_in_folder(path, visit, context);
    FILE *tar = fopen(path, "re");
    if (!tar)
        return ctl_fail(CTL_USAGE, "%s cannot be read: %s", path, strerror(errno));
    enum ctl_exit code = each_in_tar(path, tar, visit, context);
    fclose(tar);
    return code;
}
