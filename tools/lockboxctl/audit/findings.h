/* What is wrong, where it begins: one finding a log, the first. Several threads may add. */
#ifndef LOCKBOXCTL_AUDIT_FINDINGS_H
#define LOCKBOXCTL_AUDIT_FINDINGS_H

#include "command.h"

#include <pthread.h>

struct finding {
    const char *topic; /* or the object of the database's catalogue */
    int32_t partition; /* -1: of the catalogue */
    int64_t offset;    /* the first that is wrong, or may be; -1: none is named */
    const char *what;
};

struct findings {
    pthread_mutex_t lock;
    struct lbx_arena arena;
    struct finding *list;
    size_t count;
};

void findings_init(struct findings *findings);
void findings_done(struct findings *findings);

/* Keeps the finding, unless its log has one that is as early. */
void findings_add(struct findings *findings, const char *topic, int32_t partition, int64_t offset,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether a log has one, and it begins in [first, behind). */
bool findings_within(struct findings *findings, const char *topic, int32_t partition, int64_t first,
                     int64_t behind);

/* Rows on standard output, in the order of topic and partition. */
void findings_print(const struct findings *findings, enum ctl_format format);

#endif
