/* Keeps the findings: for each log the one with the smallest offset. Promises thread safety by a
 * lock. Cannot fail. */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void findings_init(struct findings *findings) {
    *findings = (struct findings){0};
    pthread_mutex_init(&findings->lock, NULL);
    lbx_arena_init(&findings->arena);
}

void findings_done(struct findings *findings) {
    lbx_arena_done(&findings->arena);
    free(findings->list);
    pthread_mutex_destroy(&findings->lock);
}

static struct finding *find(const struct findings *findings, const char *topic, int32_t partition) {
    for (size_t i = 0; i < findings->count; i++)
        if (findings->list[i].partition == partition && strcmp(findings->list[i].topic, topic) == 0)
            return &findings->list[i];
    return NULL;
}

bool findings_within(struct findings *findings, const char *topic, int32_t partition, int64_t first,
                     int64_t behind) {
    pthread_mutex_lock(&findings->lock);
    const struct finding *at = find(findings, topic, partition);
    bool within = at && at->offset >= first && at->offset < behind;
    pthread_mutex_unlock(&findings->lock);
    return within;
}

static void keep(struct findings *findings, const char *topic, int32_t partition, int64_t offset,
                 const char *what) {
    struct finding *at = find(findings, topic, partition);
    if (at && (offset < 0 || (at->offset >= 0 && at->offset <= offset)))
        return;
    if (!at) {
        findings->list =
            lbx_realloc(findings->list, (findings->count + 1) * sizeof *findings->list);
        at = &findings->list[findings->count++];
    }
    *at = (struct finding){lbx_arena_strdup(&findings->arena, topic), partition, offset,
                           lbx_arena_strdup(&findings->arena, what)};
}

void findings_add(struct findings *findings, const char *topic, int32_t partition, int64_t offset,
                  const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    pthread_mutex_lock(&findings->lock);
    keep(findings, topic, partition, offset, what);
    pthread_mutex_unlock(&findings->lock);
}

static int by_place(const void *a, const void *b) {
    const struct finding *x = a, *y = b;
    int order = strcmp(x->topic, y->topic);
    return order ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

void findings_print(const struct findings *findings, enum ctl_format format) {
    static const struct ctl_column columns[] = {
        {"topic"}, {"partition", CTL_CELL_NUMBER}, {"offset", CTL_CELL_NUMBER}, {"what"}};
    struct ctl_rows rows CTL_ROWS;
    char(*numbers)[2][24] = lbx_calloc((findings->count + 1) * sizeof *numbers);
    CTL_ROWS_INIT(&rows, columns);
    if (findings->count)
        qsort(findings->list, findings->count, sizeof *findings->list, by_place);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *f = &findings->list[i];
        snprintf(numbers[i][0], sizeof numbers[i][0], "%d", f->partition);
        snprintf(numbers[i][1], sizeof numbers[i][1], "%lld", (long long)f->offset);
        const char *cells[] = {f->topic, f->partition < 0 ? NULL : numbers[i][0],
                               f->offset < 0 ? NULL : numbers[i][1], f->what};
        ctl_rows_add(&rows, cells);
    }
    ctl_rows_print(&rows, format);
    free(numbers);
}
