/* Simulations: the workers' own code between a Kafka and a PostgreSQL that are pretended, in virtual time, by a scheduler that a seed
 * decides. The linker puts functions of these files in the place of io/pg.h's, io/consumer.h's and io/producer.h's (CMakeLists.txt).
 * frame.c has the course of an interleaving, loop.c what the worker's loop waits for, members.h what the simulation of processes
 * that consume adds, relays.h that of processes that publish.
 */
#ifndef LBX_TESTS_SIM_H
#define LBX_TESTS_SIM_H

#include "worker/lane.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* Where a coroutine goes on that has given way, in the form of __builtin_setjmp. */
struct place {
    void *words[5];
};

/* A worker's process: a coroutine that is one lane's loop (worker/lanes.c), and gives way wherever the real one waits for
 * somebody. */
struct process {
    int number;
    bool alive, stopping;
    int64_t ran_us,
        ending_us; /* when it was run last, and for how long since it was told to stop */
    int paused;    /* so many steps during which it is not run */
    bool asleep;   /* its loop waits until asleep_until_us, or for a descriptor */
    int64_t asleep_until_us;
    unsigned woken; /* so often */
    bool entered;
    ucontext_t context; /* where it begins */
    struct place place; /* where it goes on */
    char *stack;
    struct lbx_lane lane;
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

/* Tells a process to stop. */
void stop(struct process *process);

/* Makes it alive, at the beginning of live. */
void process_begin(struct process *process, void (*live)(void));

/* Runs it until it gives way; not where it is dead or paused. */
void step(struct process *process);

/* The whole of a simulation's main: world runs one interleaving. */
int run_seeds(int argc, char **argv, void (*world)(void));

/* ---- coroutine.c: from one to another, each of which has a stack of its own ---- */

/* Begins one; returns when it comes back here. */
void coroutine_enter(struct place *here, const ucontext_t *beginning);

/* Goes on there; returns when it comes back here. */
void coroutine_switch(struct place *here, const struct place *there);

/* ---- frame.c: an interleaving, from its beginning to its verdict ---- */

/* What a simulation is of. */
struct world {
    struct process *processes;
    size_t count;
    const struct lbx_worker_declaration *declaration;
    void (*begin)(void);
    void (*start)(struct process *process); /* has what is its own */
    void (*kill)(struct process *process);  /* without a word */
    void (*end_session)(struct process *process);
    void (*trouble)(struct process *process, unsigned which); /* of 6 kinds that are its own */
    void (*go_on)(void);  /* others do what they do, or nothing of it */
    void (*settle)(void); /* whatever is under way comes nearer to its end */
    bool (*done)(void);   /* everything is */
    bool (*is_readable)(const struct process *process, int fd);
    bool (*has_looked)(const struct process
                           *process); /* at what was there before it listened; NULL: it need not */
    const char *undone;
};

int run_world(int argc, char **argv, const struct world *world);

/* ---- loop.c: what the loop waits for ---- */

enum { SIGNALS_FD = 100, SESSION_FD = 200, CLIENT_FD = 300 }; /* and the process's number */

void connect_session(struct process *process); /* the simulation's */

void live_a_life(void);
void loop_begin(const struct world *world);

/* ---- parameters.c: arrays in PostgreSQL's binary form ---- */

/* The element of a column; *ret_len below 0: NULL. */
const char *element(const char *column, size_t number, int *ret_len);
size_t count_of(const char *column);
int64_t integer(const char *column, size_t number);
bool contains(const char *column, int64_t value);

#endif
