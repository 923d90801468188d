/* Shows progress on standard error: a bar on a terminal, otherwise a line every five seconds.
 * For people only; errors are ignored. */
#include "progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 30 };

void progress_begin(struct progress *p, uint64_t total) {
    *p = (struct progress){.total = total, .terminal = isatty(STDERR_FILENO)};
    pthread_mutex_init(&p->lock, NULL);
    p->began_us = p->shown_us = lbx_monotonic_us();
}

static void show(struct progress *p, int64_t now_us, const char *topic, int32_t partition) {
    unsigned percent = p->total ? (unsigned)(p->done * 100 / p->total) : 100;
    double seconds = (double)(now_us - p->began_us) / LBX_SECOND_US;
    double rate = seconds > 0 ? (double)p->done / seconds : 0;
    p->shown_us = now_us;
    p->any = true;
    if (!p->terminal) {
        fprintf(stderr, "%u %%: %llu of %llu records, %.0f/s, in %s/%d\n", percent,
                (unsigned long long)p->done, (unsigned long long)p->total, rate, topic, partition);
        return;
    }
    char bar[WIDTH + 1];
    for (unsigned i = 0; i < WIDTH; i++)
        bar[i] = i < percent * WIDTH / 100 ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K[%s] %3u %%  %.0f records/s  %s/%d", bar, percent, rate, topic,
            partition);
}

void progress_step(struct progress *p, uint64_t done, const char *topic, int32_t partition) {
    int64_t now_us = lbx_monotonic_us(),
            every_us = p->terminal ? LBX_SECOND_US / 10 : 5 * LBX_SECOND_US;
    pthread_mutex_lock(&p->lock);
    p->done += done;
    if (now_us - p->shown_us >= every_us)
        show(p, now_us, topic, partition);
    pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p) {
    if (p->terminal && p->any)
        fputs("\r\033[K", stderr);
}
