/* Progress of a long run, on standard error: a bar on a terminal, otherwise a line every few
 * seconds. */
#ifndef LOCKBOXCTL_AUDIT_PROGRESS_H
#define LOCKBOXCTL_AUDIT_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
    pthread_mutex_t lock;
    uint64_t total, done;
    int64_t began_us, shown_us;
    bool terminal, any;
};

void progress_begin(struct progress *progress, uint64_t total);
/* Adds completed records, the last of them of this partition. To be called every few thousand
 * records; from any thread. */
void progress_step(struct progress *progress, uint64_t done, const char *topic, int32_t partition);
void progress_end(struct progress *progress);

#endif
