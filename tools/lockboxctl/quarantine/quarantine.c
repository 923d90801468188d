/* quarantine list and quarantine show: rejected records, with unchanged bytes; those that are
 * not text are shown in hexadecimal. Fail as ctl_ask. */
#include "commands.h"

#include "arguments.h"
#include "database.h"
#include "event/record.h"
#include "rejected.h"
#include "sql_ctl.h"

#include <string.h>

/* Prints what to do about open records. */
static void say_open(const struct ctl *ctl, const struct lbx_pg *pg) {
    size_t open = 0;
    for (size_t row = 0; row < lbx_pg_row_count(pg, 0); row++)
        open += !LBX_PG_READ(pg, 0, row, ctl_quarantine_list, NULL).settled_at;
    if (open && ctl->format == CTL_TABLE)
        ctl_fail(
            CTL_DONE,
            "open: %zu. quarantine show ID shows one; quarantine replay or quarantine discard settles it",
            open);
}

enum ctl_exit ctl_quarantine_list(struct ctl *ctl) {
    static const struct ctl_column columns[] = {
        {"quarantine_id", CTL_CELL_NUMBER, .head = "id"},
        {"quarantined_at", CTL_CELL_TIME},
        {"place", .in_tables = true, .head = "topic/partition/offset"},
        {"outcome", CTL_CELL_STATE, .fits = true},
        {"consumer", .fits = true},
        {"topic", .wide = true},
        {"partition", CTL_CELL_NUMBER, .wide = true},
        {"offset", CTL_CELL_NUMBER, .wide = true},
        {"reason", .cut = true},
        {"published_at", CTL_CELL_TIME, .wide = true},
        {"settled_at", CTL_CELL_TIME, .wide = true},
        {"operator_id", .wide = true},
    };
    int64_t limit;
    if (!ctl_number(ctl, CTL_LIMIT, 100000, 50, &limit))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_quarantine_list, &pg, .most = limit,
                                 .open = ctl->options[CTL_OPEN] != NULL);
    if (code != CTL_DONE)
        return code;
    CTL_PRINT_ANSWER(ctl, pg, ctl_quarantine_list, columns, limit);
    say_open(ctl, pg);
    return CTL_DONE;
}

/* ---- show ---- */

static const struct ctl_column show_columns[] = {
    {"quarantine_id", CTL_CELL_NUMBER},
    {"quarantined_at", CTL_CELL_TIME},
    {"consumer"},
    {"topic"},
    {"partition", CTL_CELL_NUMBER},
    {"offset", CTL_CELL_NUMBER},
    {"kafka_timestamp", CTL_CELL_TIME},
    {"reason"},
    {"published_at", CTL_CELL_TIME},
    {"outcome"},
    {"settled_at", CTL_CELL_TIME},
    {"operator_id"},
    {"login"},
    {"settled_for"},
    {"replayed_partition", CTL_CELL_NUMBER},
    {"replayed_offset", CTL_CELL_NUMBER},
    {"whole_bytes", CTL_CELL_NUMBER},
    {"whole_hash"},
    {"key", CTL_CELL_RAW},
    {"headers", CTL_CELL_RAW},
    {"value", CTL_CELL_RAW},
};
enum { SHOW_COLUMNS = sizeof show_columns / sizeof *show_columns };

/* Columns that are printed as PostgreSQL returns them; the record's bytes are the last columns. */
enum { KEY = SHOW_COLUMNS - 3, HEADERS, VALUE, PLAIN_CELLS = KEY };

static const char *plain_cell(const struct lbx_pg *pg, size_t i) {
    return lbx_pg_cell(pg, 0, 0, lbx_sql_answer(&sql_ctl_quarantine_show, show_columns[i].name));
}

static struct ctl_bytes of_header(const struct lbx_header *header) {
    return (struct ctl_bytes){header->value, header->len};
}

static void json_headers(const struct ctl_rejected *r, struct lbx_buf *out) {
    lbx_buf_char(out, '[');
    for (size_t i = 0; i < r->header_count; i++) {
        lbx_buf_str(out, i ? ", {\"name\": " : "{\"name\": ");
        lbx_buf_json_str(out, r->headers[i].name, lbx_header_name_len(&r->headers[i]));
        lbx_buf_str(out, ", \"value\": ");
        ctl_bytes_json(of_header(&r->headers[i]), out);
        lbx_buf_char(out, '}');
    }
    lbx_buf_char(out, ']');
}

static void show_rows(const struct ctl *ctl, const struct lbx_pg *pg,
                      const struct ctl_rejected *r) {
    struct lbx_buf key LBX_BUF = {0}, headers LBX_BUF = {0}, value LBX_BUF = {0};
    ctl_bytes_json(r->key, &key);
    json_headers(r, &headers);
    ctl_bytes_json(r->value, &value);
    const char *cells[SHOW_COLUMNS] = {
        [KEY] = key.data, [HEADERS] = headers.data, [VALUE] = value.data};
    for (size_t i = 0; i < PLAIN_CELLS; i++)
        cells[i] = plain_cell(pg, i);
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, show_columns);
    ctl_rows_add(&rows, cells);
    ctl_rows_print(&rows, ctl->format);
}

static void show_words(struct ctl *ctl, const struct lbx_pg *pg, const struct ctl_rejected *r) {
    struct lbx_buf out LBX_BUF = {0};
    for (size_t i = 0; i < PLAIN_CELLS; i++) {
        const char *text = plain_cell(pg, i);
        lbx_buf_printf(&out, "%-19s ", show_columns[i].name);
        ctl_put_cell(show_columns[i].cell, text, &out);
        lbx_buf_char(&out, '\n');
    }
    ctl_bytes_show(&ctl->arena, "key", r->key, &out);
    for (size_t i = 0; i < r->header_count; i++)
        ctl_bytes_show(&ctl->arena, lbx_arena_printf(&ctl->arena, "header %s", r->headers[i].name),
                       of_header(&r->headers[i]), &out);
    ctl_bytes_show(&ctl->arena, "value", r->value, &out);
    ctl_put(&out);
}

enum ctl_exit ctl_quarantine_show(struct ctl *ctl) {
    const char *id = ctl->args[0];
    struct ctl_rejected r;
    if (!ctl_quarantine_id_is_valid(id))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_lockbox, ctl_quarantine_show, &pg, .id = id);
    if (code != CTL_DONE)
        return code;
    if (lbx_pg_row_count(pg, 0) == 0)
        return ctl_fail(CTL_NO,
                        "nothing in quarantine has the id %s; see lockboxctl quarantine list", id);
    code = ctl_rejected_read(ctl, pg, &r);
    if (code != CTL_DONE)
        return code;
    if (ctl->format == CTL_TABLE)
        show_words(ctl, pg, &r);
    else
        show_rows(ctl, pg, &r);
    return CTL_DONE;
}
