/* Writes a line of log to standard error with one write(2), so that lines of several threads do
 * not mix. Fails silently: a line that cannot be written is lost. */
#include "base/log.h"

#include "base/buf.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdbool.h>
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
static bool for_people;

void lbx_log_init(const char *name, enum lbx_log_level least) {
    worker = name;
    threshold = least;
}

void lbx_log_for_people(void) {
    for_people = true;
}

enum lbx_err lbx_log_level_parse(const char *text, enum lbx_log_level *ret_level) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum lbx_log_level)i;
            return LBX_OK;
        }
    return LBX_ERR_INVALID;
}

static bool is_left_out(const struct lbx_log_field *field) {
    return field->optional && !field->text;
}

static void write_json(struct lbx_buf *line, enum lbx_log_level level, const char *message,
                       const struct lbx_log_field *f) {
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char stamp[32];
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    lbx_buf_printf(line,
                   "{\"time\":\"%s.%06ldZ\",\"level\":\"%s\",\"worker\":\"%s\",\"message\":", stamp,
                   now.tv_nsec / 1000, level_names[level], worker);
    lbx_buf_json_str(line, message, strlen(message));
    for (; f->name; f++) {
        if (is_left_out(f))
            continue;
        lbx_buf_printf(line, ",\"%s\":", f->name);
        if (f->text)
            lbx_buf_json_str(line, f->text, strlen(f->text));
        else
            lbx_buf_printf(line, "%lld", (long long)f->number);
    }
    lbx_buf_str(line, "}\n");
}

/* No line breaks, and no control sequences for a terminal: C1 controls are C2 80 to C2 9F. A
 * terminal may take bytes that are no UTF-8 for C1 controls as well. */
static void blank_controls(char *text) {
    const size_t len = strlen(text);
    for (size_t i = 0, n; i < len; i += n) {
        const size_t found = lbx_utf8_len(text + i, len - i);
        const unsigned char *c = (const unsigned char *)text + i;
        n = found ? found : 1;
        if (!found || iscntrl(*c) || (n == 2 && c[0] == 0xC2 && c[1] < 0xA0))
            memset(text + i, ' ', n);
    }
}

static void write_plain(struct lbx_buf *line, const char *message, const struct lbx_log_field *f) {
    lbx_buf_printf(line, "%s: %s", worker, message);
    const char *between = " (";
    for (; f->name; f++) {
        if (is_left_out(f))
            continue;
        if (f->text)
            lbx_buf_printf(line, "%s%s: %s", between, f->name, f->text);
        else
            lbx_buf_printf(line, "%s%s: %lld", between, f->name, (long long)f->number);
        between = ", ";
        while (isspace((unsigned char)line->data[line->len - 1]))
            line->data[--line->len] = '\0';
    }
    lbx_buf_str(line, *between == ',' ? ")" : "");
    blank_controls(line->data);
    lbx_buf_char(line, '\n');
}

void lbx_log_fields(enum lbx_log_level level, const char *message, const struct lbx_log_field *f) {
    if (level < threshold)
        return;
    struct lbx_buf line LBX_BUF = {0};
    if (for_people)
        write_plain(&line, message, f);
    else
        write_json(&line, level, message, f);
    /* One write(2), so that lines do not mix. A failure cannot be reported. */
    ssize_t written = write(STDERR_FILENO, line.data, line.len);
    (void)written;
}
