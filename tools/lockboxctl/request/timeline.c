/* request timeline: the records about a request in the audit store, each as a sentence; one that
 * cannot be decoded as its type. Fails as ctl_ask. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "sql_ctl.h"
#include "story.h"
#include "watch.h"

#include <string.h>

static struct lbx_record record_of(struct ctl *ctl,
                                   const struct sql_ctl_request_timeline_answer *it) {
    struct lbx_record record = {
        .topic_name = it->topic,
        .topic = lbx_topic_of(it->topic, NULL),
        .partition = (int32_t)it->partition,
        .offset = it->offset,
        .key = it->key.data,
        .key_len = it->key.len,
        .value = it->raw.data,
        .value_len = it->raw.len,
    };
    struct lbx_header *headers;
    if (lbx_record_headers_decode(it->headers.data, it->headers.len, &ctl->arena, &headers,
                                  &record.header_count) == LBX_OK)
        record.headers = headers;
    return record;
}

static void add(struct ctl *ctl, const struct sql_ctl_request_timeline_answer *it,
                struct ctl_rows *rows) {
    struct lbx_buf what LBX_BUF = {0}, who LBX_BUF = {0};
    const struct lbx_record record = record_of(ctl, it);
    ctl_put_story(&record, it->type, &ctl->arena, &what, &who);
    const char *cells[] = {
        it->kafka_timestamp,
        who.len     ? lbx_arena_strdup(&ctl->arena, who.data)
        : it->actor ? it->actor
                    : "Lockbox",
        lbx_arena_strdup(&ctl->arena, what.data),
        it->actor,
        it->type,
        it->event_id,
        it->topic,
        lbx_arena_printf(&ctl->arena, "%d", record.partition),
        lbx_arena_printf(&ctl->arena, "%lld", (long long)record.offset),
    };
    ctl_rows_add(rows, cells);
}

static enum ctl_exit tell(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"at", CTL_CELL_TIME},
        {"who"},
        {"what"},
        {"actor", .wide = true},
        {"type", .wide = true},
        {"event_id", .wide = true},
        {"topic", .wide = true},
        {"partition", CTL_CELL_NUMBER, .wide = true},
        {"offset", CTL_CELL_NUMBER, .wide = true},
    };
    const char *id = ctl->args[0];
    if (!ctl_request_id_is_valid(id))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_audit, ctl_request_timeline, &pg, .request_id = id,
                                 .events = ctl_topic(ctl, LBX_TOPIC_EVENTS));
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0 && ctl->options[CTL_WATCH])
        return CTL_NO;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO, "the audit store has nothing about the request %s (yet)", id);
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++) {
        const struct sql_ctl_request_timeline_answer it =
            LBX_PG_READ(pg, 0, row, ctl_request_timeline, &ctl->arena);
        add(ctl, &it, &rows);
    }
    ctl_rows_print(&rows, ctl->format);
    return CTL_DONE;
}

enum ctl_exit ctl_request_timeline(struct ctl *ctl) {
    return ctl_watch(ctl, tell);
}
