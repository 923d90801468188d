/* Settings: defaults, what each takes, secrets in files, and names that nobody knows. */
#include "io/settings.h"

#include "check.h"
#include "hear.h"

#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)

/* ---- an environment of our own ---- */

static int forget_all(void **unused) {
    (void)unused;
    for (char **entry = environ; *entry;) {
        char name[256];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        if (strncmp(name, "LOCKBOX_", 8) == 0 && unsetenv(name) == 0)
            entry = environ;
        else
            entry++;
    }
    return 0;
}

/* A file that holds text, for one test; named in ret_path. */
static void file_with(const char *text, char ret_path[64]) {
    (void)snprintf(ret_path, 64, "/tmp/lbx-settings-XXXXXX");
    int fd = mkstemp(ret_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* Loads, and copies what is logged meanwhile into ret_heard. */
static enum lbx_err load_and_listen(struct lbx_settings *settings, char ret_heard[1024]) {
    struct heard heard;
    char *why;
    hear(&heard);
    enum lbx_err err = lbx_settings_load(settings, &why);
    (void)snprintf(ret_heard, 1024, "%s%s", heard_all(&heard), why ? why : "");
    free(why);
    heard_done(&heard);
    return err;
}

/* ---- values ---- */

static void defaults(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why;
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_null(why);
    assert_string_equal(s.kafka_bootstrap_servers, "localhost:9092");
    assert_string_equal(s.topic_prefix, "lockbox.");
    assert_string_equal(s.group_prefix, "lockbox.");
    assert_int_equal(s.pending_ttl, 96 * HOUR);
    assert_int_equal(s.grant_ttl, 8 * HOUR);
    assert_int_equal(s.grant_ttl_max, 8 * HOUR);
    assert_int_equal(s.emergency_ttl, HOUR);
    assert_int_equal(s.acknowledge_ttl, 24 * HOUR);
    assert_int_equal(s.checkpoint_interval, 2 * SECOND);
    assert_int_equal(s.reminders.count, 2);
    assert_int_equal(s.reminders.list[0], 24 * HOUR);
    assert_int_equal(s.reminders.list[1], 4 * HOUR);
    assert_int_equal(s.organizations.count, 2);
    assert_string_equal(s.organizations.list[0], "microsoft");
    assert_string_equal(s.organizations.list[1], "redhat");
    assert_null(s.organizations.list[2]);
    assert_int_equal(s.max_event_bytes, 262144);
    assert_int_equal(s.log_level, LBX_LOG_INFO);
    assert_null(s.kafka_properties);
    lbx_settings_done(&s);
}

/* Each setting's default is a value that it takes. */
static void defaults_as_given(void **unused) {
    (void)unused;
    struct lbx_setting_shown shown;
    struct lbx_settings s;
    char *why;
    size_t count = 0;
    for (; lbx_setting_show(count, &shown); count++)
        setenv(shown.name, shown.fallback, 1);
    assert_true(count > 20);
    if (lbx_settings_load(&s, &why) != LBX_OK)
        fail_msg("%s", why);
    lbx_settings_done(&s);
}

static void values(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why;
    setenv("LOCKBOX_PENDING_TTL", "PT10S", 1);
    setenv("LOCKBOX_REMINDERS", " PT6S , PT3S ", 1);
    setenv("LOCKBOX_ORGANIZATIONS", "initech", 1);
    setenv("LOCKBOX_MAX_EVENT_BYTES", "1024", 1);
    setenv("LOCKBOX_LOG_LEVEL", "debug", 1);
    setenv("LOCKBOX_DATABASE_URL", "", 1); /* PG* variables say all */
    setenv("LOCKBOX_TOPIC_PREFIX", "", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_int_equal(s.pending_ttl, 10 * SECOND);
    assert_int_equal(s.reminders.count, 2);
    assert_int_equal(s.reminders.list[0], 6 * SECOND);
    assert_int_equal(s.reminders.list[1], 3 * SECOND);
    assert_int_equal(s.organizations.count, 1);
    assert_string_equal(s.organizations.list[0], "initech");
    assert_int_equal(s.max_event_bytes, 1024);
    assert_int_equal(s.log_level, LBX_LOG_DEBUG);
    assert_string_equal(s.database_url, "");
    assert_string_equal(s.topic_prefix, "");
    lbx_settings_done(&s);

    setenv("LOCKBOX_REMINDERS", "", 1); /* none */
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_int_equal(s.reminders.count, 0);
    lbx_settings_done(&s);
}

static void bad_values_are_named(void **unused) {
    (void)unused;
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"LOCKBOX_PENDING_TTL", ""},
        {"LOCKBOX_PENDING_TTL", "4 days"},
        {"LOCKBOX_PENDING_TTL", "P1M"},
        {"LOCKBOX_PENDING_TTL", "-P1D"},
        {"LOCKBOX_PENDING_TTL", "PT0S"},
        {"LOCKBOX_PENDING_TTL", "P10001D"},
        {"LOCKBOX_PENDING_TTL", "P4D "},
        {"LOCKBOX_GRANT_TTL", "PT8H1S"}, /* longer than LOCKBOX_GRANT_TTL_MAX */
        {"LOCKBOX_EMERGENCY_TTL", "PT8H1S"},
        {"LOCKBOX_REMINDERS", "P1D,soon"},
        {"LOCKBOX_REMINDERS", "P1D,,"},
        {"LOCKBOX_REMINDERS", ","},
        {"LOCKBOX_REMINDERS", "P1D, "},
        {"LOCKBOX_TOPIC_PREFIX", "a b"},
        {"LOCKBOX_TOPIC_PREFIX", "bank/"},
        {"LOCKBOX_TOPIC_PREFIX", "b\xC3\xA4nk."},
        {"LOCKBOX_GROUP_PREFIX", "a,b"},
        {"LOCKBOX_REMINDERS", "PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,PT1S,"
                              "PT1S,PT1S,PT1S,PT1S"},
        {"LOCKBOX_ORGANIZATIONS", ""},
        {"LOCKBOX_ORGANIZATIONS", " , "},
        {"LOCKBOX_MAX_EVENT_BYTES", "1023"},
        {"LOCKBOX_MAX_EVENT_BYTES", "16777217"},
        {"LOCKBOX_MAX_EVENT_BYTES", "64k"},
        {"LOCKBOX_MAX_EVENT_BYTES", "0x10000"},
        {"LOCKBOX_MAX_EVENT_BYTES", ""},
        {"LOCKBOX_MAX_EVENT_BYTES", "99999999999999999999"},
        {"LOCKBOX_BATCH_RECORDS", "0"},
        {"LOCKBOX_BATCH_RECORDS", "-1"},
        {"LOCKBOX_LOG_LEVEL", "INFO"},
        {"LOCKBOX_LOG_LEVEL", "loud"},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_settings s;
        char *why = NULL;
        setenv(rows[i].name, rows[i].value, 1);
        enum lbx_err err = lbx_settings_load(&s, &why);
        CHECK_ROW(&bad, rows[i].value, err == LBX_ERR_INVALID, "%s takes it", rows[i].name);
        size_t len = strlen(rows[i].name);
        CHECK_ROW(&bad, rows[i].value,
                  why && strncmp(why, rows[i].name, len) == 0 && why[len] == ':', "%s", why);
        free(why);
        if (err == LBX_OK)
            lbx_settings_done(&s);
        unsetenv(rows[i].name);
    }
    assert_int_equal(bad, 0);
}

/* The operator's maximum alone is a good setting: defaults that are longer give way, values that are longer do not. */
static void defaults_keep_to_the_maximum(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why;
    setenv("LOCKBOX_GRANT_TTL_MAX", "PT30M", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_int_equal(s.grant_ttl_max, HOUR / 2);
    assert_int_equal(s.grant_ttl, HOUR / 2);
    assert_int_equal(s.emergency_ttl, HOUR / 2);
    lbx_settings_done(&s);

    setenv("LOCKBOX_EMERGENCY_TTL", "PT1H", 1); /* as the default, but said */
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_string_equal(why, "LOCKBOX_EMERGENCY_TTL: is longer than LOCKBOX_GRANT_TTL_MAX");
    free(why);

    char path[64];
    file_with("PT1H", path);
    unsetenv("LOCKBOX_EMERGENCY_TTL");
    setenv("LOCKBOX_GRANT_TTL_FILE", path, 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_string_equal(why, "LOCKBOX_GRANT_TTL: is longer than LOCKBOX_GRANT_TTL_MAX");
    free(why);
    unlink(path);
}

/* ---- files ---- */

static void secrets_from_files(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why, path[64], empty[64];
    file_with("s3cret \xC3\xA9\n", path);
    file_with("", empty);
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", path, 1);
    setenv("LOCKBOX_DATABASE_URL_FILE", empty, 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_string_equal(s.smtp_password, "s3cret \xC3\xA9"); /* without the line's end */
    assert_string_equal(s.database_url, "");
    lbx_settings_done(&s);
    unlink(path);
    unlink(empty);
}

static void a_long_secret(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why, path[64], text[2001];
    memset(text, 'k', sizeof text);
    text[sizeof text - 1] = '\0';
    file_with(text, path);
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", path, 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_OK);
    assert_string_equal(s.smtp_password, text);
    lbx_settings_done(&s);
    unlink(path);
}

static const char *refusal_of(const char *setting, const char *path, mode_t mode) {
    static char text[256];
    struct lbx_settings s;
    char *why LBX_FREE = NULL;
    assert_int_equal(chmod(path, mode), 0);
    setenv(setting, path, 1);
    if (lbx_settings_load(&s, &why) == LBX_OK)
        lbx_settings_done(&s);
    snprintf(text, sizeof text, "%s", why ? why : "");
    unsetenv(setting);
    return text;
}

/* Whoever can read a secret's file has the secret. */
static void secrets_that_are_open(void **unused) {
    (void)unused;
    static const mode_t closed[] = {0400, 0600, 0640, 0440, 0660, 0700},
                        open[] = {0644, 0604, 0444, 0666, 0602, 0777};
    static const char *const settings[] = {
        "LOCKBOX_DATABASE_URL_FILE", "LOCKBOX_SMTP_PASSWORD_FILE",
        "LOCKBOX_KAFKA_SASL_PASSWORD_FILE", "LOCKBOX_KAFKA_SSL_KEY_LOCATION"};
    char path[64], expected[256];
    file_with("s3cret", path);
    for (size_t i = 0; i < COUNT(settings); i++) {
        for (size_t k = 0; k < COUNT(closed); k++)
            assert_string_equal(refusal_of(settings[i], path, closed[k]), "");
        for (size_t k = 0; k < COUNT(open); k++) {
            snprintf(expected, sizeof expected, "%s: has mode %04o, open to everybody", settings[i],
                     (unsigned)open[k]);
            const char *why = refusal_of(settings[i], path, open[k]);
            assert_memory_equal(why, expected, strlen(expected));
            assert_null(strstr(why, "s3cret"));
        }
    }
    assert_string_equal(refusal_of("LOCKBOX_TOPIC_PREFIX_FILE", path, 0644), ""); /* no secret */
    setenv("LOCKBOX_ALLOW_OPEN_SECRETS", "yes", 1);
    assert_string_equal(refusal_of("LOCKBOX_DATABASE_URL_FILE", path, 0644), "");
    unlink(path);
}

/* Only root can give a file to somebody else. */
static void secrets_of_another_user(void **unused) {
    (void)unused;
    const char *setting = "LOCKBOX_DATABASE_URL_FILE";
    char path[64];
    if (geteuid() != 0)
        skip();
    file_with("s3cret", path);
    assert_int_equal(chown(path, 4242, 0), 0);
    assert_string_equal(refusal_of(setting, path, 0400),
                        "LOCKBOX_DATABASE_URL_FILE: has mode 0400 and belongs to user 4242, who is "
                        "neither root nor this process's user");
    assert_int_equal(chown(path, 0, 4242), 0);
    assert_non_null(strstr(refusal_of(setting, path, 0640), "open to a group"));
    assert_string_equal(refusal_of(setting, path, 0600), "");
    gid_t group = 4242;
    assert_int_equal(setgroups(1, &group), 0);
    assert_string_equal(refusal_of(setting, path, 0440), "");
    assert_int_equal(setgroups(0, NULL), 0);
    unlink(path);
}

static void files_that_say_nothing(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why, path[64];
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", "/nonexistent/secret", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_string_equal(why, "LOCKBOX_SMTP_PASSWORD_FILE: cannot be read");
    free(why);
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", "/tmp", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_string_equal(why, "LOCKBOX_SMTP_PASSWORD_FILE: cannot be read");
    free(why);

    file_with("s3cret", path);
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", path, 1);
    setenv("LOCKBOX_SMTP_PASSWORD", "s3cret", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_memory_equal(why, "LOCKBOX_SMTP_PASSWORD:", 22);
    assert_null(strstr(why, "s3cret"));
    free(why);
    unlink(path);
}

/* A bad value from a file is bad all the same, and never shown. */
static void a_bad_value_in_a_file(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why, path[64];
    file_with("s3cret\n", path);
    setenv("LOCKBOX_PENDING_TTL_FILE", path, 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_memory_equal(why, "LOCKBOX_PENDING_TTL:", 20);
    assert_null(strstr(why, "s3cret"));
    free(why);
    unlink(path);
}

/* A setting whose own name ends in _FILE names a file; it is not read. */
static void names_of_files(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char heard[1024];
    setenv("LOCKBOX_CHECKPOINT_KEY_FILE", "/nonexistent/key.pem", 1);
    setenv("LOCKBOX_SMTP_CA_FILE", "/nonexistent/ca.pem", 1);
    assert_int_equal(load_and_listen(&s, heard), LBX_OK);
    assert_string_equal(s.checkpoint_key_file, "/nonexistent/key.pem");
    assert_string_equal(s.smtp_ca_file, "/nonexistent/ca.pem");
    assert_string_equal(heard, "");
    lbx_settings_done(&s);
}

/* ---- names ---- */

static void unknown_names_are_warned_about(void **unused) {
    (void)unused;
    static const struct {
        const char *name;
        bool unknown;
    } rows[] = {
        {"LOCKBOX_PENDING_TLL", true},
        {"LOCKBOX_PENDING", true},
        {"LOCKBOX_PENDING_TTL_", true},
        {"LOCKBOX_PENDING_TTL_FILE_FILE", true},
        {"LOCKBOX_CHECKPOINT_KEY", true},
        {"LOCKBOX_", true},
        {"LOCKBOX_pending_ttl", true},
        {"LOCKBOXES", false}, /* none of ours */
        {"LOCKBOX_DEV_DIR", false},
        {"LOCKBOX_MAILDIR", false},
        {"LOCKBOX_HTTP_LISTN", true},
        {"LOCKBOX_HTTP_REQUESTER", false},
        {"LOCKBOX_HTTP_AUTHORIZER", false},
        {"LOCKBOX_SUPERUSER_URL", false},
        {"LOCKBOX_AUDIT_SUPERUSER_URL", false},
        {"LOCKBOX_ENFORCER_URL", false},
    };
    int bad = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct lbx_settings s;
        char heard[1024], quoted[64] = "";
        setenv(rows[i].name, "s3cret", 1);
        enum lbx_err err = load_and_listen(&s, heard);
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", rows[i].name);
        CHECK_ROW(&bad, rows[i].name, err == LBX_OK, "%s", heard);
        CHECK_ROW(&bad, rows[i].name, (strstr(heard, "\"warn\"") != NULL) == rows[i].unknown, "%s",
                  heard);
        CHECK_ROW(&bad, rows[i].name, (strstr(heard, quoted) != NULL) == rows[i].unknown, "%s",
                  heard);
        CHECK_ROW(&bad, rows[i].name, !strstr(heard, "s3cret"), "its value is logged");
        if (err == LBX_OK)
            lbx_settings_done(&s);
        unsetenv(rows[i].name);
    }
    assert_int_equal(bad, 0);
}

static const char *property(const struct lbx_settings *settings, const char *name) {
    for (char **at = settings->kafka_properties; at && *at; at += 2)
        if (strcmp(at[0], name) == 0)
            return at[1];
    return NULL;
}

static void kafka_properties(void **unused) {
    (void)unused;
    struct lbx_settings s;
    char *why, path[64], heard[1024];
    file_with("s3cret\n", path);
    setenv("LOCKBOX_KAFKA_BOOTSTRAP_SERVERS", "k1:9092,k2:9092", 1);
    setenv("LOCKBOX_KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", 1);
    setenv("LOCKBOX_KAFKA_SASL_PASSWORD_FILE", path, 1);
    setenv("LOCKBOX_KAFKA_SSL_CA_LOCATION", "/etc/ca.pem", 1);
    setenv("LOCKBOX_KAFKA_CLIENT_RACK", "", 1);
    assert_int_equal(load_and_listen(&s, heard), LBX_OK);
    assert_string_equal(heard, "");
    assert_string_equal(s.kafka_bootstrap_servers, "k1:9092,k2:9092");
    assert_null(property(&s, "bootstrap.servers"));
    assert_string_equal(property(&s, "sasl.mechanism"), "SCRAM-SHA-512");
    assert_string_equal(property(&s, "sasl.password"), "s3cret");
    assert_string_equal(property(&s, "ssl.ca.location"), "/etc/ca.pem");
    assert_string_equal(property(&s, "client.rack"), "");
    assert_null(property(&s, "sasl.password.file"));
    lbx_settings_done(&s);

    setenv("LOCKBOX_KAFKA_SASL_PASSWORD", "s3cret", 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_memory_equal(why, "LOCKBOX_KAFKA_SASL_PASSWORD:", 28);
    assert_null(strstr(why, "s3cret"));
    free(why);
    unsetenv("LOCKBOX_KAFKA_SASL_PASSWORD");

    char longest[200] = "LOCKBOX_KAFKA_";
    memset(longest + strlen(longest), 'X', 110);
    memcpy(longest + 14 + 110, "_FILE", 6);
    setenv(longest, path, 1);
    assert_int_equal(lbx_settings_load(&s, &why), LBX_ERR_INVALID);
    assert_non_null(strstr(why, "XX: no property has so long a name"));
    free(why);
    unlink(path);
}

/* ---- as shown ---- */

static const char *shown_value(const char *name) {
    struct lbx_setting_shown shown;
    for (size_t i = 0; lbx_setting_show(i, &shown); i++)
        if (strcmp(shown.name, name) == 0)
            return shown.value;
    return "no such setting";
}

static void secrets_are_hidden(void **unused) {
    (void)unused;
    assert_null(shown_value("LOCKBOX_DATABASE_URL"));
    setenv("LOCKBOX_DATABASE_URL", "postgresql://u:s3cret@h/d", 1);
    setenv("LOCKBOX_SMTP_PASSWORD_FILE", "/run/secrets/smtp", 1);
    setenv("LOCKBOX_PENDING_TTL", "PT10S", 1);
    assert_string_equal(shown_value("LOCKBOX_DATABASE_URL"), "***");
    assert_string_equal(shown_value("LOCKBOX_SMTP_PASSWORD"), "***");
    assert_string_equal(shown_value("LOCKBOX_PENDING_TTL"), "PT10S");
    assert_null(shown_value("LOCKBOX_GRANT_TTL"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, forget_all, forget_all)
    const struct CMUnitTest tests[] = {
        TEST(defaults),
        TEST(defaults_as_given),
        TEST(values),
        TEST(bad_values_are_named),
        TEST(defaults_keep_to_the_maximum),
        TEST(secrets_from_files),
        TEST(a_long_secret),
        TEST(secrets_that_are_open),
        TEST(secrets_of_another_user),
        TEST(files_that_say_nothing),
        TEST(a_bad_value_in_a_file),
        TEST(names_of_files),
        TEST(unknown_names_are_warned_about),
        TEST(kafka_properties),
        TEST(secrets_are_hidden),
    };
    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
