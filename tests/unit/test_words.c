/* Phrases, and that text from outside cannot steer whatever shows it. */
#include "mail/words.h"

#include "base/time.h"

#include "check.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
#define NOW INT64_C(1795450118000000) /* 2026-11-23 16:08:38 UTC */

static void test_item_words(void **state) {
    (void)state;
    static const struct {
        struct lbx_item item;
        const char *words;
    } rows[] = {
        {{1, "get_pod_logs", "openshift-ingress", NULL, NULL, .kept = true},
         "Get logs from every pod in openshift-ingress"},
        {{1, "get_pod_logs", "openshift", NULL, "router-1", .kept = true},
         "Get logs from pod router-1 in openshift"},
        {{1, "list_or_get_objects", NULL, "Secret", NULL, .kept = true},
         "List or get Secret in every namespace [outside the managed namespaces]"},
        {{1, "list_or_get_objects", "openshift-dns", "ConfigMap", "dns-default", .kept = true},
         "List or get ConfigMap dns-default in openshift-dns"},
        {{1, "delete_object", "openshift-ingress", "Deployment", "router-default", .kept = true},
         "Delete Deployment router-default in openshift-ingress"},
        {{1, "update_object", NULL, "ClusterRole", "admin", .kept = true},
         "Update ClusterRole admin (cluster-scoped)"},
        {{1, "create_object", NULL, "ClusterRole", NULL, .kept = true},
         "Create ClusterRole (cluster-scoped)"},
        {{1, "create_object", "", "ClusterRole", "", .kept = true},
         "Create ClusterRole (cluster-scoped)"},
        {{1, "create_object", NULL, NULL, NULL, .kept = true}, "Create object (cluster-scoped)"},
        {{1, "exec_in_pod", NULL, NULL, "router", .kept = true},
         "Not a permitted action: exec_in_pod router"},
        {{1, NULL, NULL, NULL, NULL, .kept = true}, "Not a permitted action: none"},
        {{1, "delete_object", "b in c", "Pod", "a\" in \\x", .kept = true},
         "Delete Pod \"a\\\" in \\\\x\" in \"b in c\" [outside the managed namespaces]"},
        {{1, "get_pod_logs", "openshift\nX", NULL, "p\xE2\x80\xAEq", .kept = true},
         "Get logs from pod \"p\xEF\xBF\xBDq\" in \"openshift X\" [outside the managed "
         "namespaces]"},
        {{1, "get_pod_logs", "openshift-dns", NULL, "dns-1", .container = "dns", .kept = true},
         "Get logs from pod dns-1, container dns in openshift-dns"},
        {{1, "delete_object", "openshift-dns", "Pod", "dns-1", .uid = "0d9f-1", .kept = true},
         "Delete Pod dns-1 with uid 0d9f-1 in openshift-dns"},
        {{1, "update_object", "openshift-dns", "DaemonSet.apps", "dns", .kept = true},
         "Update DaemonSet.apps dns in openshift-dns [runs programs]"},
        {{1, "create_object", "app", "Pod", NULL, .kept = true},
         "Create Pod in app [runs programs, outside the managed namespaces]"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf words LBX_BUF = {0};
        lbx_item_words(&rows[i].item, &words);
        assert_string_equal(words.data, rows[i].words);
    }
}

static void test_duration_words(void **state) {
    (void)state;
    static const struct {
        int64_t us;
        const char *words;
    } rows[] = {
        {8 * HOUR, "8 hours"},
        {3 * DAY + 4 * HOUR, "3 days 4 hours"},
        {DAY, "1 day"},
        {HOUR + 60000000, "1 hour 1 minute"},
        {4 * DAY - 1, "4 days"},
        {DAY - 1, "1 day"},
        {HOUR - 1, "1 hour"},
        {59 * INT64_C(60000000) + 29000000, "59 minutes 29 seconds"},
        {8000000, "8 seconds"},
        {1000000, "1 second"},
        {999999, "less than a second"},
        {1, "less than a second"},
        {0, "0 seconds"},
        {-5, "0 seconds"},
        {LBX_DURATION_MAX, "10000 days"},
        {LBX_DURATION_BEYOND, "more than 10,000 days"},
        {INT64_MAX, "more than 10,000 days"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf words LBX_BUF = {0};
        lbx_duration_words(rows[i].us, &words);
        assert_string_equal(words.data, rows[i].words);
    }
}

static void test_text_harmless(void **state) {
    (void)state;
    static const struct {
        const char *text, *harmless;
    } rows[] = {
        {"a\r\nb\tc", "a  b c"},
        {"\x01\x1B\x7F\xC2\x85", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8E\xE2\x80\x8F",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"a\xE2\x80\x8B"
         "b",
         "a\xEF\xBF\xBD"
         "b"},
        {"\xFFx\xC3", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
        {"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x92 \xD7\x90\xD7\x91 \xC3\xA9",
         "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x92 \xD7\x90\xD7\x91 \xC3\xA9"},
        {"<b>&amp;", "<b>&amp;"},
        {"\xE3\x85\xA4\xCD\x8F\xF0\x9D\x85\xB3", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf out LBX_BUF = {0};
        lbx_text_harmless(rows[i].text, &out);
        assert_string_equal(out.data, rows[i].harmless);
    }
    struct lbx_buf none LBX_BUF = {0};
    lbx_text_harmless(NULL, &none);
    assert_int_equal(none.len, 0);
}

static void test_moments(void **state) {
    (void)state;
    static const struct {
        int64_t at;
        const char *words;
    } rows[] = {
        {NOW + 4 * DAY, "2026-11-27 16:08:38 UTC (4 days left)"},
        {NOW + 1, "2026-11-23 16:08:38 UTC (less than a second left)"},
        {NOW, "2026-11-23 16:08:38 UTC (now past)"},
        {0, "a time not known"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf out LBX_BUF = {0};
        lbx_deadline_words(rows[i].at, NOW, &out);
        assert_string_equal(out.data, rows[i].words);
    }
    struct lbx_buf moment LBX_BUF = {0};
    lbx_moment_words(NOW, &moment);
    assert_string_equal(moment.data, "2026-11-23 16:08:38 UTC");
}

static void test_people_and_clusters(void **state) {
    (void)state;
    static const struct {
        const char *name, *email, *id, *words;
    } people[] = {
        {"Ann Ng", "ann@contoso.example", "u-ann", "Ann Ng (ann@contoso.example)"},
        {NULL, "ann@contoso.example", "u-ann", "ann@contoso.example"},
        {"", NULL, "u-ann", "u-ann"},
        {"Ann", NULL, "u-ann", "Ann"},
        {"A\nnn", "a\rb", "u-ann", "A nn (a b)"},
    };
    for (size_t i = 0; i < COUNT(people); i++) {
        struct lbx_buf out LBX_BUF = {0};
        lbx_person_words(people[i].name, people[i].email, people[i].id, &out);
        assert_string_equal(out.data, people[i].words);
    }
    static const struct {
        const char *id, *words;
    } clusters[] = {
        {"/subscriptions/5f3e/openShiftClusters/aro-prod", "aro-prod"},
        {"/openShiftClusters/aro-prod//", "aro-prod"},
        {"aro\nprod", "aro prod"},
        {"///", ""},
        {NULL, ""},
    };
    for (size_t i = 0; i < COUNT(clusters); i++) {
        struct lbx_buf out LBX_BUF = {0};
        lbx_cluster_words(clusters[i].id, &out);
        assert_string_equal(out.data ? out.data : "", clusters[i].words);
    }
}

static void test_text_shortened(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
        size_t chars;
    } rows[] = {
        {"abc", "abc", 3},
        {"abcd", "abc\xE2\x80\xA6", 3},
        {"\xC3\xA9\xC3\xA9\xC3\xA9", "\xC3\xA9\xC3\xA9\xE2\x80\xA6", 2},
        {"\xFF\xFF", "\xEF\xBF\xBD\xE2\x80\xA6", 1},
        {"", "", 5},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_buf out LBX_BUF = {0};
        lbx_text_shortened(rows[i].text, rows[i].chars, &out);
        assert_string_equal(out.data ? out.data : "", rows[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_item_words),          cmocka_unit_test(test_duration_words),
        cmocka_unit_test(test_text_harmless),       cmocka_unit_test(test_moments),
        cmocka_unit_test(test_people_and_clusters), cmocka_unit_test(test_text_shortened),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
