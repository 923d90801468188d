#include "worker/metrics.h"

void lbx_metrics_add(struct lbx_metrics *sum, const struct lbx_metrics *lane) {
#define ADD(member, type, name, help) atomic_fetch_add(&sum->member, atomic_load(&lane->member));
    LBX_METRICS(ADD)
#undef ADD
}

void lbx_metrics_write(const struct lbx_metrics *metrics, const char *worker, struct lbx_buf *out) {
#define WRITE(member, type, name, help)                                                            \
    lbx_buf_printf(out,                                                                            \
                   "# HELP lockbox_" name " " help "\n# TYPE lockbox_" name " " type               \
                   "\nlockbox_" name "{worker=\"%s\"} %lld\n",                                     \
                   worker, (long long)atomic_load(&metrics->member));
    LBX_METRICS(WRITE)
#undef WRITE
}
