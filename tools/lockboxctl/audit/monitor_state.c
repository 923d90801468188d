/* Reads and writes what audit monitor saw last: a line a log, origin, size and root as a checkpoint has them.
 * Promises: the file is replaced whole. Fails: a file of another form is refused, for an empty state would alarm of nothing
 * that was rewritten. */
#include "monitor_state.h"

#include "base/file.h"
#include "tlog/note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STATE_MAX = 16 << 20 };
#define FORM "lockbox-monitor/1"

static bool read_log(struct ctl *ctl, char *line, struct monitor_state *state) {
    char *origin = strsep(&line, " "), *size = strsep(&line, " "), *end;
    struct seen *seen = LBX_ARENA_NEW(&ctl->arena, struct seen);
    if (!size || !line || !*size)
        return false;
    errno = 0;
    seen->size = strtoull(size, &end, 10);
    lbx_map_set(&state->seen, origin, seen);
    return *size >= '0' && *size <= '9' && !*end && !errno && seen->size > 0 &&
           lbx_hash_read(line, strlen(line), &seen->root);
}

static bool read_lines(struct ctl *ctl, char *text, struct monitor_state *state) {
    char *line = strsep(&text, "\n");
    if (strcmp(line, FORM) != 0 || !text)
        return false;
    state->since = strsep(&text, "\n");
    while (text && *text)
        if (!read_log(ctl, strsep(&text, "\n"), state))
            return false;
    return text != NULL; /* the last line is whole */
}

enum ctl_exit monitor_state_read(struct ctl *ctl, struct monitor_state *ret_state) {
    const char *path = ctl->options[CTL_CHECKPOINT];
    struct lbx_buf text LBX_BUF = {0};
    *ret_state = (struct monitor_state){.since = "-infinity"};
    lbx_map_init(&ret_state->seen, &ctl->arena);
    if (!lbx_file_read(path, STATE_MAX, &text))
        return errno == ENOENT ? CTL_DONE : ctl_fail(CTL_USAGE, "%s: %s", path, strerror(errno));
    return read_lines(ctl, lbx_arena_memdup(&ctl->arena, text.data, text.len), ret_state)
               ? CTL_DONE
               : ctl_fail(CTL_USAGE, "%s is no file that audit monitor wrote", path);
}

enum ctl_exit monitor_state_write(const struct ctl *ctl, const struct monitor_state *state) {
    const char *path = ctl->options[CTL_CHECKPOINT];
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_printf(&text, FORM "\n%s\n", state->since);
    LBX_MAP_EACH(&state->seen, entry) {
        const struct seen *seen = entry->value;
        lbx_buf_printf(&text, "%s %" PRIu64 " ", entry->key, seen->size);
        lbx_hash_write(&seen->root, &text);
        lbx_buf_char(&text, '\n');
    }
    if (lbx_file_replace(path, &text))
        return CTL_DONE;
    return ctl_fail(CTL_NO, "%s cannot be written: %s", path, strerror(errno));
}
