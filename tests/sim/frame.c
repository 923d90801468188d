/* An interleaving, from its beginning to its verdict: some steps in which anything breaks, then a calm in which nothing does,
 * everything is done, everybody is ready and whoever was told to stop has ended; then a minute in which nothing is to do, and the end.
 */
#include "sim.h"

enum { STEPS = 250, CALM_STEPS = 20000, TURN_STEPS = 20000, WOKEN_MOST = 120 };

static const struct world *world;

static void start(struct process *process) {
    process_begin(process, live_a_life);
    world->start(process);
}

static void kill_process(struct process *process) {
    tell("process %d is killed", process->number);
    world->kill(process);
    process->alive = false;
}

static void trouble(struct process *process) {
    const unsigned which = pick(40);
    switch (which) {
    case 0:
        if (process->alive)
            kill_process(process);
        return;
    case 1:
        stop(process);
        return;
    case 2:
        process->paused = (int)pick(60);
        tell("process %d stands still for %d steps", process->number, process->paused);
        return;
    case 3:
        if (process->alive)
            world->end_session(process);
        return;
    case 4:
        sim.now_us += pick(6) * 1000000;
        return;
    default:
        if (which < 11)
            world->trouble(process, which - 5);
        return;
    }
}

static void anything(void) {
    struct process *process = &world->processes[pick((unsigned)world->count)];
    if (!process->alive && pick(8) == 0)
        start(process);
    trouble(process);
    world->go_on();
    sim.now_us += pick(20) * 1000;
    step(process);
}

static bool all_ready(void) {
    for (size_t i = 0; i < world->count; i++) {
        const struct process *process = &world->processes[i];
        if (!process->alive || process->stopping || process->lane.waiting_for)
            return false;
    }
    return true;
}

static const char *what_is_undone(void) {
    for (size_t i = 0; i < world->count; i++)
        if (world->processes[i].alive && world->processes[i].stopping)
            return "nothing breaks any more, and a process that was told to stop does not end";
    return !world->done() ? world->undone
           : !all_ready() ? "nothing breaks any more, and somebody is not ready"
                          : NULL;
}

/* Everybody who is dead is started again, and whatever is under way comes to its end. */
static void calm_down(void) {
    sim.calm = true;
    for (size_t i = 0; i < world->count; i++)
        world->processes[i].paused = 0;
    for (size_t i = 0; i < CALM_STEPS && !sim.broken && what_is_undone(); i++) {
        struct process *process = &world->processes[i % world->count];
        if (!process->alive)
            start(process);
        world->settle();
        sim.now_us += 20000;
        step(process);
    }
    if (what_is_undone())
        broken(what_is_undone());
}

/* Until all sleep: one may wait for another's lock. */
static void turn(void) {
    bool busy = true;
    for (int steps = 0; busy && !sim.broken; steps++) {
        busy = false;
        for (size_t i = 0; i < world->count; i++) {
            step(&world->processes[i]);
            busy |= !world->processes[i].asleep;
        }
        if (steps > TURN_STEPS)
            broken("a loop does not come to its end");
    }
}

/* Each sleeps until its time. */
static void rest(void) {
    const int64_t until_us = sim.now_us + INT64_C(60000000);
    for (size_t i = 0; i < world->count; i++)
        world->processes[i].woken = 0;
    while (sim.now_us < until_us && !sim.broken) {
        int64_t next_us = until_us;
        turn();
        for (size_t i = 0; i < world->count; i++) {
            const struct process *process = &world->processes[i];
            if (process->asleep_until_us < next_us)
                next_us = process->asleep_until_us;
            if (process->woken > WOKEN_MOST)
                broken("nothing is to do, and a loop wakes and wakes");
        }
        world->settle();
        sim.now_us = next_us > sim.now_us ? next_us : sim.now_us + 1000;
    }
    if (!sim.broken && what_is_undone())
        broken(what_is_undone());
}

/* All are told to stop while they sleep, in half of the interleavings with whatever breaks. */
static void stop_all(void) {
    bool any = true;
    sim.calm = pick(2) == 0;
    for (size_t i = 0; i < world->count; i++)
        stop(&world->processes[i]);
    while (any && !sim.broken) {
        any = false;
        if (sim.calm)
            world->settle();
        else
            world->go_on();
        sim.now_us += 20000;
        for (size_t i = 0; i < world->count; i++) {
            step(&world->processes[i]);
            any |= world->processes[i].alive;
        }
    }
}

static void run(void) {
    world->begin();
    loop_begin(world);
    for (size_t i = 0; i < world->count; i++)
        start(&world->processes[i]);
    for (int i = 0; i < STEPS && !sim.broken; i++)
        anything();
    if (!sim.broken)
        calm_down();
    if (!sim.broken)
        rest();
    if (!sim.broken)
        stop_all();
}

int run_world(int argc, char **argv, const struct world *of) {
    world = of;
    for (size_t i = 0; i < of->count; i++)
        of->processes[i] = (struct process){.number = (int)i, .stack = new_stack()};
    return run_seeds(argc, argv, run);
}
