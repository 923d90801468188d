/* The file of audit monitor, as anybody may have edited it: what is taken is written as the same again. */
#include "audit/monitor_state.h"

#include "fuzz.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum ctl_exit ctl_fail(enum ctl_exit code, const char *format, ...) {
    (void)format;
    return code;
}

static void begin(struct ctl *ctl, const char *path) {
    *ctl = (struct ctl){0};
    ctl->options[CTL_CHECKPOINT] = path;
    lbx_arena_init(&ctl->arena);
}

static void put(const char *path, const uint8_t *data, size_t size) {
    FILE *file = fopen(path, "we");
    assert(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void comes_back(const struct ctl *ctl, const struct monitor_state *state) {
    struct ctl other;
    struct monitor_state again;
    begin(&other, ctl->options[CTL_CHECKPOINT]);
    assert(monitor_state_write(ctl, state) == CTL_DONE);
    assert(monitor_state_read(&other, &again) == CTL_DONE);
    assert(strcmp(state->since, again.since) == 0);
    LBX_MAP_EACH(&state->seen, entry) {
        const struct seen *a = entry->value, *b = lbx_map_get(&again.seen, entry->key);
        assert(a->size > 0 && b && a->size == b->size);
        assert(memcmp(&a->root, &b->root, sizeof a->root) == 0);
        assert(!a->edge == !b->edge);
        assert(!a->edge || memcmp(a->edge->hashes, b->edge->hashes, lbx_edge_bytes(a->edge)) == 0);
    }
    LBX_MAP_EACH(&state->read, entry)
        assert(*(const int64_t *)entry->value == *(int64_t *)lbx_map_get(&again.read, entry->key));
    LBX_MAP_EACH(&state->notes, entry)
        assert(strcmp(entry->value, lbx_map_get(&again.notes, entry->key)) == 0);
    lbx_arena_done(&other.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct ctl ctl;
    struct monitor_state state;
    snprintf(path, sizeof path, "/dev/shm/lockbox-fuzz-monitor-%d", (int)getpid());
    put(path, data, size);
    begin(&ctl, path);
    enum ctl_exit code = monitor_state_read(&ctl, &state);
    assert(code == CTL_DONE || code == CTL_USAGE);
    if (code == CTL_DONE)
        comes_back(&ctl, &state);
    lbx_arena_done(&ctl.arena);
    unlink(path);
    return 0;
}
