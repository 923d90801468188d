/* Files read whole: regular ones, pipes, and what cannot be read. */
#include "base/file.h"

#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/lockbox-file-XXXXXX";

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int remove_file(void **state) {
    (void)state;
    return unlink(path);
}

static void put(size_t len) {
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    char *bytes LBX_FREE = lbx_calloc(len);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i % 251);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void reads_up_to_the_limit(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 255, 256, 257, 4096, 100000};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct lbx_buf text LBX_BUF = {0};
        lbx_buf_str(&text, "what was there before");
        put(sizes[i]);
        assert_true(lbx_file_read(path, sizes[i], &text));
        assert_int_equal(text.len, sizes[i]);
        for (size_t k = 0; k < text.len; k++)
            assert_int_equal((unsigned char)text.data[k], k % 251);
        assert_int_equal(text.data[text.len], '\0');
        errno = 0;
        assert_true(sizes[i] == 0 || !lbx_file_read(path, sizes[i] - 1, &text));
        assert_int_equal(errno, sizes[i] == 0 ? 0 : EFBIG);
    }
}

static void reads_what_has_no_size(void **state) {
    (void)state;
    struct lbx_buf text LBX_BUF = {0};
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "of a pipe", 9), 9);
    close(ends[1]);
    assert_true(lbx_file_read_fd(ends[0], 1000, &text));
    assert_string_equal(text.data, "of a pipe");
    close(ends[0]);
    assert_false(lbx_file_read("/dev/zero", 1000, &text));
    assert_int_equal(errno, EFBIG);
}

static void says_why_not(void **state) {
    (void)state;
    struct lbx_buf text LBX_BUF = {0};
    assert_false(lbx_file_read("/nonexistent/file", 10, &text));
    assert_int_equal(errno, ENOENT);
    assert_false(lbx_file_read("/tmp", 10, &text));
    assert_int_equal(errno, EISDIR);
}

static void replaces_a_file_whole(void **state) {
    (void)state;
    struct lbx_buf text LBX_BUF = {0}, found LBX_BUF = {0};
    put(4096);
    lbx_buf_str(&text, "a new one");
    assert_true(lbx_file_replace(path, &text));
    assert_true(lbx_file_read(path, 100, &found));
    assert_string_equal(found.data, "a new one");
    assert_false(lbx_file_replace("/nonexistent/file", &text));
    assert_int_equal(errno, ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_up_to_the_limit),
        cmocka_unit_test(reads_what_has_no_size),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(replaces_a_file_whole),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
