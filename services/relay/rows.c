/* Makes Kafka records of rows: events as they are, and dead letters with Kafka Connect's headers
 * about their origin. Promises that a row owns its memory. Fails with LBX_ERR_INVALID on
 * malformed headers. */
#include "rows.h"

#include "base/memory.h"
#include "event/deadletter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_PREFIX "event "
#define CONTENT_TYPE "application/cloudevents+json; charset=UTF-8"

char *relay_order_key(const char *key) {
    char *text;
    if (asprintf(&text, EVENT_PREFIX "%s", key) < 0)
        abort();
    return text;
}

struct relay_row *relay_row_event(const struct sql_relay_take_fresh_answer *it) {
    static const struct lbx_header content_type = {"content-type", CONTENT_TYPE,
                                                   sizeof CONTENT_TYPE - 1};
    static const char prefix[] = EVENT_PREFIX;
    const size_t key_len = strlen(it->key), value_len = strlen(it->value);
    struct relay_row *row = lbx_calloc(sizeof *row + sizeof prefix + key_len + value_len);
    char *order_key = (char *)(row + 1), *key = order_key + sizeof prefix - 1;
    char *value = key + key_len + 1;
    memcpy(order_key, prefix, sizeof prefix);
    memcpy(key, it->key, key_len + 1);
    memcpy(value, it->value, value_len);
    row->shard = (size_t)it->shard;
    row->bytes = key_len + value_len;
    row->row = (struct lbx_outbound_row){
        .order_key = order_key,
        .id = it->seq,
        .topic = LBX_TOPIC_EVENTS,
        .alone = it->attempts > 0,
        .record = {.key = key,
                   .key_len = key_len,
                   .value = value,
                   .value_len = value_len,
                   .headers = &content_type,
                   .header_count = 1},
    };
    return row;
}

void relay_row_free(struct relay_row *row) {
    lbx_arena_done(&row->arena);
    free(row);
}

/* Adds the headers of a dead letter's record; the row has key and value already. */
static enum lbx_err add_headers(struct relay_row *row,
                                const struct sql_relay_take_letters_answer *it) {
    struct lbx_arena *arena = &row->arena;
    const struct lbx_rejected rejected = {
        .topic = lbx_arena_strdup(arena, it->topic),
        .reason = lbx_arena_strdup(arena, it->reason),
        .partition = it->partition,
        .offset = it->offset,
        .record = row->row.record,
        .headers = it->headers.data,
        .headers_len = it->headers.len,
        .whole_bytes = it->whole_bytes,
        .whole_hash = lbx_arena_strdup(arena, it->whole_hash),
    };
    return lbx_dead_letter(&rejected, arena, &row->row.record);
}

enum lbx_err relay_row_letter(const struct lbx_pg *pg, size_t call, size_t i,
                              struct relay_row **ret_row) {
    struct relay_row *row = lbx_calloc(sizeof *row);
    lbx_arena_init(&row->arena);
    const struct sql_relay_take_letters_answer it =
        LBX_PG_READ(pg, call, i, relay_take_letters, &row->arena);
    row->is_letter = true;
    row->bytes = it.raw_key.len + it.raw_value.len + it.headers.len;
    row->row = (struct lbx_outbound_row){
        .order_key = lbx_arena_printf(&row->arena, "letter %" PRId64, it.id),
        .id = it.id,
        .topic = LBX_TOPIC_DEADLETTER,
        .alone = it.attempts > 0,
        .record = {.key = it.raw_key.data,
                   .key_len = it.raw_key.len,
                   .value = it.raw_value.data,
                   .value_len = it.raw_value.len},
    };
    *ret_row = row;
    return add_headers(row, &it);
}
