/* Prints each setting with its value or default; secrets, and passwords in URLs, as ***. Fails
 * with exit code 2 where a setting cannot be read, which is printed after the list. */
#include "commands.h"

#include "base/buf.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

extern char **environ;

#define KAFKA_PREFIX "LOCKBOX_KAFKA_"
#define HIDDEN "***"

/* Appends a URL without its password. */
static void put_url(const char *url, size_t len, struct lbx_buf *out) {
    const char *authority = memmem(url, len, "://", 3);
    size_t before = authority ? (size_t)(authority + 3 - url) : len;
    size_t most = strcspn(url + before, "/?#");
    most = most < len - before ? most : len - before;
    const char *at = memrchr(url + before, '@', most), *colon = memchr(url + before, ':', most);
    if (!at || !colon || colon > at) {
        lbx_buf_add(out, url, len);
        return;
    }
    lbx_buf_add(out, url, (size_t)(colon - url));
    lbx_buf_str(out, ":" HIDDEN);
    lbx_buf_add(out, at, len - (size_t)(at - url));
}

/* A URL, or several with commas between them, without passwords. */
static const char *without_passwords(struct ctl *ctl, const char *value) {
    struct lbx_buf out LBX_BUF = {0};
    for (const char *at = value, *comma; *at; at = comma ? comma + 1 : at + strlen(at)) {
        const char *scheme = strstr(at, "://"), *next = scheme ? strstr(scheme + 3, "://") : NULL;
        comma = next ? memrchr(scheme, ',', (size_t)(next - scheme)) : NULL;
        put_url(at, comma ? (size_t)(comma - at) : strlen(at), &out);
        lbx_buf_str(&out, comma ? "," : "");
    }
    return lbx_arena_memdup(&ctl->arena, out.data ? out.data : "", out.len);
}

static void add(struct ctl_rows *rows, const char *name, const char *value, bool is_set,
                const char *kind, const char *what) {
    const char *cells[] = {name, value, is_set ? "t" : "f", kind, what};
    ctl_rows_add(rows, cells);
}

static void add_listed(struct ctl *ctl, struct ctl_rows *rows) {
    struct lbx_setting_shown shown;
    for (size_t i = 0; lbx_setting_show(i, &shown); i++)
        add(rows, shown.name, without_passwords(ctl, shown.value ? shown.value : shown.fallback),
            shown.value, lbx_lower_all(lbx_arena_strdup(&ctl->arena, shown.kind)), shown.what);
}

/* Whether a librdkafka property is a secret, by its name; in doubt it is. */
static bool is_secret(const char *name) {
    static const char *const parts[] = {
        "PASSWORD", "SECRET", "KEY", "TOKEN", "PEM", "JAAS", "OAUTHBEARER_CONFIG", "CREDENTIAL"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(name, parts[i]))
            return true;
    return false;
}

static bool is_listed(const char *name) {
    struct lbx_setting_shown shown;
    for (size_t i = 0; lbx_setting_show(i, &shown); i++)
        if (strncmp(shown.name, name, strlen(shown.name)) == 0 &&
            (!name[strlen(shown.name)] || strcmp(name + strlen(shown.name), "_FILE") == 0))
            return true;
    return false;
}

/* Adds librdkafka properties: LOCKBOX_KAFKA_SASL_MECHANISM is sasl.mechanism. */
static void add_kafka(struct ctl *ctl, struct ctl_rows *rows) {
    for (char **entry = environ; *entry; entry++) {
        size_t len = strcspn(*entry, "=");
        if (strncmp(*entry, KAFKA_PREFIX, strlen(KAFKA_PREFIX)) != 0 || !(*entry)[len])
            continue;
        char *name = lbx_arena_memdup(&ctl->arena, *entry, len);
        if (is_listed(name))
            continue;
        bool is_file = len > 5 && strcmp(name + len - 5, "_FILE") == 0;
        if (is_file)
            name[len - 5] = '\0';
        char *property = lbx_arena_strdup(&ctl->arena, name + strlen(KAFKA_PREFIX));
        for (char *c = property; *c; c++)
            *c = *c == '_' ? '.' : lbx_lower(*c);
        const char *value = is_file || is_secret(name) ? HIDDEN : *entry + len + 1;
        add(rows, name, value, true, "kafka",
            lbx_arena_printf(&ctl->arena, "Kafka client property %s", property));
    }
}

enum ctl_exit ctl_config(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"name"}, {"value"}, {"set", CTL_CELL_BOOL}, {"kind"}, {"what"},
    };
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    add_listed(ctl, &rows);
    add_kafka(ctl, &rows);
    ctl_rows_print(&rows, ctl->format);
    char *why LBX_FREE = NULL;
    if (lbx_settings_load(&ctl->settings, &why) != LBX_OK)
        return ctl_fail(CTL_USAGE, "%s", why);
    lbx_settings_done(&ctl->settings);
    return CTL_DONE;
}
