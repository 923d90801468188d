#include "store/inbox.h"

#include "event/time.h"
#include "io/hash.h"
#include "sql_store.h"

#include <stdio.h>
#include <string.h>

static const char *key_of(struct lbx_arena *arena, const char *source, const char *id) {
    return lbx_arena_printf(arena, "%s\x1f%s", source, id);
}

static void reject(struct lbx_input_event *input) {
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text,
             "/id: this source sent another event under the same id");
}

/* The batch may hold an event twice: the first counts. Returns whether it is the first. */
static bool first_of_batch(struct lbx_map *seen, struct lbx_arena *arena,
                           struct lbx_input_event *input) {
    const char *key = key_of(arena, input->event.source, input->event.id);
    const struct lbx_input_event *before = lbx_map_get(seen, key);
    if (!before) {
        lbx_map_set(seen, key, input);
        return true;
    }
    if (memcmp(before->identity, input->identity, sizeof input->identity) == 0)
        input->status = LBX_INPUT_DUPLICATE;
    else
        reject(input);
    return false;
}

void lbx_inbox_add(struct lbx_inbox *inbox, struct lbx_calls *calls, struct lbx_arena *arena,
                   struct lbx_input_event *events, size_t count) {
    struct lbx_map seen;
    struct lbx_buf bytes LBX_BUF = {0};
    lbx_map_init(&seen, arena);
    lbx_rows_init(&inbox->entered, 3);
    lbx_rows_init(&inbox->asked, 3);
    for (size_t i = 0; i < count; i++) {
        if (events[i].status != LBX_INPUT_NEW)
            continue;
        lbx_buf_clear(&bytes);
        lbx_event_identity(events[i].record, &bytes);
        lbx_sha256(bytes.data, bytes.len, events[i].identity);
        if (!first_of_batch(&seen, arena, &events[i]))
            continue;
        struct lbx_rows *both[] = {&inbox->entered, &inbox->asked};
        for (size_t j = 0; j < 2; j++) {
            lbx_rows_text(both[j], events[i].event.source);
            lbx_rows_text(both[j], events[i].event.id);
            lbx_rows_bytes(both[j], events[i].identity, sizeof events[i].identity);
        }
    }
    inbox->count = lbx_rows_count(&inbox->entered);
    inbox->enter_call = calls->count;
    lbx_rows_call(&inbox->entered, calls, &sql_store_receive, 0, NULL);
    inbox->read_call = calls->count;
    lbx_rows_call(&inbox->asked, calls, &sql_store_received, 0, NULL);
}

void lbx_inbox_read(const struct lbx_inbox *inbox, const struct lbx_pg *pg, struct lbx_arena *arena,
                    struct lbx_input_event *events, size_t count) {
    if (inbox->count == 0 || lbx_pg_row_count(pg, inbox->enter_call) == inbox->count)
        return;
    struct lbx_map fresh, same;
    lbx_map_init(&fresh, arena);
    lbx_map_init(&same, arena);
    for (size_t i = 0; i < lbx_pg_row_count(pg, inbox->enter_call); i++)
        lbx_map_set(&fresh,
                    key_of(arena, lbx_pg_cell(pg, inbox->enter_call, i, 0),
                           lbx_pg_cell(pg, inbox->enter_call, i, 1)),
                    events);
    for (size_t i = 0; i < lbx_pg_row_count(pg, inbox->read_call); i++)
        if (*lbx_pg_cell(pg, inbox->read_call, i, 2) == 't')
            lbx_map_set(&same,
                        key_of(arena, lbx_pg_cell(pg, inbox->read_call, i, 0),
                               lbx_pg_cell(pg, inbox->read_call, i, 1)),
                        events);
    for (size_t i = 0; i < count; i++) {
        if (events[i].status != LBX_INPUT_NEW)
            continue;
        const char *key = key_of(arena, events[i].event.source, events[i].event.id);
        if (lbx_map_get(&fresh, key))
            continue;
        if (lbx_map_get(&same, key))
            events[i].status = LBX_INPUT_DUPLICATE;
        else
            reject(&events[i]);
    }
}

void lbx_inbox_done(struct lbx_inbox *inbox) {
    lbx_rows_done(&inbox->entered);
    lbx_rows_done(&inbox->asked);
}

void lbx_inbox_prune(struct lbx_calls *calls, struct lbx_arena *arena, int64_t ttl_us) {
    char *ttl = lbx_arena_alloc(arena, LBX_DURATION_SIZE);
    lbx_duration_format(ttl_us, ttl);
    LBX_CALL(calls, &sql_store_prune_inbox, ttl);
}
