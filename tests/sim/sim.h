/* Simulations: the workers' own code between a Kafka and a PostgreSQL that are pretended, in virtual time, by a scheduler that a seed
 * decides. The linker puts functions of these files in the place of io/pg.h's, io/consumer.h's and io/producer.h's (CMakeLists.txt).
 * members.h has what the simulation of processes that consume adds, relays.h that of processes that publish.
 */
#ifndef LBX_TESTS_SIM_H
#define LBX_TESTS_SIM_H

#include "worker/worker.h"

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* A worker's process: a coroutine, that gives way wherever the real one waits for somebody. */
struct process {
    int number;
    bool alive, stopping;
    int paused; /* so many steps during which it is not run */
    int64_t wake_us;
    ucontext_t context;
    char *stack;
    struct lbx_worker worker;
    struct own *own; /* the simulation's */
};

extern struct sim {
    uint64_t chance;
    int64_t now_us;
    bool calm;          /* nothing breaks any more */
    bool told;          /* each event is printed */
    const char *broken; /* the invariant that does not hold; NULL: all do */
    struct process *running;
} sim;

/* 0 to below n. */
unsigned pick(unsigned n);

/* Whether something breaks, once in n times; never in calm. */
bool breaks(unsigned n);

/* The running process waits: others are run. */
void give_way(void);

void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An invariant does not hold. */
void broken(const char *what);

char *new_stack(void);

/* Makes it alive, at the beginning of live. */
void process_begin(struct process *process, void (*live)(void));

/* Runs it until it gives way; not where it is dead or paused. */
void step(struct process *process);

/* The whole of a simulation's main: world runs one interleaving. */
int run_seeds(int argc, char **argv, void (*world)(void));

#endif
