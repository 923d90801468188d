/* librdkafka's statistics, as its STATISTICS.md has them. */
#include "io/statistics.h"

#include "base/cleanup.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lbx_arena arena;

static struct lbx_statistics read(const char *json) {
    struct lbx_statistics it;
    assert_true(lbx_statistics_read(json, strlen(json), &arena, &it));
    return it;
}

/* Each broker names the partitions that it leads, which are no topic's; names may hold anything. */
static const char whole[] =
    "{\"name\":\"lockbox\",\"brokers\":{\"a:1/1\":{\"name\":\"a:1/1\",\"state\":\"DOWN\",\"toppars\":"
    "{\"t-0\":{\"topic\":\"t\",\"partition\":0}}},\"b:1/2\":{\"state\":\"UP\",\"rtt\":{\"avg\":17}}},"
    "\"topics\":{\"t\":{\"topic\":\"t\",\"age\":1,\"partitions\":{\"0\":{\"partition\":0,\"leader\":2,"
    "\"next_offset\":41,\"rxmsgs\":7,\"eof_offset\":40},\"-1\":{\"partition\":-1,\"leader\":-1}}},\"\\\"}\":{\"topic\":"
    "\"\\\"}\",\"partitions\":{\"7\":{\"leader\":-1,\"partition\":7,\"next_offset\":-1001}}}},"
    "\"cgrp\":{\"state\":\"up\"},\"tx\":1}";

static void names_each_topics_partitions(void **unused) {
    (void)unused;
    const struct lbx_statistics it = read(whole);
    assert_int_equal(it.topic_count, 2);
    const struct lbx_statistics_topic *t = &it.topics[0], *odd = &it.topics[1];
    assert_string_equal(t->topic, "t");
    assert_int_equal(t->partition_count, 2);
    assert_int_equal(t->partitions[0].leader, 2);
    assert_int_equal(t->partitions[0].next_offset, 41);
    assert_int_equal(t->partitions[0].rxmsgs, 7);
    assert_int_equal(t->partitions[1].partition, -1);
    assert_string_equal(odd->topic, "\"}");
    assert_int_equal(odd->partitions[0].partition, 7);
    assert_int_equal(odd->partitions[0].leader, -1);
    assert_int_equal(odd->partitions[0].next_offset, -1001);
}

static void says_since_when_no_broker_is_connected(void **unused) {
    (void)unused;
    struct lbx_statistics it = read(whole);
    assert_int_equal(lbx_statistics_away_since(&it, 17), 0);
    it = read(
        "{\"brokers\":{\"a\":{\"state\":\"INIT\",\"name\":\"\\\"state\\\":\\\"UP\\\"\"},\"b\":{}},\"cgrp\":{\"state\":\"UP\"}}");
    assert_int_equal(lbx_statistics_away_since(&it, 17), 17);
    assert_true(lbx_statistics_away_since(&it, 0) > 0);
}

/* The group's coordinator has a connection of its own, by which nothing is fetched. */
static void says_which_broker_is_connected(void **unused) {
    (void)unused;
    const struct lbx_statistics it =
        read("{\"brokers\":{\"a:1/1\":{\"nodeid\":1,\"source\":\"learned\",\"state\":\"CONNECT\"},"
             "\"b:1/2\":{\"nodeid\":2,\"source\":\"learned\",\"state\":\"UP\"},"
             "\"GroupCoordinator\":{\"nodeid\":1,\"source\":\"logical\",\"state\":\"UP\"}}}");
    assert_null(lbx_statistics_connected(&it, 1));
    assert_ptr_equal(lbx_statistics_connected(&it, 2), &it.brokers[1]);
    assert_null(lbx_statistics_connected(&it, 3));
    assert_null(lbx_statistics_connected(&it, -1));
}

/* waitresp_cnt and rxidle of broker 2, statistics after statistics, and whether it is silent. */
static void says_which_broker_is_silent(void **unused) {
    (void)unused;
    static const struct {
        int asked;
        int64_t idle;
        bool is_silent;
    } rows[] = {
        {1, 9000000, false}, /* the request may have been made just now */
        {1, 9000000, true},  {2, 14000000, true}, {0, 20000000, false}, {1, 25000000, false},
        {1, 100, false},     {1, 5000000, false}, {1, 5000001, true},
    };
    struct lbx_statistics_asked asked = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char json[512];
        snprintf(
            json, sizeof json,
            "{\"brokers\":{\"a:1/1\":{\"nodeid\":1,\"state\":\"CONNECT\"},"
            "\"GroupCoordinator\":{\"nodeid\":2,\"source\":\"logical\",\"state\":\"INIT\",\"waitresp_cnt\":1,"
            "\"rxidle\":60000000},"
            "\"b:1/2\":{\"nodeid\":2,\"state\":\"UP\",\"waitresp_cnt\":%d,\"rxidle\":%lld}}}",
            rows[i].asked, (long long)rows[i].idle);
        struct lbx_statistics it = read(json);
        lbx_statistics_compare(&it, &asked);
        assert_int_equal(it.brokers[2].is_silent, rows[i].is_silent);
        assert_false(it.brokers[1].is_silent);
        assert_int_equal(lbx_statistics_away_since(&it, 17), rows[i].is_silent ? 17 : 0);
        assert_non_null(lbx_statistics_connected(&it, 2));
    }
    free(asked.nodes);
}

static void what_is_left_out_is_absent(void **unused) {
    (void)unused;
    struct lbx_statistics it = read("{}");
    assert_int_equal(it.topic_count, 0);
    it = read("{\"topics\":[],\"brokers\":{\"a\":{\"state\":7}}}");
    assert_int_equal(it.topic_count, 0);
    assert_int_equal(it.broker_count, 1);
    assert_null(it.brokers[0].state);
    assert_false(lbx_statistics_read("[1]", 3, &arena, &it));
    assert_false(lbx_statistics_read("{\"a\":", 5, &arena, &it));
}

static int begin(void **unused) {
    (void)unused;
    lbx_arena_init(&arena);
    return 0;
}

static int end(void **unused) {
    (void)unused;
    lbx_arena_done(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_each_topics_partitions),
        cmocka_unit_test(says_which_broker_is_connected),
        cmocka_unit_test(says_which_broker_is_silent),
        cmocka_unit_test(says_since_when_no_broker_is_connected),
        cmocka_unit_test(what_is_left_out_is_absent),
    };
    return cmocka_run_group_tests_name("statistics", tests, begin, end);
}
