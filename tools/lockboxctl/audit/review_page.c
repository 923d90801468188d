/* audit review --html: fills review.html from the answer of ctl_audit_review. Promises that the
 * page loads nothing, and shows text from records as text. Cannot fail. */
#include "review_page.h"

#include "page.h"
#include "sql_ctl.h"

#include <string.h>

struct page {
    const struct ctl *ctl;
    const struct lbx_pg *pg;
};

static struct sql_ctl_audit_review_answer row_of(const struct page *page, size_t row) {
    return LBX_PG_READ(page->pg, 0, row, ctl_audit_review, NULL);
}

#define CELL(name, row, column)                                                                    \
    static void write_##name(const void *subject, size_t i, struct lbx_buf *out) {                 \
        (void)i;                                                                                   \
        const char *text = row_of(subject, row).column;                                            \
        lbx_buf_str(out, text ? text : "");                                                        \
    }
#define OF_MONTH(name) CELL(name, 0, name)
#define OF_PERSON(name) CELL(person_##name, i + 1, name)
#define OPTION(name, option)                                                                       \
    static void write_##name(const void *subject, size_t i, struct lbx_buf *out) {                 \
        (void)i;                                                                                   \
        lbx_buf_str(out, ((const struct page *)subject)->ctl->options[option]);                    \
    }

OPTION(tenant, CTL_TENANT)
OPTION(month, CTL_MONTH)
OF_MONTH(requests)
OF_MONTH(approved)
OF_MONTH(denied)
OF_MONTH(lapsed)
OF_MONTH(hasty)
OF_MONTH(grants)
OF_MONTH(grants_unused)
OF_MONTH(items)
OF_MONTH(items_unused)
OF_MONTH(approvers)
OF_PERSON(part)
OF_PERSON(person)
OF_PERSON(requests)
OF_PERSON(approved)
OF_PERSON(denied)
OF_PERSON(hasty)

static void write_median(const void *subject, size_t i, struct lbx_buf *out) {
    (void)i;
    ctl_put_seconds(row_of(subject, 0).median_seconds, out);
}

static bool holds_same_approver(const void *subject, size_t i) {
    (void)i;
    const char *count = row_of(subject, 0).approvers;
    return count && strcmp(count, "1") == 0;
}

static size_t count_people(const void *subject) {
    return lbx_pg_row_count(((const struct page *)subject)->pg, 0) - 1;
}

#define T(name)                                                                                    \
    { #name, LBX_VALUE_TEXT, .write = write_##name }
#define P(name)                                                                                    \
    { #name, LBX_VALUE_TEXT, .list = "people", .write = write_##name }
static const struct lbx_value values[] = {
    T(tenant),
    T(month),
    T(requests),
    T(approved),
    T(denied),
    T(lapsed),
    T(hasty),
    T(median),
    T(grants),
    T(grants_unused),
    T(items),
    T(items_unused),
    T(approvers),
    {"same_approver", LBX_VALUE_FLAG, .holds = holds_same_approver},
    {"people", LBX_VALUE_LIST, .count = count_people},
    P(person_part),
    P(person_person),
    P(person_requests),
    P(person_approved),
    P(person_denied),
    P(person_hasty),
};

enum ctl_exit ctl_review_page(const struct ctl *ctl, const struct lbx_pg *pg) {
    static const struct lbx_vocabulary vocabulary = {values, sizeof values / sizeof *values};
    const struct page page = {ctl, pg};
    return ctl_page_print("review.html", &vocabulary, &page);
}
