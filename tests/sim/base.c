/* What each simulation has: chance by a seed, virtual time, a memory that is given back with the run, coroutines in the place of
 * processes, and the words of a run that is told.
 */
#include "sim.h"

#include "base/metrics.h"
#include "io/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 256 << 10, HEAP = 64 << 20 };

#define STOP_WITHIN_US INT64_C(10000000)
#define STEP_MOST_US INT64_C(100000) /* what takes longer, the process was not run for */

struct sim sim;
static struct place scheduler;

/* ---- chance, time and words ---- */

/* splitmix64 */
unsigned pick(unsigned n) {
    uint64_t x = sim.chance += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((x ^ x >> 31) % n);
}

bool breaks(unsigned n) {
    return !sim.calm && pick(n) == 0;
}

void tell(const char *format, ...) {
    if (!sim.told)
        return;
    va_list list;
    va_start(list, format);
    printf("%9.3f s  ", (double)sim.now_us / 1e6);
    vprintf(format, list);
    putchar('\n');
    va_end(list);
}

void broken(const char *what) {
    tell("BROKEN: %s", what);
    if (!sim.broken)
        sim.broken = what;
}

void give_way(void) {
    coroutine_switch(&sim.running->place, &scheduler);
}

/* ---- memory: what a killed process held is gone with the run ---- */

static char *heap;
static size_t heap_used;

#define WRAPPED(type, name, ...)                                                                   \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

void __real_free(void *memory);
void *__real_malloc(size_t size);
void *__real_realloc(void *memory, size_t size);

static bool is_of_run(const void *memory) {
    return heap && (const char *)memory >= heap && (const char *)memory < heap + HEAP;
}

WRAPPED(void *, malloc, size_t size) {
    if (!sim.running)
        return __real_malloc(size);
    size = (size + sizeof(size_t) + 31) / 16 * 16;
    if (heap_used + size > HEAP)
        return NULL;
    char *memory = heap + heap_used;
    heap_used += size;
    size -= 16;
    memcpy(memory, &size, sizeof size);
    return memory + 16;
}

WRAPPED(void *, calloc, size_t count, size_t size) {
    void *memory = __wrap_malloc(count * size);
    return memory ? memset(memory, 0, count * size) : NULL;
}

WRAPPED(void, free, void *memory) {
    if (!is_of_run(memory))
        __real_free(memory);
}

WRAPPED(void *, realloc, void *memory, size_t size) {
    if (memory && !is_of_run(memory))
        return __real_realloc(memory, size);
    void *more = __wrap_malloc(size);
    size_t had = 0;
    if (memory)
        memcpy(&had, (char *)memory - 16, sizeof had);
    if (more && memory)
        memcpy(more, memory, had < size ? had : size);
    return more;
}

WRAPPED(char *, strdup, const char *text) {
    const size_t size = strlen(text) + 1;
    return memcpy(__wrap_malloc(size), text, size);
}

/* ---- what is one process's own, and what has no part in this ---- */

WRAPPED(int, clock_gettime, clockid_t id, struct timespec *ret) {
    (void)id;
    *ret =
        (struct timespec){.tv_sec = sim.now_us / 1000000, .tv_nsec = sim.now_us % 1000000 * 1000};
    return 0;
}

WRAPPED(void, lbx_random_bytes, void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)pick(256);
}

/* FNV-1a: what is compared are a dozen values. */
WRAPPED(void, lbx_sha256_prefixed, unsigned char prefix, const void *bytes, size_t len,
        unsigned char ret_hash[LBX_SHA256_SIZE]) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + prefix;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    memset(ret_hash, 0, LBX_SHA256_SIZE);
    memcpy(ret_hash, &hash, sizeof hash);
}

WRAPPED(void, lbx_log_fields, int level, const char *message, const void *fields) {
    (void)level, (void)fields;
    tell("%d says: %s", sim.running ? sim.running->number : -1, message);
}

WRAPPED(void, lbx_metrics_register, struct lbx_metric *const *list) {
    (void)list;
}

WRAPPED(void, lbx_metric_add, struct lbx_metric *metric, int64_t n) {
    (void)metric, (void)n;
}

WRAPPED(void, lbx_metric_set, struct lbx_metric *metric, size_t lane, int64_t value) {
    (void)metric, (void)lane, (void)value;
}

WRAPPED(void, lbx_metric_observe, struct lbx_metric *metric, int64_t value) {
    (void)metric, (void)value;
}

/* ---- the scheduler ---- */

/* In whatever state it is, and whatever breaks. */
static void count_ending(struct process *process) {
    const int64_t took_us = sim.now_us - process->ran_us;
    if (process->stopping)
        process->ending_us += took_us < STEP_MOST_US ? took_us : STEP_MOST_US;
    process->ran_us = sim.now_us;
    if (process->ending_us > STOP_WITHIN_US)
        broken("a process that was told to stop does not end within ten seconds");
}

void step(struct process *process) {
    if (!process->alive)
        return;
    if (process->paused > 0) {
        process->paused--;
        return;
    }
    count_ending(process);
    sim.running = process;
    if (process->entered) {
        coroutine_switch(&scheduler, &process->place);
    } else {
        process->entered = true;
        coroutine_enter(&scheduler, &process->context);
    }
    sim.running = NULL;
    if (process->alive && process->asleep != (process->lane.worker.turned_us == 0))
        broken("the heartbeat says that a loop sleeps that does not, or the other way round");
}

void stop(struct process *process) {
    if (process->stopping || !process->alive)
        return;
    tell("process %d is told to stop", process->number);
    process->stopping = true;
    process->ran_us = sim.now_us;
}

void process_begin(struct process *process, void (*live)(void)) {
    const int number = process->number;
    char *stack = process->stack;
    *process = (struct process){.number = number, .stack = stack, .alive = true};
    tell("process %d starts", number);
    // cppcheck-suppress getcontextCalled
    getcontext(&process->context);
    process->context.uc_stack.ss_sp = stack;
    process->context.uc_stack.ss_size = STACK;
    // cppcheck-suppress makecontextCalled
    makecontext(&process->context, live, 0);
}

/* ---- runs ---- */

static const char *run(uint64_t seed, void (*world)(void)) {
    sim = (struct sim){
        .chance = seed * UINT64_C(0x2545f4914f6cdd1d), .now_us = 1000000000, .told = sim.told};
    heap_used = 0;
    world();
    return sim.broken;
}

int run_seeds(int argc, char **argv, void (*world)(void)) {
    sim.told = argc == 3 && strcmp(argv[1], "--tell") == 0;
    const uint64_t first = argc == 3 ? strtoull(argv[2], NULL, 10) : 1;
    const uint64_t count = sim.told ? 1 : argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
    heap = __real_malloc(HEAP);
    uint64_t failed = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        const char *what = run(seed, world);
        if (what && failed++ < 10)
            printf("seed %llu: %s\n", (unsigned long long)seed, what);
    }
    printf("%llu interleavings, %llu broken\n", (unsigned long long)count,
           (unsigned long long)failed);
    return failed > 0;
}

char *new_stack(void) {
    return __real_malloc(STACK);
}
