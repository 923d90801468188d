/* Compares the API server's flags, and the files that they name, with those of cluster config,
 * line by line, without comments. Promises "wrong" also for a file with the same meaning in
 * other words, and "unknown" for one that cannot be read. Cannot fail. */
#include "base/file.h"
#include "check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 1 << 20 };

/* ---- texts ---- */

/* A part of a text. */
struct span {
    const char *at;
    size_t len;
};

/* Takes the next line, without indentation; at NULL: none. Comments are skipped. */
static struct span next_line(struct span *rest, size_t *ret_indent) {
    while (rest->len > 0) {
        const char *end = memchr(rest->at, '\n', rest->len);
        size_t len = end ? (size_t)(end - rest->at) : rest->len;
        struct span line = {rest->at, len};
        rest->at += len + (end != NULL);
        rest->len -= len + (end != NULL);
        *ret_indent = 0;
        while (*ret_indent < line.len && line.at[*ret_indent] == ' ')
            ++*ret_indent;
        line.at += *ret_indent;
        line.len -= *ret_indent;
        while (line.len > 0 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\r'))
            line.len--;
        if (line.len > 0 && *line.at != '#')
            return line;
    }
    return (struct span){0};
}

static bool begins(struct span line, const char *text) {
    return line.len >= strlen(text) && memcmp(line.at, text, strlen(text)) == 0;
}

static bool has_line(struct span text, const char *wanted) {
    size_t indent;
    for (struct span line = next_line(&text, &indent); line.at; line = next_line(&text, &indent))
        if (line.len == strlen(wanted) && begins(line, wanted))
            return true;
    return false;
}

/* The number of lines with this text. */
static size_t count_text(struct span text, const char *wanted) {
    size_t indent, count = 0;
    for (struct span line = next_line(&text, &indent); line.at; line = next_line(&text, &indent))
        count += memmem(line.at, line.len, wanted, strlen(wanted)) != NULL;
    return count;
}

/* The first item of the list under `name`, with its lines; at NULL: none. */
static struct span first_item(struct span text, const char *name) {
    struct span line, rest = text;
    size_t indent, within = 0;
    do
        line = next_line(&rest, &indent);
    while (line.at && !(begins(line, name) && line.len == strlen(name)));
    const char *begin = NULL;
    while (line.at && (line = next_line(&rest, &indent)).at) {
        if (*line.at == '-' && !begin) {
            begin = line.at;
            within = indent;
        } else if (begin && indent <= within) {
            break;
        }
    }
    const char *end = line.at ? line.at : text.at + text.len;
    return begin ? (struct span){begin, (size_t)(end - begin)} : (struct span){0};
}

/* The value behind `name` on its line, without quotes. NULL: none. */
static const char *value_behind(struct check *check, struct span text, const char *name) {
    const char *at = memmem(text.at, text.len, name, strlen(name));
    if (!at)
        return NULL;
    at += strlen(name);
    size_t len = strcspn(at += strspn(at, " \""), " \"',}\n");
    return len ? lbx_arena_memdup(&check->ctl->arena, at, len) : NULL;
}

/* ---- flags ---- */

/* The value of a flag; the last occurrence counts. */
static const char *flag(struct check *check, const char *text, const char *name) {
    const char *value = NULL;
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)); at += len)
        if (at[len] == '=' && (at == text || at[-1] == '-' || at[-1] == '\n')) {
            const char *begin = at + len + 1;
            value = lbx_arena_memdup(&check->ctl->arena, begin, strcspn(begin, " \t\r\n\"'"));
        }
    return value;
}

static void check_value(struct check *check, const char *text, const char *name,
                        const char *wanted) {
    const char *what = lbx_arena_printf(&check->ctl->arena, "--%s", name);
    const char *value = text ? flag(check, text, name) : NULL;
    if (!text)
        check_add(check, what, CHECK_UNKNOWN, "give --manifest, or let the API server show /flagz");
    else if (!value)
        check_add(check, what, CHECK_WRONG, "not set");
    else if (!strstr(value, wanted))
        check_add(check, what, CHECK_WRONG,
                  lbx_arena_printf(&check->ctl->arena, "is %s, and must be %s", value, wanted));
    else
        check_add(check, what, CHECK_OK, NULL);
}

/* Whether a flag has no `=`: it has no value, or one behind a space. */
static bool has_bare_flag(const char *text, const char *name) {
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)); at += len)
        if (at[len] != '=' && at[len] != '-' && !isalnum((unsigned char)at[len]) &&
            (at == text || at[-1] == '-' || at[-1] == '\n'))
            return true;
    return false;
}

/* Checks an optional flag. */
static void check_harmless(struct check *check, const char *text, const char *name, bool is_wrong,
                           const char *problem) {
    const char *what = lbx_arena_printf(&check->ctl->arena, "--%s", name);
    if (!text)
        check_add(check, what, CHECK_UNKNOWN, "give --manifest, or let the API server show /flagz");
    else if (is_wrong || has_bare_flag(text, name))
        check_add(check, what, CHECK_WRONG, problem);
    else
        check_add(check, what, CHECK_OK, NULL);
}

/* Reads the file that a flag names. False: the reason was added. */
static bool read_named(struct check *check, const char *what, const char *path,
                       struct lbx_buf *ret_text) {
    if (!path)
        check_add(check, what, CHECK_WRONG, "not set");
    else if (!lbx_file_read(path, FILE_MAX, ret_text))
        check_add(check, what, CHECK_UNKNOWN,
                  lbx_arena_printf(&check->ctl->arena, "%s cannot be read here", path));
    else
        return true;
    return false;
}

static bool read_flag(struct check *check, const char *text, const char *name,
                      struct lbx_buf *ret_text) {
    const char *what = lbx_arena_printf(&check->ctl->arena, "--%s", name);
    if (text)
        return read_named(check, what, flag(check, text, name), ret_text);
    check_add(check, what, CHECK_UNKNOWN, "give --manifest, or let the API server show /flagz");
    return false;
}

/* ---- files ---- */

struct demand {
    const char *line, *problem;
};

/* Adds one row with everything that is wrong. */
static void demand(struct check *check, const char *what, struct span text,
                   const struct demand *demands, size_t count) {
    const char *wrong = NULL;
    for (size_t i = 0; i < count; i++)
        if (!has_line(text, demands[i].line))
            wrong = wrong
                        ? lbx_arena_printf(&check->ctl->arena, "%s; %s", wrong, demands[i].problem)
                        : demands[i].problem;
    check_add(check, what, wrong ? CHECK_WRONG : CHECK_OK, wrong);
}
#define DEMAND(check, what, text, demands)                                                         \
    demand(check, what, text, demands, sizeof(demands) / sizeof *(demands))

/* Checks the condition on users: one that excludes engineers is worse than one that cannot be read. */
static void check_condition(struct check *check, const char *what, struct span text,
                            const char *named, const char *member, const char *whole) {
    if (has_line(text, whole) && count_text(text, "expression:") == 1)
        check_add(check, what, CHECK_OK, NULL);
    else
        check_add(check, what, CHECK_WRONG,
                  !count_text(text, named) ? "it does not ask about whoever has the prefix"
                  : !count_text(text, member)
                      ? "it does not ask about whoever is in the group"
                      : "its condition is not the one that cluster config writes");
}

static const char *page_url(struct check *check, const char *page) {
    return lbx_arena_printf(&check->ctl->arena, "https://%s/clusters/%s/%s",
                            ctl_authorizer_host(check->ctl), check->cluster->id, page);
}

/* Checks a kubeconfig for the authorizer's URL. */
static void check_server(struct check *check, const char *what, const char *path,
                         const char *page) {
    struct lbx_buf text LBX_BUF = {0};
    if (!read_named(check, what, path, &text))
        return;
    const struct span all = {text.data, text.len};
    const char *server = value_behind(check, all, "server:");
    if (count_text(all, "insecure-skip-tls-verify"))
        check_add(check, what, CHECK_WRONG,
                  "whoever is asked shows no certificate (insecure-skip-tls-verify)");
    else if (server && strcmp(server, page_url(check, page)) == 0)
        check_add(check, what, CHECK_OK, NULL);
    else
        check_add(check, what, CHECK_WRONG,
                  lbx_arena_printf(&check->ctl->arena, "asks %s, and must ask %s",
                                   server ? server : "nobody", page_url(check, page)));
}

static void check_authorization(struct check *check, const char *flags) {
    static const struct demand demands[] = {
        {"- type: Webhook", "the first authorizer is no webhook: another one decides before it"},
        {"name: lockbox", "the first authorizer is not lockbox: another one decides before it"},
        {"failurePolicy: Deny",
         "where the authorizer does not answer, another one decides (failurePolicy)"},
        {"cacheAuthorizedRequests: false",
         "a yes is remembered, and outlives a revoke (cacheAuthorizedRequests)"},
        {"cacheUnauthorizedRequests: false",
         "a no is remembered, and outlives an approval (cacheUnauthorizedRequests)"},
    };
    struct lbx_arena *arena = &check->ctl->arena;
    const char *prefix = check->cluster->username_prefix, *group = check->cluster->group;
    struct lbx_buf text LBX_BUF = {0};
    if (!read_flag(check, flags, "authorization-config", &text))
        return;
    const struct span first = first_item((struct span){text.data, text.len}, "authorizers:");
    DEMAND(check, "--authorization-config", first, demands);
    check_condition(
        check, "whom authorization asks about", first,
        lbx_arena_printf(arena, "startsWith('%s')", prefix),
        lbx_arena_printf(arena, "'%s' in request.groups", group),
        lbx_arena_printf(
            arena,
            "- expression: \"request.user.startsWith('%s') || (has(request.groups) && '%s' in "
            "request.groups)\"",
            prefix, group));
    check_server(check, "whom authorization asks", value_behind(check, first, "kubeConfigFile:"),
                 "authorize");
}

static void check_manifest(struct check *check, const char *folder) {
    static const struct demand demands[] = {
        {"failurePolicy: Fail",
         "where the authorizer does not answer, changes pass (failurePolicy)"},
        {"sideEffects: None", "dry runs fail (sideEffects)"},
        {"matchPolicy: Exact", "not as cluster config writes it (matchPolicy)"},
        {"rules: [{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [\"*\"], resources: [\"*/*\"], scope: \"*\"}]",
         "not every change is asked about (rules)"},
    };
    struct lbx_arena *arena = &check->ctl->arena;
    const char *prefix = check->cluster->username_prefix, *group = check->cluster->group;
    struct lbx_buf text LBX_BUF = {0};
    const char *path = folder ? lbx_arena_printf(arena, "%s/lockbox.yaml", folder) : NULL;
    if (!read_named(check, "the admission webhook", path, &text))
        return;
    const struct span all = {text.data, text.len};
    DEMAND(check, "the admission webhook", all, demands);
    check_condition(
        check, "whom admission asks about", all,
        lbx_arena_printf(arena, "startsWith('%s')", prefix),
        lbx_arena_printf(arena, "'%s' in request.userInfo.groups", group),
        lbx_arena_printf(arena,
                         "expression: \"request.userInfo.username.startsWith('%s') || '%s' in "
                         "request.userInfo.groups || request.userInfo.username == '%s'\"",
                         prefix, group, ctl_cluster_customer(check->ctl, check->cluster)));
    if (!count_text(all, page_url(check, "admit")))
        check_add(check, "whom admission asks", CHECK_WRONG, "another URL");
    if (count_text(all, "objectSelector") || count_text(all, "namespaceSelector"))
        check_add(check, "the admission webhook's selectors", CHECK_WRONG,
                  "not every object is asked about (objectSelector, namespaceSelector)");
}

static void check_admission(struct check *check, const char *flags) {
    struct lbx_buf text LBX_BUF = {0};
    if (!read_flag(check, flags, "admission-control-config-file", &text))
        return;
    const struct span all = {text.data, text.len};
    check_add(check, "--admission-control-config-file",
              has_line(all, "- name: ValidatingAdmissionWebhook") ? CHECK_OK : CHECK_WRONG,
              has_line(all, "- name: ValidatingAdmissionWebhook")
                  ? NULL
                  : "it has no ValidatingAdmissionWebhook");
    check_manifest(check, value_behind(check, all, "staticManifestsDir:"));
}

static void check_policy(struct check *check, const char *flags) {
    struct lbx_buf text LBX_BUF = {0};
    if (!read_flag(check, flags, "audit-policy-file", &text))
        return;
    const struct span all = {text.data, text.len};
    const char *rule = lbx_arena_printf(
        &check->ctl->arena, "- {level: Metadata, userGroups: [\"%s\"]}", check->cluster->group);
    const char *stages = strncmp(text.data, "omitStages:", strlen("omitStages:")) == 0
                             ? text.data
                             : strstr(text.data, "\nomitStages:");
    bool first = has_line(first_item(all, "rules:"), rule);
    check_add(
        check, "--audit-policy-file", first && !stages ? CHECK_OK : CHECK_WRONG,
        stages ? "it leaves out stages of every rule (omitStages): a request that began is not told"
        : first ? NULL
                : "its first rule is not that for the engineers' group");
}

static void check_audit_webhook(struct check *check, const char *flags) {
    const char *path = flags ? flag(check, flags, "audit-webhook-config-file") : NULL;
    if (flags)
        check_server(check, "--audit-webhook-config-file", path, "audit");
    else
        check_add(check, "--audit-webhook-config-file", CHECK_UNKNOWN,
                  "give --manifest, or let the API server show /flagz");
}

static void check_plugins(struct check *check, const char *flags) {
    static const char name[] = "disable-admission-plugins";
    const char *value = flags ? flag(check, flags, name) : NULL;
    check_harmless(check, flags, name, value && strstr(value, "ValidatingAdmissionWebhook"),
                   "ValidatingAdmissionWebhook is off: admission asks nobody");
}

static void check_truncation(struct check *check, const char *flags) {
    static const char name[] = "audit-webhook-truncate-enabled";
    const char *value = flags ? flag(check, flags, name) : NULL;
    check_harmless(
        check, flags, name, value && strcmp(value, "false") != 0,
        "must be false: a request with a long URL is carried out, and its events are dropped");
}

void check_flags(struct check *check, const char *text) {
    check_authorization(check, text);
    check_admission(check, text);
    check_plugins(check, text);
    check_value(check, text, "feature-gates", "ManifestBasedAdmissionControlConfig=true");
    check_policy(check, text);
    check_audit_webhook(check, text);
    check_value(check, text, "audit-webhook-mode", "blocking-strict");
    check_truncation(check, text);
}
