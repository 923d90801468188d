/* Prints rows as an aligned table, JSON or CSV. Promises that text from outside has no control
 * characters in tables. Write errors are found by main, which checks standard output at the end. */
#include "output.h"

#include "base/time.h"
#include "mail/words.h"
#include "width.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const ctl_format_names[CTL_FORMAT_COUNT] = {"table", "json", "csv"};

/* ---- rows ---- */

void ctl_rows_init(struct ctl_rows *rows, const struct ctl_column *columns, size_t column_count) {
    *rows = (struct ctl_rows){.columns = columns, .column_count = column_count};
}

void ctl_rows_add(struct ctl_rows *rows, const char *const *cells) {
    size_t size = sizeof *cells * rows->column_count;
    const char **grown = lbx_realloc(rows->cells, size * (rows->row_count + 1));
    memcpy(grown + rows->column_count * rows->row_count++, cells, size);
    rows->cells = grown;
}

void ctl_rows_done(struct ctl_rows *rows) {
    free(rows->cells);
}

/* ---- colour ---- */

bool ctl_coloured(void) {
    const char *no = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no && *no);
}

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define DIM "\033[2m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

const char *ctl_colour_of(const char *state) {
    static const struct {
        const char *state, *colour;
    } colours[] = {
        {"approved", GREEN}, {"applied", GREEN},   {"ok", GREEN},
        {"sent", GREEN},     {"created", GREEN},   {"customer_notified", YELLOW},
        {"pending", YELLOW}, {"deferred", YELLOW}, {"emergency", RED},
        {"denied", RED},     {"refused", RED},     {"revoked", RED},
        {"failed", RED},     {"missing", RED},     {"changed", RED},
        {"unknown", RED},    {"wrong", RED},       {"expired", DIM},
        {"cancelled", DIM},  {"completed", DIM},
    };
    for (size_t i = 0; ctl_coloured() && i < sizeof colours / sizeof *colours; i++)
        if (strcmp(state, colours[i].state) == 0)
            return colours[i].colour;
    return "";
}

const char *ctl_colour_end(void) {
    return ctl_coloured() ? PLAIN : "";
}

/* ---- table ---- */

static const char *cell_at(const struct ctl_rows *rows, size_t row, size_t column) {
    return rows->cells[row * rows->column_count + column];
}

/* Converts "2026-11-23T16:08:38.123456Z" from PostgreSQL's form; NULL: text is no time. */
static const char *rfc3339(const char *text, char stamp[LBX_TIME_SIZE]) {
    int64_t us;
    if (lbx_time_parse(text, &us) != LBX_OK)
        return NULL;
    lbx_time_format(us, stamp);
    return stamp;
}

void ctl_put_time(int64_t at_us, struct lbx_buf *out) {
    char stamp[LBX_TIME_SIZE];
    lbx_time_format(at_us, stamp);
    lbx_buf_printf(out, "%.10s %.8sZ", stamp, stamp + 11);
}

void ctl_put_cell(enum ctl_cell cell, const char *text, struct lbx_buf *out) {
    int64_t at;
    if (!text)
        lbx_buf_char(out, '-');
    else if (cell == CTL_CELL_TIME && lbx_time_parse(text, &at) == LBX_OK)
        ctl_put_time(at, out);
    else if (cell == CTL_CELL_BOOL)
        lbx_buf_str(out, *text == 't' ? "yes" : "no");
    else
        lbx_text_harmless(text, out);
}

/* Layout of a table: the width of each column, which are shown, and the width of a line. */
struct layout {
    size_t *widths;
    bool *shown;
    size_t last, room;
    bool bounded; /* a cut column ends at the end of the line */
};

enum { LINE = 80, CUT_LEAST = 20, GAP = 2 };

static const char *head_of(const struct ctl_column *column) {
    return column->head ? column->head : column->name;
}

static size_t width_of(enum ctl_cell cell, const char *text, struct lbx_buf *scratch) {
    lbx_buf_clear(scratch);
    ctl_put_cell(cell, text, scratch);
    return ctl_width(scratch->data ? scratch->data : "", scratch->len);
}

static size_t column_width(const struct ctl_rows *rows, size_t column, struct lbx_buf *scratch) {
    size_t widest = strlen(head_of(&rows->columns[column]));
    for (size_t r = 0; r < rows->row_count; r++) {
        size_t width = width_of(rows->columns[column].cell, cell_at(rows, r, column), scratch);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void look_at_line(struct layout *layout) {
    const char *columns = getenv("COLUMNS");
    struct winsize window = {0};
    long chosen = columns ? strtol(columns, NULL, 10) : 0;
    if (chosen <= 0 && isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0)
        chosen = window.ws_col;
    layout->bounded = chosen > 0;
    layout->room = chosen > 0 ? (size_t)chosen : LINE;
}

/* The minimum width of a column. */
static size_t least_of(const struct ctl_column *column, size_t width) {
    return (column->cut && width > CUT_LEAST ? CUT_LEAST : width) + GAP;
}

static void choose_columns(const struct ctl_rows *rows, struct layout *layout) {
    size_t taken = 0;
    for (size_t c = 0; c < rows->column_count; c++) {
        const struct ctl_column *column = &rows->columns[c];
        layout->shown[c] = !column->wide && !column->fits;
        taken += layout->shown[c] ? least_of(column, layout->widths[c]) : 0;
    }
    for (size_t c = 0; c < rows->column_count; c++) {
        size_t least = least_of(&rows->columns[c], layout->widths[c]);
        if (!rows->columns[c].fits || taken + least > layout->room + GAP)
            continue;
        layout->shown[c] = true;
        taken += least;
    }
    for (size_t c = 0; c < rows->column_count; c++)
        layout->last = layout->shown[c] ? c : layout->last;
}

/* Gives a cut column the width that the others leave. */
static void cut_last(const struct ctl_rows *rows, struct layout *layout) {
    size_t before = 0, *width = &layout->widths[layout->last];
    for (size_t c = 0; c < layout->last; c++)
        before += layout->shown[c] ? layout->widths[c] + GAP : 0;
    size_t left = layout->room > before + CUT_LEAST ? layout->room - before : CUT_LEAST;
    if (layout->bounded && rows->columns[layout->last].cut && *width > left)
        *width = left;
}

static void spaces(struct lbx_buf *out, size_t count) {
    lbx_buf_printf(out, "%*s", (int)count, "");
}

/* Appends a cell cut to this width, with an ellipsis where it is longer. */
static void put_cut(const struct lbx_buf *cell, size_t width, struct lbx_buf *out) {
    if (ctl_width(cell->data, cell->len) <= width) {
        lbx_buf_add(out, cell->data, cell->len);
        return;
    }
    lbx_buf_add(out, cell->data, ctl_width_fits(cell->data, cell->len, width - 1));
    lbx_buf_str(out, "…");
}

static void table_cell(const struct ctl_column *column, const char *text, size_t width, bool last,
                       struct lbx_buf *out, struct lbx_buf *scratch) {
    size_t has = width_of(column->cell, text, scratch), pad = width > has ? width - has : 0;
    const char *colour = column->cell == CTL_CELL_STATE && text ? ctl_colour_of(text) : "";
    if (column->cell == CTL_CELL_NUMBER)
        spaces(out, pad);
    lbx_buf_str(out, colour);
    put_cut(scratch, width, out);
    lbx_buf_str(out, *colour ? PLAIN : "");
    if (last)
        return;
    if (column->cell != CTL_CELL_NUMBER)
        spaces(out, pad);
    spaces(out, GAP);
}

static void table_head(const struct ctl_rows *rows, const struct layout *layout,
                       struct lbx_buf *out) {
    lbx_buf_str(out, ctl_coloured() ? BOLD : "");
    for (size_t c = 0; c <= layout->last; c++) {
        const struct ctl_column *column = &rows->columns[c];
        if (!layout->shown[c])
            continue;
        const char *head = head_of(column);
        size_t len = strlen(head);
        if (column->cell == CTL_CELL_NUMBER)
            spaces(out, layout->widths[c] - len);
        for (size_t i = 0; i < len; i++)
            lbx_buf_char(out, (char)toupper((unsigned char)head[i]));
        if (c == layout->last)
            break;
        spaces(out, (column->cell == CTL_CELL_NUMBER ? 0 : layout->widths[c] - len) + GAP);
    }
    lbx_buf_str(out, ctl_coloured() ? PLAIN "\n" : "\n");
}

static void print_table(const struct ctl_rows *rows, struct lbx_buf *out) {
    struct lbx_buf scratch LBX_BUF = {0};
    size_t *widths LBX_FREE = calloc(rows->column_count, sizeof *widths);
    bool *shown LBX_FREE = calloc(rows->column_count, sizeof *shown);
    struct layout layout = {.widths = widths, .shown = shown};
    for (size_t c = 0; c < rows->column_count; c++)
        widths[c] = column_width(rows, c, &scratch);
    look_at_line(&layout);
    choose_columns(rows, &layout);
    cut_last(rows, &layout);
    table_head(rows, &layout, out);
    for (size_t r = 0; r < rows->row_count; r++) {
        for (size_t c = 0; c <= layout.last; c++)
            if (shown[c])
                table_cell(&rows->columns[c], cell_at(rows, r, c), widths[c], c == layout.last, out,
                           &scratch);
        lbx_buf_char(out, '\n');
    }
}

/* ---- JSON ---- */

static void json_cell(enum ctl_cell cell, const char *text, struct lbx_buf *out) {
    char stamp[LBX_TIME_SIZE];
    const char *time = cell == CTL_CELL_TIME && text ? rfc3339(text, stamp) : NULL;
    if (!text)
        lbx_buf_str(out, "null");
    else if (cell == CTL_CELL_NUMBER || cell == CTL_CELL_RAW)
        lbx_buf_str(out, text);
    else if (cell == CTL_CELL_BOOL)
        lbx_buf_str(out, *text == 't' ? "true" : "false");
    else
        lbx_buf_json_str(out, time ? time : text, strlen(time ? time : text));
}

static void print_json(const struct ctl_rows *rows, struct lbx_buf *out) {
    lbx_buf_str(out, "[");
    for (size_t r = 0; r < rows->row_count; r++) {
        const char *before = "";
        lbx_buf_str(out, r ? ",\n {" : "\n {");
        for (size_t c = 0; c < rows->column_count; c++) {
            if (rows->columns[c].in_tables)
                continue;
            lbx_buf_printf(out, "%s\"%s\": ", before, rows->columns[c].name);
            json_cell(rows->columns[c].cell, cell_at(rows, r, c), out);
            before = ", ";
        }
        lbx_buf_char(out, '}');
    }
    lbx_buf_str(out, rows->row_count ? "\n]\n" : "]\n");
}

/* ---- CSV ---- */

/* Whether a spreadsheet would run the text as a formula; an apostrophe in front makes it text (OWASP, CSV injection). */
static bool is_formula(const char *text) {
    return *text && strchr("=+-@\t\r", *text);
}

static void csv_text(const char *text, bool from_outside, struct lbx_buf *out) {
    const char *mark = from_outside && is_formula(text) ? "'" : "";
    if (!strpbrk(text, "\",\r\n")) {
        lbx_buf_printf(out, "%s%s", mark, text);
        return;
    }
    lbx_buf_printf(out, "\"%s", mark);
    for (; *text; text++) {
        if (*text == '"')
            lbx_buf_char(out, '"');
        lbx_buf_char(out, *text);
    }
    lbx_buf_char(out, '"');
}

static void csv_cell(enum ctl_cell cell, const char *text, struct lbx_buf *out) {
    char stamp[LBX_TIME_SIZE];
    const char *time = cell == CTL_CELL_TIME && text ? rfc3339(text, stamp) : NULL;
    if (cell == CTL_CELL_BOOL && text)
        lbx_buf_str(out, *text == 't' ? "true" : "false");
    else
        csv_text(time ? time : text ? text : "", cell == CTL_CELL_TEXT, out);
}

/* Writes a row; -1: the names. */
static void csv_row(const struct ctl_rows *rows, ptrdiff_t row, struct lbx_buf *out) {
    const char *before = "";
    for (size_t c = 0; c < rows->column_count; c++) {
        if (rows->columns[c].in_tables)
            continue;
        lbx_buf_str(out, before);
        if (row < 0)
            lbx_buf_str(out, rows->columns[c].name);
        else
            csv_cell(rows->columns[c].cell, cell_at(rows, (size_t)row, c), out);
        before = ",";
    }
    lbx_buf_str(out, "\r\n");
}

static void print_csv(const struct ctl_rows *rows, struct lbx_buf *out) {
    for (ptrdiff_t row = -1; row < (ptrdiff_t)rows->row_count; row++)
        csv_row(rows, row, out);
}

void ctl_rows_print(const struct ctl_rows *rows, enum ctl_format format) {
    static void (*const print[CTL_FORMAT_COUNT])(const struct ctl_rows *, struct lbx_buf *) = {
        print_table, print_json, print_csv};
    struct lbx_buf out LBX_BUF = {0};
    print[format](rows, &out);
    ctl_put(&out);
}

static struct lbx_buf *into;

void ctl_put_into(struct lbx_buf *buffer) {
    into = buffer;
}

void ctl_put(const struct lbx_buf *text) {
    if (into)
        lbx_buf_add(into, text->data, text->len);
    else if (text->len)
        fwrite(text->data, 1, text->len, stdout);
}
