/* request timeline: the records about a request in the audit store, each told as a sentence. A
 * record that cannot be decoded is a line with its bare type.
 */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "sql_ctl.h"
#include "story.h"
#include "watch.h"

#include <string.h>

enum { AT, TYPE, EVENT_ID, ACTOR, TOPIC, PARTITION, OFFSET, KEY, HEADERS, RAW };

static struct lbx_record record_of(struct ctl *ctl, const struct lbx_pg *pg, size_t row) {
    struct lbx_record record = {
        .topic_name = lbx_pg_cell(pg, 0, row, TOPIC),
        .topic = lbx_topic_of(lbx_pg_cell(pg, 0, row, TOPIC), ctl->settings.topic_prefix),
        .partition = (int32_t)lbx_pg_cell_int(pg, 0, row, PARTITION),
        .offset = lbx_pg_cell_int(pg, 0, row, OFFSET),
    };
    record.key = lbx_pg_cell_bytes(pg, 0, row, KEY, &ctl->arena, &record.key_len);
    record.value = lbx_pg_cell_bytes(pg, 0, row, RAW, &ctl->arena, &record.value_len);
    size_t len;
    const void *bytes = lbx_pg_cell_bytes(pg, 0, row, HEADERS, &ctl->arena, &len);
    struct lbx_header *headers;
    if (lbx_record_headers_decode(bytes, len, &ctl->arena, &headers, &record.header_count) ==
        LBX_OK)
        record.headers = headers;
    return record;
}

static void add(struct ctl *ctl, const struct lbx_pg *pg, size_t row, struct ctl_rows *rows) {
    struct lbx_buf what LBX_BUF = {0}, who LBX_BUF = {0};
    const struct lbx_record record = record_of(ctl, pg, row);
    ctl_put_story(&record, lbx_pg_cell(pg, 0, row, TYPE), &ctl->arena, &what, &who);
    const char *actor = lbx_pg_cell(pg, 0, row, ACTOR);
    const char *cells[] = {
        lbx_pg_cell(pg, 0, row, AT),
        who.len ? lbx_arena_strdup(&ctl->arena, who.data)
        : actor ? actor
                : "Lockbox",
        lbx_arena_strdup(&ctl->arena, what.data),
        actor,
        lbx_pg_cell(pg, 0, row, TYPE),
        lbx_pg_cell(pg, 0, row, EVENT_ID),
        lbx_pg_cell(pg, 0, row, TOPIC),
        lbx_pg_cell(pg, 0, row, PARTITION),
        lbx_pg_cell(pg, 0, row, OFFSET),
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
    enum ctl_exit code = CTL_ASK(ctl, &ctl_audit, &sql_ctl_request_timeline, &pg, id,
                                 ctl_topic(ctl, LBX_TOPIC_EVENTS));
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0 && ctl->options[CTL_WATCH])
        return CTL_NO;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO, "the audit store has nothing about the request %s (yet)", id);
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++)
        add(ctl, pg, row, &rows);
    ctl_rows_print(&rows, ctl->format);
    return CTL_DONE;
}

enum ctl_exit ctl_request_timeline(struct ctl *ctl) {
    return ctl_watch(ctl, tell);
}
