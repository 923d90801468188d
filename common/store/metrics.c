/* Names what workers write to the outbox, for /metrics. */
#include "store/metrics.h"

struct lbx_metric lbx_events_metric = {
    .name = "events_total", .help = "Events written, by type", .label = "type"};
struct lbx_metric lbx_verdicts_metric = {
    .name = "verdicts_total", .help = "Decisions judged, by verdict", .label = "verdict"};
struct lbx_metric lbx_refusals_metric = {
    .name = "refusals_total", .help = "Requests refused, by reason", .label = "reason"};
struct lbx_metric lbx_published_metric = {.name = "published_total",
                                          .help = "Events written to the outbox, or sent to Kafka"};
struct lbx_metric lbx_unreadable_metric = {
    .name = "rows_unreadable_total",
    .help = "Times a request's row could not be read, and was left out"};

struct lbx_metric *const lbx_store_metrics[] = {&lbx_events_metric,     &lbx_verdicts_metric,
                                                &lbx_refusals_metric,   &lbx_published_metric,
                                                &lbx_unreadable_metric, NULL};
