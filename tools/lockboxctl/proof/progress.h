/* How far it is: a bar on a terminal, else a line every few seconds; on standard error. */
#ifndef LOCKBOXCTL_PROOF_PROGRESS_H
#define LOCKBOXCTL_PROOF_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    uint64_t total, done;
    int64_t began_us, shown_us;
    bool terminal, any;
};

void progress_begin(struct progress *progress, uint64_t total);
void progress_step(struct progress *progress, uint64_t done, const char *topic, int32_t partition);
void progress_end(struct progress *progress);

#endif
