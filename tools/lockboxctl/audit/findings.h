/* Findings of verification: for each log the first one. Several threads may add. */
#ifndef LOCKBOXCTL_AUDIT_FINDINGS_H
#define LOCKBOXCTL_AUDIT_FINDINGS_H

#include "command.h"

#include <pthread.h>

struct finding {
    const char *topic; /* or an object of the database's catalogue */
    int32_t partition; /* -1: a finding about the catalogue */
    int64_t offset;    /* the first wrong offset, or one that may be; -1: unknown */
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

/* Adds a finding, unless its log has one with an offset as small. */
void findings_add(struct findings *findings, const char *topic, int32_t partition, int64_t offset,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether a log has a finding with an offset in [first, behind). */
bool findings_within(struct findings *findings, const char *topic, int32_t partition, int64_t first,
                     int64_t behind);

/* Prints rows on standard output, ordered by topic and partition. */
void findings_print(const struct findings *findings, enum ctl_format format);

#endif
