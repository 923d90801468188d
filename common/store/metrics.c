/* Metrics of events written to the outbox, and of rows that are skipped. Cannot fail. */
#include "store/metrics.h"

#include "base/log.h"
#include "base/text_pool.h"
#include "store/clock.h"

#include <stdatomic.h>

struct lbx_metric lbx_events_metric = {
    .name = "events_total", .help = "Events written, by type", .label = "type"};
struct lbx_metric lbx_verdicts_metric = {
    .name = "verdicts_total", .help = "Decisions judged, by verdict", .label = "verdict"};
struct lbx_metric lbx_refusals_metric = {
    .name = "refusals_total", .help = "Requests refused, by reason", .label = "reason"};
struct lbx_metric lbx_published_metric = {.name = "published_total",
                                          .help = "Events written to the outbox, or sent to Kafka"};
struct lbx_metric lbx_unreadable_metric = {
    .name = "rows_unreadable_total", .help = "Times a row could not be read, and was left out"};
struct lbx_metric lbx_left_out_metric = {
    .name = "rows_left_out_total",
    .help = "Times the database refused to write a row, and it was left out"};

struct lbx_metric *const lbx_store_metrics[] = {&lbx_events_metric,
                                                &lbx_verdicts_metric,
                                                &lbx_refusals_metric,
                                                &lbx_published_metric,
                                                &lbx_unreadable_metric,
                                                &lbx_clock_metric,
                                                NULL};

static _Atomic(const char *) last_unreadable = "a row cannot be read";

void lbx_row_unreadable(const char *table, const char *id, const char *reason) {
    lbx_metric_add(&lbx_unreadable_metric, 1);
    lbx_log(LBX_LOG_ERROR, "a row cannot be read", LBX_S("table", table), LBX_S("id", id),
            LBX_S("reason", reason));
    atomic_store(&last_unreadable,
                 lbx_text_kept("a row of %s cannot be read, and is left out: %s", table, id));
}

const char *lbx_unreadable_row(void) {
    return atomic_load(&last_unreadable);
}

static _Atomic(const char *) last_refused = "the database refuses what is to be written of a row";

void lbx_row_refused(const char *table, const char *id, const char *sqlstate) {
    lbx_metric_add(&lbx_left_out_metric, 1);
    lbx_log(LBX_LOG_ERROR, "the database refuses a row", LBX_S("table", table), LBX_S("id", id),
            LBX_S("sqlstate", sqlstate));
    atomic_store(&last_refused, lbx_text_kept("the database refuses what is to be written of a row "
                                              "of %s, and it is left out: %s",
                                              table, id));
}

const char *lbx_refused_row(void) {
    return atomic_load(&last_refused);
}
