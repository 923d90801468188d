/* The environment: lines of NAME=value, of which those that begin with LOCKBOX_ count. */
#include "base/time.h"
#include "io/settings.h"

#include "fuzz.h"

extern char **environ;

enum { LINES = 64 };

/* Files are left alone: what is in them is a value like another. */
static bool may_stand(const char *line) {
    size_t len = strcspn(line, "=");
    return strncmp(line, "LOCKBOX_", 8) == 0 && line[len] == '=' &&
           !(len >= 5 && strncmp(line + len - 5, "_FILE", 5) == 0);
}

static void hold(const struct lbx_settings *s) {
    assert(s->kafka_bootstrap_servers && s->database_url && s->topic_prefix && s->smtp_url);
    assert(s->grant_ttl > 0 && s->grant_ttl <= s->grant_ttl_max);
    assert(s->grant_ttl_max <= LBX_DURATION_MAX && s->batch_records >= 1);
    assert(s->organizations.count && !s->organizations.list[s->organizations.count]);
    for (char **property = s->kafka_properties; property && *property; property += 2)
        assert(property[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text LBX_FREE = fuzz_text(data, size), *rest = text;
    char *lines[LINES + 1] = {NULL}, **before = environ;
    struct lbx_settings settings;
    size_t count = 0;
    for (char *line; count < LINES && (line = strsep(&rest, "\n"));)
        if (may_stand(line))
            lines[count++] = line;
    environ = lines;
    char *why LBX_FREE = NULL;
    lbx_log_init("fuzz", LBX_LOG_ERROR);
    if (lbx_settings_load(&settings, &why) == LBX_OK) {
        hold(&settings);
        lbx_settings_done(&settings);
    } else {
        assert(why);
    }
    environ = before;
    return 0;
}
