/* Records a batch's events in the inbox, and finds duplicates and conflicting ids. Promises that
 * an event has its effect once, and that ids of different topics are independent; a rejected
 * event is judged again when it comes again. Fails with LBX_ERR_INTERNAL where the database does
 * not return an id that was entered. */
#include "store/inbox.h"

#include "base/time.h"
#include "io/hash.h"
#include "sql_store.h"

#include <stdio.h>
#include <string.h>

static const char *key_of(struct lbx_arena *arena, const char *topic, const char *source,
                          const char *id) {
    return LBX_MAP_KEY(arena, topic, source, id);
}

static const char *key_of_input(struct lbx_arena *arena, const struct lbx_input_event *input) {
    return key_of(arena, input->record->topic_name, input->event.source, input->event.id);
}

/* Rejects an event; one that cannot be decoded keeps the decoder's reason. */
static void reject(struct lbx_input_event *input) {
    if (input->status == LBX_INPUT_REJECTED)
        return;
    input->status = LBX_INPUT_REJECTED;
    snprintf(input->reason.text, sizeof input->reason.text,
             "/id: this source sent another event under the same id");
}

static bool is_entered(const struct lbx_input_event *input) {
    return input->status == LBX_INPUT_NEW || input->answered;
}

void lbx_inbox_add(struct lbx_inbox *inbox, const char *consumer, struct lbx_pg_pipeline *calls,
                   struct lbx_arena *arena, struct lbx_input_event *events, size_t count) {
    struct lbx_map seen;
    struct lbx_buf bytes LBX_BUF = {0};
    lbx_map_init(&seen, arena);
    inbox->consumer = consumer;
    inbox->entered = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < count; i++) {
        if (!is_entered(&events[i]))
            continue;
        lbx_buf_clear(&bytes);
        lbx_event_identity(events[i].record, &bytes);
        lbx_sha256(bytes.data, bytes.len, events[i].identity);
        const char *key = key_of_input(arena, &events[i]);
        if (lbx_map_get(&seen, key))
            continue;
        lbx_map_set(&seen, key, &events[i]);
        LBX_PG_ADD(&inbox->entered, store_receive_given, .topic = events[i].record->topic_name,
                   .source = events[i].event.source, .event_id = events[i].event.id,
                   .identity = {events[i].identity, sizeof events[i].identity});
    }
    inbox->count = lbx_pg_arrays_count(&inbox->entered);
    inbox->enter_call =
        LBX_PG_CALL(calls, store_receive, .given = &inbox->entered, .consumer = consumer);
    inbox->read_call =
        LBX_PG_CALL(calls, store_received, .given = &inbox->entered, .consumer = consumer);
}

/* The inbox's row for an id. */
struct held {
    const void *identity;
    bool fresh;    /* entered by this batch, or rejected before; not met again yet */
    bool rejected; /* when it came before */
    const struct lbx_input_event *first; /* the batch's first event with this id */
};

static void read_held(const struct lbx_inbox *inbox, const struct lbx_pg *pg,
                      struct lbx_arena *arena, struct lbx_map *ret_held) {
    lbx_map_init(ret_held, arena);
    for (size_t i = 0; i < lbx_pg_row_count(pg, inbox->read_call); i++) {
        const struct sql_store_received_answer it =
            LBX_PG_READ(pg, inbox->read_call, i, store_received, arena);
        struct held *held = LBX_ARENA_NEW(arena, struct held);
        held->identity = it.identity.data;
        lbx_map_set(ret_held, key_of(arena, it.topic, it.source, it.event_id), held);
    }
    for (size_t i = 0; i < lbx_pg_row_count(pg, inbox->enter_call); i++) {
        const struct sql_store_receive_answer it =
            LBX_PG_READ(pg, inbox->enter_call, i, store_receive, NULL);
        struct held *held = lbx_map_get(ret_held, key_of(arena, it.topic, it.source, it.event_id));
        if (!held)
            continue;
        held->fresh = true;
        held->rejected = it.rejected;
    }
}

static void repeat(const struct held *held, struct lbx_input_event *event) {
    if (event->status == LBX_INPUT_REJECTED)
        return; /* each undecodable record has a dead letter of its own */
    event->status = LBX_INPUT_DUPLICATE;
    event->first = held->first;
}

/* Keeps `answered` only for the first event of an id that has no answer yet. */
static void answer_once(const struct held *held, struct lbx_input_event *event) {
    event->answered = held->fresh && !held->rejected &&
                      memcmp(held->identity, event->identity, sizeof event->identity) == 0;
}

static void enter(struct held *held, struct lbx_input_event *event) {
    held->fresh = false;
    held->first = event;
    event->entered = true;
    event->was_rejected = held->rejected;
}

enum lbx_err lbx_inbox_read(const struct lbx_inbox *inbox, const struct lbx_pg *pg,
                            struct lbx_arena *arena, struct lbx_input_event *events, size_t count) {
    struct lbx_map all;
    if (inbox->count == 0)
        return LBX_OK;
    read_held(inbox, pg, arena, &all);
    for (size_t i = 0; i < count; i++) {
        if (!is_entered(&events[i]))
            continue;
        struct held *held = lbx_map_get(&all, key_of_input(arena, &events[i]));
        if (!held)
            return LBX_ERR_INTERNAL;
        if (events[i].answered)
            answer_once(held, &events[i]);
        if (memcmp(held->identity, events[i].identity, sizeof events[i].identity) != 0)
            reject(&events[i]);
        else if (!held->fresh)
            repeat(held, &events[i]);
        else
            enter(held, &events[i]);
    }
    return LBX_OK;
}

void lbx_inbox_judged(struct lbx_inbox *inbox, struct lbx_pg_pipeline *calls,
                      struct lbx_input_event *events, size_t count) {
    inbox->judged = (struct lbx_pg_arrays){0};
    for (size_t i = 0; i < count; i++) {
        const struct lbx_input_event *first = events[i].first;
        if (first && first->status == LBX_INPUT_REJECTED) {
            events[i].status = LBX_INPUT_REJECTED;
            events[i].reason = first->reason;
        }
        const bool rejected = events[i].status == LBX_INPUT_REJECTED;
        if (!events[i].entered || rejected == events[i].was_rejected)
            continue;
        LBX_PG_ADD(&inbox->judged, store_judged_given, .topic = events[i].record->topic_name,
                   .source = events[i].event.source, .event_id = events[i].event.id,
                   .rejected = rejected);
    }
    LBX_PG_CALL(calls, store_judged, .given = &inbox->judged, .consumer = inbox->consumer);
}

void lbx_inbox_done(struct lbx_inbox *inbox) {
    lbx_pg_arrays_done(&inbox->entered);
    lbx_pg_arrays_done(&inbox->judged);
}

void lbx_inbox_prune(struct lbx_pg_pipeline *calls, struct lbx_arena *arena, int64_t ttl_us) {
    char *ttl = lbx_arena_alloc(arena, LBX_DURATION_SIZE);
    lbx_duration_format(ttl_us, ttl);
    LBX_PG_CALL(calls, store_prune_inbox, .ttl = ttl);
}

bool lbx_inbox_more_to_prune(const struct lbx_pg *pg) {
    return LBX_PG_READ(pg, 0, 0, store_prune_inbox, NULL).more;
}
