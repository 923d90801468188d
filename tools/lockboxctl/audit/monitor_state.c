/* Reads and writes the state of audit monitor: a line for each log (origin, size, root and, with
 * --kafka, the hashes of the right edge), for each checkpoint read from Kafka, and for each
 * partition of checkpoints (the next offset). Promises to replace the file as a whole. Fails on
 * a malformed file: an empty state would miss rewritten history. */
#include "monitor_state.h"

#include "base/base64.h"
#include "base/file.h"
#include "tlog/note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STATE_MAX = 16 << 20 };
#define FORM "lockbox-monitor/1"

static bool read_number(const char *text, uint64_t most, uint64_t *ret_number) {
    char *end;
    if (!text || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return !*end && !errno && *ret_number <= most;
}

/* Reads hashes separated by commas, whose root must be the stored one. */
static bool read_edge(struct ctl *ctl, char *text, struct seen *seen) {
    struct lbx_edge *edge = LBX_ARENA_NEW(&ctl->arena, struct lbx_edge);
    struct lbx_hash root;
    size_t count = 0;
    for (char *hash; (hash = strsep(&text, ",")); count++)
        if (count == LBX_EDGE_MAX || !lbx_hash_read(hash, strlen(hash), &edge->hashes[count]))
            return false;
    edge->size = seen->size;
    if (count * LBX_HASH_SIZE != lbx_edge_bytes(edge))
        return false;
    lbx_edge_root(edge, &root);
    seen->edge = edge;
    return lbx_hash_equal(&root, &seen->root);
}

/* Reads a line "origin size root", with the edge if there is one. */
static bool read_log(struct ctl *ctl, char *line, struct monitor_state *state) {
    char *origin = strsep(&line, " "), *size = strsep(&line, " "), *root = strsep(&line, " ");
    struct seen *seen = LBX_ARENA_NEW(&ctl->arena, struct seen);
    *seen = (struct seen){0};
    if (!root || !read_number(size, INT64_MAX, &seen->size) || seen->size == 0 ||
        !lbx_hash_read(root, strlen(root), &seen->root))
        return false;
    lbx_map_set(&state->seen, origin, seen);
    return !line || read_edge(ctl, line, seen);
}

/* Reads a line "+partition offset": names of logs have no plus sign. */
static bool read_read(struct ctl *ctl, char *line, struct monitor_state *state) {
    char *partition = strsep(&line, " ");
    uint64_t number, next;
    int64_t *read = LBX_ARENA_NEW(&ctl->arena, int64_t);
    if (!read_number(partition, INT32_MAX, &number) || !read_number(line, INT64_MAX, &next))
        return false;
    *read = (int64_t)next;
    lbx_map_set(&state->read, partition, read);
    return true;
}

/* Reads a line "=note" in base64: an origin before the equals sign would be a log's line. */
static bool read_note(struct ctl *ctl, const char *text, struct monitor_state *state) {
    const size_t len = strlen(text);
    char *note = lbx_arena_alloc(&ctl->arena, len + 1);
    size_t got;
    if (!lbx_base64_decode(text, len, note, len, &got) || memchr(note, '\0', got))
        return false;
    const char *behind = strchr(note, '\n');
    if (!behind)
        return false;
    lbx_map_set(&state->notes, lbx_arena_memdup(&ctl->arena, note, (size_t)(behind - note)), note);
    return true;
}

static bool read_line(struct ctl *ctl, char *line, struct monitor_state *state) {
    if (*line == '+')
        return read_read(ctl, line + 1, state);
    return *line == '=' ? read_note(ctl, line + 1, state) : read_log(ctl, line, state);
}

static bool read_lines(struct ctl *ctl, char *text, struct monitor_state *state) {
    char *line = strsep(&text, "\n");
    if (strcmp(line, FORM) != 0 || !text)
        return false;
    state->since = strsep(&text, "\n");
    while (text && *text)
        if (!read_line(ctl, strsep(&text, "\n"), state))
            return false;
    return text != NULL; /* the last line ends in a newline */
}

enum ctl_exit monitor_state_read(struct ctl *ctl, struct monitor_state *ret_state) {
    const char *path = ctl->options[CTL_CHECKPOINT];
    struct lbx_buf text LBX_BUF = {0};
    *ret_state = (struct monitor_state){.since = "-infinity"};
    lbx_map_init(&ret_state->seen, &ctl->arena);
    lbx_map_init(&ret_state->notes, &ctl->arena);
    lbx_map_init(&ret_state->read, &ctl->arena);
    if (!lbx_file_read(path, STATE_MAX, &text))
        return errno == ENOENT ? CTL_DONE : ctl_fail(CTL_USAGE, "%s: %s", path, strerror(errno));
    return read_lines(ctl, lbx_arena_memdup(&ctl->arena, text.data, text.len), ret_state)
               ? CTL_DONE
               : ctl_fail(CTL_USAGE, "%s is no file that audit monitor wrote", path);
}

static void put_log(const char *origin, const struct seen *seen, struct lbx_buf *out) {
    lbx_buf_printf(out, "%s %" PRIu64 " ", origin, seen->size);
    lbx_hash_write(&seen->root, out);
    for (size_t i = 0; seen->edge && i < lbx_edge_bytes(seen->edge) / LBX_HASH_SIZE; i++) {
        lbx_buf_char(out, i ? ',' : ' ');
        lbx_hash_write(&seen->edge->hashes[i], out);
    }
    lbx_buf_char(out, '\n');
}

enum ctl_exit monitor_state_write(const struct ctl *ctl, const struct monitor_state *state) {
    const char *path = ctl->options[CTL_CHECKPOINT];
    struct lbx_buf text LBX_BUF = {0};
    lbx_buf_printf(&text, FORM "\n%s\n", state->since);
    LBX_MAP_EACH(&state->read, entry)
        lbx_buf_printf(&text, "+%s %" PRId64 "\n", entry->key, *(const int64_t *)entry->value);
    LBX_MAP_EACH(&state->seen, entry)
        put_log(entry->key, entry->value, &text);
    LBX_MAP_EACH(&state->notes, entry) {
        lbx_buf_char(&text, '=');
        lbx_base64_encode(entry->value, strlen(entry->value), &text);
        lbx_buf_char(&text, '\n');
    }
    if (lbx_file_replace(path, &text))
        return CTL_DONE;
    return ctl_fail(CTL_NO, "%s cannot be written: %s", path, strerror(errno));
}
