/* audit review: a tenant's consents in one month: how fast and by whom, and unused grants.
 * Promises to change nothing: views of the audit store count. Months are in UTC. Fails as the
 * database. */
#include "commands.h"

#include "arguments.h"
#include "base/time.h"
#include "database.h"
#include "review_page.h"
#include "sql_ctl.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Converts "2026-11" to "2026-11-01T00:00:00Z". */
static bool first_of_month(const char *text, char ret_first[24]) {
    static const char form[] = "dddd-dd";
    bool fits = strlen(text) == strlen(form);
    for (size_t i = 0; fits && form[i]; i++)
        fits = form[i] == 'd' ? isdigit((unsigned char)text[i]) != 0 : text[i] == form[i];
    int64_t at;
    if (fits)
        snprintf(ret_first, 24, "%s-01T00:00:00Z", text);
    if (fits && lbx_time_parse(ret_first, &at) == LBX_OK)
        return true;
    ctl_fail(CTL_USAGE, "--month takes a month such as 2026-11, not %s", text);
    return false;
}

void ctl_put_seconds(const char *seconds, struct lbx_buf *out) {
    if (!seconds) {
        lbx_buf_str(out, "nobody decided");
        return;
    }
    const int64_t s = strtoll(seconds, NULL, 10);
    lbx_buf_printf(out, "%" PRId64 " h %02" PRId64 " min %02" PRId64 " s", s / 3600, s / 60 % 60,
                   s % 60);
}

static void put_summary(const struct ctl *ctl, const struct lbx_pg *pg) {
    const struct sql_ctl_audit_review_answer all = LBX_PG_READ(pg, 0, 0, ctl_audit_review, NULL);
    struct lbx_buf out LBX_BUF = {0};
    lbx_buf_str(&out, "Tenant              ");
    ctl_put_cell(CTL_CELL_TEXT, ctl->options[CTL_TENANT], &out);
    lbx_buf_printf(&out, "\nMonth (UTC)         %s\nRequests            %s\n",
                   ctl->options[CTL_MONTH], all.requests);
    lbx_buf_printf(&out, "  approved          %s, within ten seconds: %s\n", all.approved,
                   all.hasty);
    lbx_buf_printf(&out, "  denied            %s\n  lapsed            %s\n", all.denied,
                   all.lapsed);
    lbx_buf_str(&out, "Median time to say  ");
    ctl_put_seconds(all.median_seconds, &out);
    lbx_buf_printf(&out, "\nGrants              %s, never used: %s\n", all.grants,
                   all.grants_unused);
    lbx_buf_printf(&out, "Items granted       %s, never used: %s\n", all.items, all.items_unused);
    lbx_buf_printf(&out, "Who said yes        %s\n\n", all.approvers);
    ctl_put(&out);
}

/* Prints the answer's rows from `first` on. */
static void print_rows(const struct ctl *ctl, const struct lbx_pg *pg, size_t first) {
    static const struct ctl_column columns[] = {
        {"part"},
        {"person"},
        {"requests", CTL_CELL_NUMBER},
        {"approved", CTL_CELL_NUMBER},
        {"denied", CTL_CELL_NUMBER},
        {"hasty", CTL_CELL_NUMBER},
        {"lapsed", CTL_CELL_NUMBER, .wide = true},
        {"median_seconds", CTL_CELL_NUMBER, .wide = true},
        {"grants", CTL_CELL_NUMBER, .wide = true},
        {"grants_unused", CTL_CELL_NUMBER, .wide = true},
        {"items", CTL_CELL_NUMBER, .wide = true},
        {"items_unused", CTL_CELL_NUMBER, .wide = true},
        {"approvers", CTL_CELL_NUMBER, .wide = true},
    };
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct ctl_rows rows CTL_ROWS;
    CTL_ROWS_INIT(&rows, columns);
    for (size_t row = first; row < lbx_pg_row_count(pg, 0); row++) {
        const char *cells[COLUMNS];
        for (size_t i = 0; i < COLUMNS; i++)
            cells[i] =
                lbx_pg_cell(pg, 0, row, lbx_sql_answer(&sql_ctl_audit_review, columns[i].name));
        ctl_rows_add(&rows, cells);
    }
    ctl_rows_print(&rows, ctl->format);
}

enum ctl_exit ctl_audit_review(struct ctl *ctl) {
    char month[24];
    if (!first_of_month(ctl->options[CTL_MONTH], month))
        return CTL_USAGE;
    struct lbx_pg *pg CTL_PG = NULL;
    enum ctl_exit code = CTL_ASK(ctl, &ctl_audit, ctl_audit_review, &pg,
                                 .tenant_id = ctl->options[CTL_TENANT], .month = month);
    if (code != CTL_DONE)
        return code;
    if (ctl->options[CTL_HTML])
        return ctl_review_page(ctl, pg);
    if (ctl->format == CTL_TABLE)
        put_summary(ctl, pg);
    print_rows(ctl, pg, ctl->format == CTL_TABLE ? 1 : 0);
    return CTL_DONE;
}
