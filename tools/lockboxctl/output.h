/* Rows for people and for programs: an aligned table, JSON (an array of objects) or CSV (RFC 4180).
 *
 * A table is as wide as the terminal (or as COLUMNS says); without a terminal it has 80 columns for those that need
 * not be there, and cuts nothing.
 *
 * Whatever comes from outside is shown in tables without control characters, so that it cannot
 * steer a terminal; JSON and CSV keep it whole. Colour only on a terminal, and not where NO_COLOR
 * is set.
 */
#ifndef LOCKBOXCTL_OUTPUT_H
#define LOCKBOXCTL_OUTPUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ctl_format { CTL_TABLE, CTL_JSON, CTL_CSV, CTL_FORMAT_COUNT };

extern const char *const ctl_format_names[CTL_FORMAT_COUNT];

/* TIME: as PostgreSQL prints it; RFC 3339 in JSON and CSV, to the second in tables. STATE:
 * text that is coloured by what it means. BOOL: "t" or "f", as PostgreSQL prints it. RAW:
 * JSON already. */
enum ctl_cell {
    CTL_CELL_TEXT,
    CTL_CELL_NUMBER,
    CTL_CELL_TIME,
    CTL_CELL_STATE,
    CTL_CELL_BOOL,
    CTL_CELL_RAW
};

struct ctl_column {
    const char *name; /* of the JSON member and the CSV column; in capitals over a table */
    enum ctl_cell cell;
    bool wide;      /* not in tables: too long for a line */
    bool fits;      /* in a table where the line has room for it, those that stand first first */
    bool cut;       /* the last of a table: on a terminal as much of it as the line has room for */
    bool in_tables; /* in tables alone: short for what other columns say */
    const char *head; /* over a table; NULL: the name */
};

struct ctl_rows {
    const struct ctl_column *columns;
    size_t column_count, row_count;
    const char **cells; /* row by row, NULL: absent */
};

/* The cells are borrowed until the rows are printed. */
void ctl_rows_init(struct ctl_rows *rows, const struct ctl_column *columns, size_t column_count);
#define CTL_ROWS_INIT(rows, columns)                                                               \
    ctl_rows_init((rows), (columns), sizeof(columns) / sizeof *(columns))
void ctl_rows_add(struct ctl_rows *rows, const char *const *cells);
void ctl_rows_done(struct ctl_rows *rows);
void ctl_rows_print(const struct ctl_rows *rows, enum ctl_format format);

#define CTL_ROWS LBX_CLEANUP(ctl_rows_done)

/* Whether standard output is a terminal that wants colour. */
bool ctl_coloured(void);

/* Around a state's word; both "" where there is no colour. */
const char *ctl_colour_of(const char *state);
const char *ctl_colour_end(void);

/* A time for people: "2026-11-23 16:08:38Z". */
void ctl_put_time(int64_t at_us, struct lbx_buf *out);

/* A cell as a table shows it; "-" where it is absent. */
void ctl_put_cell(enum ctl_cell cell, const char *text, struct lbx_buf *out);

/* Writes the buffer to standard output. */
void ctl_put(const struct lbx_buf *text);

/* From now on ctl_put appends to this instead; NULL: writes again. */
void ctl_put_into(struct lbx_buf *buffer);

#endif
