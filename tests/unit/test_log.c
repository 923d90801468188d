/* The log: one JSON object a line, or a line for people. */
#include "base/log.h"

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

/* What one call writes to standard error. */
static char *logged(enum lbx_log_level level, const char *text) {
    static char line[4096];
    int ends[2], saved = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_not_equal(dup2(ends[1], STDERR_FILENO), -1);
    lbx_log(level, "it \"happened\"", LBX_S("topic", text), LBX_N("partition", -3),
            LBX_S("nothing", NULL), lbx_log_optional("left_out", NULL),
            lbx_log_optional("given", "g"));
    assert_int_not_equal(dup2(saved, STDERR_FILENO), -1);
    close(ends[1]);
    close(saved);
    ssize_t len = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    assert_true(len >= 0);
    line[len] = '\0';
    return line;
}

static void one_json_line(void **state) {
    (void)state;
    lbx_log_init("tester", LBX_LOG_INFO);
    char *line = logged(LBX_LOG_WARN, "a\nb\"");
    assert_int_equal(strncmp(line, "{\"time\":\"2", 10), 0);
    const char *rest = strstr(line, "Z\",");
    assert_non_null(rest);
    assert_int_equal(rest - line, strlen("{\"time\":\"2026-11-23T16:08:38.123456"));
    assert_string_equal(rest, "Z\",\"level\":\"warn\",\"worker\":\"tester\","
                              "\"message\":\"it \\\"happened\\\"\",\"topic\":\"a\\u000ab\\\"\","
                              "\"partition\":-3,\"nothing\":\"\",\"given\":\"g\"}\n");
}

static void below_the_threshold_is_silent(void **state) {
    (void)state;
    lbx_log_init("tester", LBX_LOG_WARN);
    assert_string_equal(logged(LBX_LOG_INFO, "x"), "");
    assert_string_not_equal(logged(LBX_LOG_WARN, "x"), "");
    assert_string_not_equal(logged(LBX_LOG_ERROR, "x"), "");
}

/* For the rest of the process: the last of these tests. */
static void a_line_for_people(void **state) {
    (void)state;
    lbx_log_init("lockboxctl", LBX_LOG_INFO);
    lbx_log_for_people();
    assert_string_equal(
        logged(LBX_LOG_ERROR, "a\033[2Jb\n"),
        "lockboxctl: it \"happened\" (topic: a [2Jb, partition: -3, nothing:, given: g)\n");
    assert_string_equal(
        logged(LBX_LOG_ERROR, "\xC2\x9B"
                              "2J\x9B"
                              "2J \xC3\xA9\xC2\xA0\xE2\x9B\x9B\xC2"),
        "lockboxctl: it \"happened\" (topic:   2J 2J \xC3\xA9\xC2\xA0\xE2\x9B\x9B , "
        "partition: -3, nothing:, given: g)\n");
}

static void levels_have_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum lbx_err err;
        enum lbx_log_level level;
    } rows[] = {
        {"debug", LBX_OK, LBX_LOG_DEBUG}, {"info", LBX_OK, LBX_LOG_INFO},
        {"warn", LBX_OK, LBX_LOG_WARN},   {"error", LBX_OK, LBX_LOG_ERROR},
        {"", LBX_ERR_INVALID, 0},         {"INFO", LBX_ERR_INVALID, 0},
        {"inf", LBX_ERR_INVALID, 0},      {"infos", LBX_ERR_INVALID, 0},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum lbx_log_level level = 0;
        enum lbx_err err = lbx_log_level_parse(rows[i].name, &level);
        CHECK_ROW(&bad, rows[i].name, err == rows[i].err && level == rows[i].level,
                  "err %d, level %d", err, level);
    }
    assert_int_equal(bad, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_json_line),
        cmocka_unit_test(below_the_threshold_is_silent),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(a_line_for_people),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
