#include "worker/metrics.h"

#include "base/clock.h"

#include <stdbool.h>
#include <string.h>

static bool is_age(const char *type) {
    return strcmp(type, "age") == 0;
}

/* The oldest age, the sum of the others. */
static int64_t together(const char *type, int64_t a, int64_t b) {
    if (is_age(type) && a && b)
        return a < b ? a : b;
    return a + b;
}

static int64_t shown(const char *type, int64_t value) {
    return is_age(type) && value ? (lbx_monotonic_us() - value) / LBX_SECOND_US : value;
}

void lbx_metrics_add(struct lbx_metrics *sum, const struct lbx_metrics *lane) {
#define ADD(member, type, name, help)                                                              \
    atomic_store(&sum->member,                                                                     \
                 together(type, atomic_load(&sum->member), atomic_load(&lane->member)));
    LBX_METRICS(ADD)
#undef ADD
}

void lbx_metrics_write(const struct lbx_metrics *metrics, const char *worker, struct lbx_buf *out) {
#define WRITE(member, type, name, help)                                                            \
    lbx_buf_printf(out,                                                                            \
                   "# HELP lockbox_" name " " help "\n# TYPE lockbox_" name " %s"                  \
                   "\nlockbox_" name "{worker=\"%s\"} %lld\n",                                     \
                   is_age(type) ? "gauge" : type, worker,                                          \
                   (long long)shown(type, atomic_load(&metrics->member)));
    LBX_METRICS(WRITE)
#undef WRITE
}
