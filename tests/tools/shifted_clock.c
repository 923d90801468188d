/* Preloaded into a PostgreSQL server: its clock is the machine's, and as many microseconds as an 8-byte file says.
 * The file is $SHIFTED_CLOCK_FILE, mapped once: a test that writes it sets the clocks of all of the server's processes
 * at once. CLOCK_MONOTONIC is left alone, as it is when a clock is set. Without the file: abort. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static const volatile int64_t *shift_us;

__attribute__((constructor)) static void map_file(void) {
    const char *path = getenv("SHIFTED_CLOCK_FILE");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift_us, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        abort();
    shift_us = at;
}

static struct timespec shifted(struct timespec real) {
    int64_t ns = real.tv_nsec + (shift_us ? *shift_us % 1000000 * 1000 : 0);
    int64_t s = real.tv_sec + (shift_us ? *shift_us / 1000000 : 0);
    if (ns < 0 || ns >= 1000000000) {
        s += ns < 0 ? -1 : 1;
        ns += ns < 0 ? 1000000000 : -1000000000;
    }
    return (struct timespec){.tv_sec = s, .tv_nsec = ns};
}

static int real_clock(clockid_t id, struct timespec *ret) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(id, ret);
}

int clock_gettime(clockid_t id, struct timespec *ret) {
    const int failed = real_clock(id, ret);
    if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        *ret = shifted(*ret);
    return failed;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret) {
    struct timespec now;
    const time_t s = clock_gettime(CLOCK_REALTIME, &now) == 0 ? now.tv_sec : (time_t)-1;
    if (ret)
        *ret = s;
    return s;
}
