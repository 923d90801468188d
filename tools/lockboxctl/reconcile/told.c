/* Reads request versions from events.v1, and finds those that a database lacks. Promises to use
 * events.v1 for comparison only. Records that are no request events are skipped. Fails where
 * Kafka does not answer. */
#include "told.h"

#include "database.h"
#include "event/envelope.h"
#include "io/reader.h"
#include "sql_reconcile.h"

#include <stdlib.h>
#include <string.h>

struct told_version {
    const char *request_id, *id, *type, *cause; /* cause NULL: time */
    int64_t version;
};

static const char *key_of(struct lbx_arena *arena, const char *request_id, int64_t version) {
    return LBX_MAP_KEY(arena, request_id, lbx_arena_printf(arena, "%lld", (long long)version));
}

static void keep(struct ctl *ctl, struct told *told, const struct lbx_event *event) {
    if (lbx_event_type_info(event->type)->family != LBX_FAMILY_REQUEST || !event->subject ||
        !event->sequence)
        return;
    struct told_version *it = LBX_ARENA_NEW(&ctl->arena, struct told_version);
    *it = (struct told_version){
        .request_id = lbx_arena_strdup(&ctl->arena, event->subject),
        .id = lbx_arena_strdup(&ctl->arena, event->id),
        .type = lbx_event_type_info(event->type)->name,
        .cause = event->causationid ? lbx_arena_strdup(&ctl->arena, event->causationid) : NULL,
        .version = strtoll(event->sequence, NULL, 10),
    };
    const char *key = key_of(&ctl->arena, it->request_id, it->version);
    if (lbx_map_get(&told->versions, key))
        return; /* published twice */
    lbx_map_set(&told->versions, key, it);
    if (it->version == 1)
        lbx_pg_array_text(&told->ids, it->request_id);
}

static enum lbx_err read_partition(struct ctl *ctl, struct lbx_reader *reader, const char *topic,
                                   int32_t partition, struct told *told) {
    struct lbx_arena arena LBX_CLEANUP(lbx_arena_done) = {0};
    struct lbx_record record;
    int64_t first = 0, behind = 0;
    enum lbx_err err = lbx_reader_ends(reader, topic, partition, &first, &behind);
    if (err == LBX_OK)
        err = lbx_reader_begin(reader, topic, partition, first, behind);
    while (err == LBX_OK && (err = lbx_reader_next(reader, &record)) == LBX_OK) {
        struct lbx_event event = {0};
        struct lbx_reason reason;
        record.topic = LBX_TOPIC_EVENTS;
        lbx_arena_reset(&arena);
        if (lbx_event_decode(&record, SIZE_MAX, &arena, &event, &reason) == LBX_OK)
            keep(ctl, told, &event);
    }
    return err == LBX_ERR_NOT_FOUND ? LBX_OK : err;
}

enum ctl_exit told_read(struct ctl *ctl, int partitions, struct told *ret_told) {
    const char *topic = ctl_topic(ctl, LBX_TOPIC_EVENTS);
    struct lbx_reader *reader = NULL;
    *ret_told = (struct told){0};
    lbx_map_init(&ret_told->versions, &ctl->arena);
    enum lbx_err err = lbx_reader_open(&ctl->settings, "lockboxctl", "lockboxctl", &reader);
    for (int32_t i = 0; err == LBX_OK && i < partitions; i++)
        err = read_partition(ctl, reader, topic, i, ret_told);
    if (reader)
        lbx_reader_close(reader);
    return err == LBX_OK
               ? CTL_DONE
               : ctl_kafka_failed(ctl->settings.kafka_bootstrap_servers, "send its records");
}

void told_done(struct told *told) {
    lbx_pg_arrays_done(&told->ids);
}

static void read_known(struct ctl *ctl, const struct lbx_pg *pg, size_t versions_call,
                       size_t unpublished_call, struct lbx_map *ret_known,
                       struct lbx_map *ret_ids) {
    struct lbx_arena *arena = &ctl->arena;
    lbx_map_init(ret_known, arena);
    lbx_map_init(ret_ids, arena);
    for (size_t i = 0; i < lbx_pg_row_count(pg, versions_call); i++) {
        const struct sql_reconcile_versions_answer it =
            LBX_PG_READ(pg, versions_call, i, reconcile_versions, arena);
        int64_t *version = LBX_ARENA_NEW(arena, int64_t);
        *version = it.version;
        lbx_map_set(ret_known, lbx_arena_strdup(arena, it.request_id), version);
    }
    for (size_t i = 0; i < lbx_pg_row_count(pg, unpublished_call); i++) {
        const struct sql_reconcile_unpublished_answer it =
            LBX_PG_READ(pg, unpublished_call, i, reconcile_unpublished, arena);
        lbx_map_set(ret_ids, key_of(arena, it.request_id, it.version),
                    lbx_arena_strdup(arena, it.id));
    }
}

static void add_row(struct ctl *ctl, struct ctl_rows *rows, const struct told_version *it,
                    int64_t known, const char *id) {
    const char *cells[] = {
        it->request_id,
        lbx_arena_printf(&ctl->arena, "%lld", (long long)it->version),
        it->type,
        it->id,
        it->cause,
        known ? lbx_arena_printf(&ctl->arena, "%lld", (long long)known) : NULL,
        id,
    };
    ctl_rows_add(rows, cells);
}

enum ctl_exit told_compare(struct ctl *ctl, struct lbx_pg *pg, const struct told *told,
                           size_t *ret_lost) {
    static const struct ctl_column columns[] = {{"request_id"},
                                                {"version", CTL_CELL_NUMBER},
                                                {"type"},
                                                {"event_id", .wide = true},
                                                {"cause"},
                                                {"database_version", CTL_CELL_NUMBER},
                                                {"database_event_id", .wide = true}};
    struct lbx_pg_pipeline calls = {0};
    struct ctl_rows rows CTL_ROWS;
    struct lbx_map known, ids;
    CTL_ROWS_INIT(&rows, columns);
    const size_t versions =
        LBX_PG_CALL(&calls, reconcile_versions, .request_ids = (struct lbx_pg_arrays *)&told->ids);
    const size_t unpublished = lbx_pg_call(&calls, &sql_reconcile_unpublished, NULL);
    const enum lbx_err err = lbx_pg_run(pg, &calls);
    if (err != LBX_OK)
        return ctl_statement_failed(&ctl_lockbox, err);
    read_known(ctl, pg, versions, unpublished, &known, &ids);
    *ret_lost = 0;
    LBX_MAP_EACH(&told->versions, entry) {
        const struct told_version *it = entry->value;
        const int64_t *version = lbx_map_get(&known, it->request_id);
        const char *id = lbx_map_get(&ids, key_of(&ctl->arena, it->request_id, it->version));
        if (version && *version >= it->version && (!id || strcmp(id, it->id) == 0))
            continue;
        add_row(ctl, &rows, it, version ? *version : 0, id);
        ++*ret_lost;
    }
    if (*ret_lost > 0 || ctl->format != CTL_TABLE)
        ctl_rows_print(&rows, ctl->format);
    return CTL_DONE;
}
