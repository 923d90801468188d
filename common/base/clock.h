/* This machine's clocks, for waiting, measuring and logs. Decisions use the database's clock (store/clock.h). */
#ifndef LBX_BASE_CLOCK_H
#define LBX_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define LBX_SECOND_US INT64_C(1000000)
#define LBX_MS_US INT64_C(1000)

/* Microseconds of CLOCK_MONOTONIC, for waiting and measuring. */
static inline int64_t lbx_monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * LBX_SECOND_US + now.tv_nsec / 1000;
}

/* Microseconds since the Unix epoch, for logs and other information. */
static inline int64_t lbx_realtime_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * LBX_SECOND_US + now.tv_nsec / 1000;
}

#endif
