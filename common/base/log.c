#include "base/log.h"

#include "base/buf.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {
#define LBX_LOG_NAME(name, text) [LBX_LOG_##name] = text,
    LBX_LOG_LEVELS(LBX_LOG_NAME)
#undef LBX_LOG_NAME
};

static const char *worker = "lockbox";
static enum lbx_log_level threshold = LBX_LOG_INFO;

void lbx_log_init(const char *name, enum lbx_log_level least) {
    worker = name;
    threshold = least;
}

enum lbx_err lbx_log_level_parse(const char *text, enum lbx_log_level *ret_level) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum lbx_log_level)i;
            return LBX_OK;
        }
    return LBX_ERR_INVALID;
}

void lbx_log_fields(enum lbx_log_level level, const char *message, const struct lbx_log_field *f) {
    if (level < threshold)
        return;
    struct lbx_buf line LBX_BUF = {0};
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    lbx_buf_printf(&line, "{\"time\":\"%s.%06ldZ\",\"level\":\"%s\",\"worker\":\"%s\",\"message\":",
                   stamp, now.tv_nsec / 1000, level_names[level], worker);
    lbx_buf_json_str(&line, message, strlen(message));
    for (; f->name; f++) {
        lbx_buf_printf(&line, ",\"%s\":", f->name);
        if (f->text)
            lbx_buf_json_str(&line, f->text, strlen(f->text));
        else
            lbx_buf_printf(&line, "%lld", (long long)f->number);
    }
    lbx_buf_str(&line, "}\n");
    /* One write, so that lines of several threads do not mix. Nobody to tell where it fails. */
    ssize_t written = write(STDERR_FILENO, line.data, line.len);
    (void)written;
}
