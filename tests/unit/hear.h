/* What is logged while a test listens. */
#ifndef LBX_TESTS_HEAR_H
#define LBX_TESTS_HEAR_H

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

struct heard {
    FILE *file;
    int stderr_fd;
    char *text;
};

/* From here on standard error goes to *heard, until heard_all. */
static inline void hear(struct heard *heard) {
    *heard = (struct heard){.file = tmpfile()};
    assert_non_null(heard->file);
    fflush(stderr);
    heard->stderr_fd = dup(STDERR_FILENO);
    dup2(fileno(heard->file), STDERR_FILENO);
}

/* Ends it, and returns what was written; valid until heard_done. */
static inline const char *heard_all(struct heard *heard) {
    fflush(stderr);
    dup2(heard->stderr_fd, STDERR_FILENO);
    close(heard->stderr_fd);
    off_t len = lseek(fileno(heard->file), 0, SEEK_END);
    heard->text = calloc(1, (size_t)len + 1);
    assert_non_null(heard->text);
    assert_int_equal(pread(fileno(heard->file), heard->text, (size_t)len, 0), len);
    return heard->text;
}

static inline void heard_done(struct heard *heard) {
    fclose(heard->file);
    free(heard->text);
}

#endif
