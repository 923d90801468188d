/* Reads settings from the environment and from files, each by its kind. Promises that a
 * malformed value stops the start, and that the message does not quote a secret. Fails with
 * LBX_ERR_INVALID and a reason. */
#include "io/settings.h"

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "io/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

#define KAFKA_PREFIX "LOCKBOX_KAFKA_"

/* Names that ./dev env prints for people and tests, and that no worker reads. */
static const char *const not_ours[] = {
    "LOCKBOX_DEV_",          "LOCKBOX_MAILDIR",         "LOCKBOX_HTTP_REQUESTER",
    "LOCKBOX_HTTP_DECIDER",  "LOCKBOX_HTTP_EXPIRER",    "LOCKBOX_HTTP_RELAY",
    "LOCKBOX_HTTP_NOTIFIER", "LOCKBOX_HTTP_AUDITOR",    "LOCKBOX_HTTP_AUTHORIZER",
    "LOCKBOX_SUPERUSER_",    "LOCKBOX_AUDIT_SUPERUSER", "LOCKBOX_TEST_",
    "LOCKBOX_ENFORCER_",     "LOCKBOX_KUBECONFIG_",     "LOCKBOX_CLUSTER_CLIENT_"};

/* ---- values ---- */

enum { FILE_MAX = 1 << 20 };

/* A file's text without trailing newlines. NULL, with why: the file cannot be read, has a NUL byte, or is a secret that others
 * can read. */
static char *whole_file(const char *path, bool is_secret, char why[LBX_SECRET_WHY_SIZE]) {
    struct lbx_buf text = {0};
    snprintf(why, LBX_SECRET_WHY_SIZE, "cannot be read");
    if (is_secret ? !lbx_secret_read(path, FILE_MAX, &text, why)
                  : !lbx_file_read(path, FILE_MAX, &text)) {
        lbx_buf_done(&text);
        return NULL;
    }
    if (memchr(text.data, '\0', text.len)) { /* UTF-16, for instance: the value would end there */
        snprintf(why, LBX_SECRET_WHY_SIZE, "has a NUL byte, and is no text");
        explicit_bzero(text.data, text.len);
        lbx_buf_done(&text);
        return NULL;
    }
    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        lbx_buf_cut(&text, 1);
    return text.data;
}

static void free_list(char **list) {
    for (char **at = list; at && *at; at++)
        free(*at);
    free(list);
}

static void list_add(char ***list, size_t *count, char *text) {
    char **grown = lbx_realloc(*list, sizeof **list * (*count + 2));
    grown[(*count)++] = text;
    grown[*count] = NULL;
    *list = grown;
}

static char *trimmed(char *word) {
    while (isspace((unsigned char)*word))
        word++;
    for (size_t n = strlen(word); n && isspace((unsigned char)word[n - 1]); n--)
        word[n - 1] = '\0';
    return word;
}

/* Calls visit for each trimmed word of a comma-separated list. False: a word is empty, or visit
 * returned false. Empty text is the empty list. */
static bool each_word(const char *text, bool (*visit)(char *word, void *context), void *context) {
    char *copy LBX_FREE = strdup(text), *rest = *trimmed(copy) ? copy : NULL;
    for (char *word; (word = strsep(&rest, ","));) {
        word = trimmed(word);
        if (!*word || !visit(word, context))
            return false;
    }
    return true;
}

static bool add_word(char *word, void *context) {
    struct lbx_words *words = context;
    list_add(&words->list, &words->count, strdup(word));
    return true;
}

static bool add_duration(char *word, void *context) {
    struct lbx_durations *durations = context;
    return durations->count < sizeof durations->list / sizeof *durations->list &&
           lbx_duration_parse(word, &durations->list[durations->count++]) == LBX_OK;
}

static bool integer(const char *text, int64_t least, int64_t most, int64_t *ret) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *ret = value;
    return !errno && end != text && !*end && value >= least && value <= most;
}

/* Each read_KIND parses text into the member. False: malformed; takes_KIND says what is expected. */
static bool read_TEXT(const char *text, char **ret) {
    return (*ret = strdup(text));
}
/* A prefix of topic and group names. Kafka allows 249 characters, and the longest of ours has 40. */
static bool read_PREFIX(const char *text, char **ret) {
    const char *allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strlen(text);
    *ret = strdup(text);
    return strspn(text, allowed) == len && len <= 200;
}
static bool read_SECRET(const char *text, char **ret) {
    return (*ret = strdup(text));
}
static bool read_DURATION(const char *text, int64_t *ret) {
    return lbx_duration_parse(text, ret) == LBX_OK;
}
static bool read_DURATIONS(const char *text, struct lbx_durations *ret) {
    return each_word(text, add_duration, ret);
}
static bool read_WORDS(const char *text, struct lbx_words *ret) {
    return each_word(text, add_word, ret) && ret->count > 0;
}
static bool read_BYTES(const char *text, int64_t *ret) {
    return integer(text, 1024, 16 << 20, ret);
}
static bool read_COUNT(const char *text, int64_t *ret) {
    return integer(text, 1, 100000, ret);
}
static bool read_LIMIT(const char *text, int64_t *ret) {
    return integer(text, 0, 100000, ret);
}
static bool read_LEVEL(const char *text, enum lbx_log_level *ret) {
    return lbx_log_level_parse(text, ret) == LBX_OK;
}
static bool read_CHOICE(const char *text, bool *ret) {
    *ret = strcmp(text, "not_required") == 0;
    return *ret || strcmp(text, "refuse") == 0;
}

static bool read_YES(const char *text, bool *ret) {
    *ret = strcmp(text, "yes") == 0;
    return *ret || strcmp(text, "no") == 0;
}

#define TAKES_TEXT "text"
#define TAKES_SECRET "text"
#define TAKES_PREFIX "up to 200 letters, digits, dots, underscores and hyphens"
#define TAKES_DURATION "an ISO 8601 duration without years and months, up to P10000D, such as PT8H"
#define TAKES_DURATIONS "up to 16 ISO 8601 durations, comma-separated, such as P1D,PT4H"
#define TAKES_WORDS "words, comma-separated, none of them empty"
#define TAKES_BYTES "an integer from 1024 to 16777216"
#define TAKES_COUNT "an integer from 1 to 100000"
#define TAKES_LIMIT "an integer from 0 to 100000"
#define TAKES_CHOICE "refuse or not_required"
#define TAKES_YES "yes or no"
#define TAKES_LEVEL "debug, info, warn or error"

static void done_TEXT(char **member) {
    free(*member);
}
static void done_SECRET(char **member) {
    free(*member);
}
static void done_PREFIX(char **member) {
    free(*member);
}
static void done_WORDS(struct lbx_words *member) {
    free_list(member->list);
}
#define done_DURATION(member) (void)(member)
#define done_DURATIONS(member) (void)(member)
#define done_BYTES(member) (void)(member)
#define done_COUNT(member) (void)(member)
#define done_LIMIT(member) (void)(member)
#define done_CHOICE(member) (void)(member)
#define done_YES(member) (void)(member)
#define done_LEVEL(member) (void)(member)

/* ---- the environment ---- */

static bool bad(char **ret_why, const char *name, const char *problem) {
    if (asprintf(ret_why, "%s: %s", name, problem) < 0)
        *ret_why = NULL;
    return false;
}

/* The value of a setting, malloc'd; NULL: not set. False with *ret_why: NAME_FILE cannot be
 * read, or NAME and NAME_FILE are both set. */
static bool given(const char *name, bool is_secret, char **ret_value, char **ret_why) {
    char file_name[128], why[LBX_SECRET_WHY_SIZE];
    *ret_value = NULL;
    if ((size_t)snprintf(file_name, sizeof file_name, "%s_FILE", name) >= sizeof file_name)
        return bad(ret_why, name, "no property has so long a name");
    const char *value = getenv(name), *path = getenv(file_name);
    /* LOCKBOX_CHECKPOINT_KEY_FILE and its like name a file themselves */
    if (path && value)
        return bad(ret_why, name, "given directly and as a file; give one");
    if (path && !(*ret_value = whole_file(path, is_secret, why)))
        return bad(ret_why, file_name, why);
    if (value)
        *ret_value = strdup(value);
    return true;
}

static bool is_given(const char *name) {
    char file_name[128];
    (void)snprintf(file_name, sizeof file_name, "%s_FILE", name);
    return getenv(name) || getenv(file_name);
}

/* Checks a duration against the operator's maximum. A default that is longer is cut; a set value that is longer is an error. */
static bool keep_to(int64_t most, const char *name, int64_t *duration, char **ret_why) {
    if (*duration > most && is_given(name))
        return bad(ret_why, name, "is longer than LOCKBOX_GRANT_TTL_MAX");
    if (*duration > most)
        *duration = most;
    return true;
}

static bool known(const char *name, size_t len) {
    struct lbx_setting_shown shown;
    size_t file = len > 5 && strncmp(name + len - 5, "_FILE", 5) == 0 ? len - 5 : len;
    for (size_t i = 0; lbx_setting_show(i, &shown); i++)
        if (strlen(shown.name) == len
                ? strncmp(shown.name, name, len) == 0
                : strlen(shown.name) == file && !strncmp(shown.name, name, file))
            return true;
    for (size_t i = 0; i < sizeof not_ours / sizeof *not_ours; i++)
        if (strncmp(name, not_ours[i], strlen(not_ours[i])) == 0)
            return true;
    return false;
}

/* Properties with the name of a secret file that librdkafka reads itself. */
static bool names_a_secret(const char *property) {
    return strcmp(property, "ssl.key.location") == 0 ||
           strcmp(property, "ssl.keystore.location") == 0 ||
           strcmp(property, "sasl.kerberos.keytab") == 0;
}

/* LOCKBOX_KAFKA_SASL_MECHANISM=PLAIN → "sasl.mechanism", "PLAIN". Each property that comes by a
 * file is treated as a secret, as only librdkafka knows which are. */
static bool kafka_property(const char *entry, size_t len, struct lbx_settings *settings,
                           size_t *count, char **ret_why) {
    char *name LBX_FREE = strndup(entry, len);
    size_t prefix = strlen(KAFKA_PREFIX);
    if (len > prefix + 5 && strcmp(name + len - 5, "_FILE") == 0)
        name[len - 5] = '\0';
    char *value, why[LBX_SECRET_WHY_SIZE];
    if (!given(name, true, &value, ret_why))
        return false;
    char *property = strdup(name + prefix);
    for (char *c = property; *c; c++)
        *c = *c == '_' ? '.' : lbx_lower(*c);
    list_add(&settings->kafka_properties, count, property);
    list_add(&settings->kafka_properties, count, value);
    if (names_a_secret(property) && !lbx_secret_is_private(value, why))
        return bad(ret_why, name, why);
    return true;
}

static bool load_environment(struct lbx_settings *settings, char **ret_why) {
    size_t properties = 0;
    for (char **entry = environ; *entry; entry++) {
        size_t len = strcspn(*entry, "=");
        if (strncmp(*entry, "LOCKBOX_", 8) != 0)
            continue;
        if (known(*entry, len))
            continue;
        if (strncmp(*entry, KAFKA_PREFIX, strlen(KAFKA_PREFIX)) == 0) {
            if (!kafka_property(*entry, len, settings, &properties, ret_why))
                return false;
        } else {
            char *name LBX_FREE = strndup(*entry, len);
            lbx_log(LBX_LOG_WARN, "unknown setting", LBX_S("setting", name));
        }
    }
    return true;
}

static bool load(struct lbx_settings *settings, char **ret_why) {
    char *value;
#define LOAD(kind, member, name, fallback, what)                                                   \
    if (!given(name, strcmp(#kind, "SECRET") == 0, &value, ret_why))                               \
        return false;                                                                              \
    if (!read_##kind(value ? value : (fallback), &settings->member)) {                             \
        free(value);                                                                               \
        return bad(ret_why, name, "takes " TAKES_##kind);                                          \
    }                                                                                              \
    free(value);
    LBX_SETTINGS(LOAD)
#undef LOAD
    const int64_t most = settings->grant_ttl_max;
    return keep_to(most, "LOCKBOX_GRANT_TTL", &settings->grant_ttl, ret_why) &&
           keep_to(most, "LOCKBOX_EMERGENCY_TTL", &settings->emergency_ttl, ret_why) &&
           load_environment(settings, ret_why);
}

enum lbx_err lbx_settings_load(struct lbx_settings *ret_settings, char **ret_why) {
    *ret_settings = (struct lbx_settings){0};
    *ret_why = NULL;
    if (load(ret_settings, ret_why))
        return LBX_OK;
    lbx_settings_done(ret_settings);
    return LBX_ERR_INVALID;
}

enum lbx_err lbx_settings_refuse(const char *setting, const char *why) {
    lbx_log(LBX_LOG_ERROR, "bad setting", LBX_S("setting", setting), LBX_S("error", why));
    return LBX_ERR_INVALID;
}

void lbx_settings_done(struct lbx_settings *settings) {
#define DONE(kind, member, name, fallback, what) done_##kind(&settings->member);
    LBX_SETTINGS(DONE)
#undef DONE
    free_list(settings->kafka_properties);
    *settings = (struct lbx_settings){0};
}

bool lbx_setting_show(size_t i, struct lbx_setting_shown *ret_shown) {
    static const struct lbx_setting_shown all[] = {
#define SHOW(kind, member, name, fallback, what) {name, #kind, fallback, what, NULL},
        LBX_SETTINGS(SHOW)
#undef SHOW
    };
    if (i >= sizeof all / sizeof *all)
        return false;
    *ret_shown = all[i];
    ret_shown->value = getenv(all[i].name);
    if (is_given(all[i].name) && (!ret_shown->value || strcmp(all[i].kind, "SECRET") == 0))
        ret_shown->value = "***";
    return true;
}
