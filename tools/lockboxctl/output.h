/* Rows for people and programs: an aligned table, JSON (an array of objects) or CSV (RFC 4180).
 *
 * A table is as wide as the terminal (or COLUMNS); without a terminal, optional columns share 80
 * columns, and nothing is cut.
 *
 * In tables text has no control characters, so that it cannot control a terminal; JSON and CSV
 * have it unchanged. Colour only on a terminal, and not with NO_COLOR. */
#ifndef LOCKBOXCTL_OUTPUT_H
#define LOCKBOXCTL_OUTPUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_format { CTL_TABLE, CTL_JSON, CTL_CSV, CTL_FORMAT_COUNT };

extern const char *const ctl_format_names[CTL_FORMAT_COUNT];

/* TIME: in PostgreSQL's form; printed as RFC 3339 in JSON and CSV, in seconds in tables. STATE:
 * a state's name, coloured by its meaning. BOOL: "t" or "f", as from PostgreSQL. RAW: JSON. */
enum ctl_cell {
    CTL_CELL_TEXT,
    CTL_CELL_NUMBER,
    CTL_CELL_TIME,
    CTL_CELL_STATE,
    CTL_CELL_BOOL,
    CTL_CELL_RAW
};

struct ctl_column {
    const char *name; /* of the JSON member and CSV column; in capitals above a table */
    enum ctl_cell cell;
    bool wide;        /* not in tables: too long for a line */
    bool fits;        /* in a table if the line has room, the first columns first */
    bool cut;         /* last column of a table: cut at the terminal's width */
    bool in_tables;   /* in tables only: short for other columns */
    const char *head; /* title above a table; NULL: the name */
};

struct ctl_rows {
    const struct ctl_column *columns;
    size_t column_count, row_count;
    const char **cells; /* row by row, NULL: absent */
};

/* Starts rows. Cells are borrowed until the rows are printed. */
void ctl_rows_init(struct ctl_rows *rows, const struct ctl_column *columns, size_t column_count);
#define CTL_ROWS_INIT(rows, columns)                                                               \
    ctl_rows_init((rows), (columns), sizeof(columns) / sizeof *(columns))
void ctl_rows_add(struct ctl_rows *rows, const char *const *cells);
void ctl_rows_done(struct ctl_rows *rows);
void ctl_rows_print(const struct ctl_rows *rows, enum ctl_format format);

#define CTL_ROWS LBX_CLEANUP(ctl_rows_done)

/* Whether standard output is a terminal, and colour is wanted. */
bool ctl_coloured(void);

/* Escape sequences around a state's name; both "" without colour. */
const char *ctl_colour_of(const char *state);
const char *ctl_colour_end(void);

/* Appends a time for people: "2026-11-23 16:08:38Z". */
void ctl_put_time(int64_t at_us, struct lbx_buf *out);

/* Appends a cell as in a table; "-": absent. */
void ctl_put_cell(enum ctl_cell cell, const char *text, struct lbx_buf *out);

/* Writes the buffer to standard output. */
void ctl_put(const struct lbx_buf *text);

/* Makes ctl_put append to this buffer; NULL: write again. */
void ctl_put_into(struct lbx_buf *buffer);

#endif
