/* Files of a folder, as an operator or a mounted ConfigMap leaves them. */
#include "io/folder.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const endings[] = {".txt", ".html", NULL};
static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/lockbox-folder-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static void put_file(const char *name, const char *text, size_t len) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void test_reads_what_is_wanted(void **state) {
    (void)state;
    char path[128];
    put_file("b.txt", "two\n", 4);
    put_file("a.html", "", 0);
    put_file("README.md", "no", 2);
    put_file(".txt", "no", 2);
    put_file(".hidden.txt", "no", 2);
    put_file("c.txt", "a\0b", 3);
    (void)snprintf(path, sizeof path, "%s/folder.txt", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/link.txt", folder);
    assert_int_equal(symlink("b.txt", path), 0);

    struct lbx_arena arena;
    struct lbx_file *files;
    size_t count;
    char why[LBX_FOLDER_WHY_SIZE];
    lbx_arena_init(&arena);
    assert_int_equal(lbx_folder_read(folder, endings, 4, &arena, &files, &count, why), LBX_OK);
    static const struct lbx_file expected[] = {
        {"a.html", "", 0}, {"b.txt", "two\n", 4}, {"c.txt", "a\0b", 3}, {"link.txt", "two\n", 4}};
    assert_int_equal(count, COUNT(expected));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(files[i].name, expected[i].name);
        assert_int_equal(files[i].len, expected[i].len);
        assert_memory_equal(files[i].text, expected[i].text, expected[i].len + 1);
    }
    lbx_arena_done(&arena);
}

static void test_says_why_not(void **state) {
    (void)state;
    struct lbx_arena arena;
    struct lbx_file *files;
    size_t count;
    char why[LBX_FOLDER_WHY_SIZE], path[128];
    lbx_arena_init(&arena);
    put_file("large.txt", "12345", 5);
    assert_int_equal(lbx_folder_read(folder, endings, 4, &arena, &files, &count, why),
                     LBX_ERR_INVALID);
    assert_non_null(strstr(why, "/large.txt: File too large"));
    assert_int_equal(lbx_folder_read("/nowhere", endings, 4, &arena, &files, &count, why),
                     LBX_ERR_INVALID);
    assert_string_equal(why, "/nowhere: No such file or directory");
    (void)snprintf(path, sizeof path, "%s/large.txt", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("gone", path), 0);
    assert_int_equal(lbx_folder_read(folder, endings, 4, &arena, &files, &count, why),
                     LBX_ERR_INVALID);
    assert_non_null(strstr(why, "/large.txt: No such file or directory"));
    lbx_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_what_is_wanted, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_says_why_not, make_folder, remove_folder),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
