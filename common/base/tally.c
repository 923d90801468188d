/* Counts in one table of the process, under a lock. A name that finds no room is not counted. */
#include "base/tally.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { TALLIES_MAX = 128 };

static struct tally {
    const char *metric, *label, *value;
    int64_t count;
} tallies[TALLIES_MAX];
static size_t tally_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Those of one metric stand together, as Prometheus wants them. */
static struct tally *insert(size_t at, const char *metric, const char *label, const char *value) {
    memmove(&tallies[at + 1], &tallies[at], sizeof *tallies * (tally_count - at));
    tallies[at] = (struct tally){metric, label, value, 0};
    tally_count++;
    return &tallies[at];
}

static struct tally *find(const char *metric, const char *label, const char *value) {
    size_t behind = tally_count;
    for (size_t i = 0; i < tally_count; i++) {
        if (strcmp(tallies[i].metric, metric) != 0)
            continue;
        if (strcmp(tallies[i].value, value) == 0)
            return &tallies[i];
        behind = i + 1;
    }
    return tally_count < TALLIES_MAX ? insert(behind, metric, label, value) : NULL;
}

void lbx_tally(const char *metric, const char *label, const char *value) {
    pthread_mutex_lock(&lock);
    struct tally *tally = find(metric, label, value);
    if (tally)
        tally->count++;
    pthread_mutex_unlock(&lock);
}

void lbx_tally_write(const char *worker, struct lbx_buf *out) {
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < tally_count; i++) {
        const struct tally *tally = &tallies[i];
        if (i == 0 || strcmp(tallies[i - 1].metric, tally->metric) != 0)
            lbx_buf_printf(out, "# TYPE lockbox_%s_total counter\n", tally->metric);
        lbx_buf_printf(out, "lockbox_%s_total{worker=\"%s\",%s=\"%s\"} %lld\n", tally->metric,
                       worker, tally->label, tally->value, (long long)tally->count);
    }
    pthread_mutex_unlock(&lock);
}
