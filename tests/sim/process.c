/* A worker's process: the consuming part with a handler whose only statement tells which records have their effect. The rest of
 * the worker's loop is the connection: made anew when it broke.
 */
#include "members.h"

static const enum lbx_topic topics[] = {LBX_TOPIC_TICKETS, LBX_TOPIC_COUNT};

static void read_nothing(struct lbx_handler *handler, const struct lbx_records *records,
                         struct lbx_pg_pipeline *calls) {
    (void)handler, (void)records, (void)calls;
}

static enum lbx_err write_effects(struct lbx_handler *handler, const struct lbx_records *records,
                                  struct lbx_pg_pipeline *calls) {
    (void)handler;
    struct own *own = sim.running->own;
    own->staged_count = 0;
    for (size_t i = 0; i < records->count; i++)
        own->staged[own->staged_count++] = (struct effect){
            records->list[i]->partition, records->list[i]->offset, records->refused};
    lbx_pg_call(calls, &sim_effect, NULL);
    return LBX_OK;
}

static void close_nothing(struct lbx_handler *handler) {
    (void)handler;
}

static struct lbx_handler handlers[PROCESSES];

static void keep_connection(struct process *process) {
    struct lbx_worker *worker = &process->worker;
    if (worker->pg && !worker->pg->alive)
        worker->pg = NULL;
    if (worker->pg || breaks(3))
        return;
    process->own->session = (struct lbx_pg){.alive = true, .transaction = -1};
    worker->pg = &process->own->session;
    worker->pg_generation++;
}

static void live(void) {
    struct process *process = sim.running;
    struct lbx_handler *handler = &handlers[process->number];
    *handler = (struct lbx_handler){.batch_records = 4,
                                    .batch_bytes = 1 << 20,
                                    .batch = {.read = read_nothing, .write = write_effects},
                                    .takes_refused = true,
                                    .close = close_nothing};
    if (lbx_consume_open(&process->worker, topics, 0, handler, &process->own->part) != LBX_OK)
        broken("the part does not open");
    while (!process->stopping) {
        keep_connection(process);
        if (lbx_consume_serve(process->own->part, &process->wake_us) != LBX_OK)
            broken("the part ends by itself");
        give_way();
    }
    lbx_consume_close(process->own->part);
    database_break(&process->own->session);
    process->alive = false;
    give_way();
}

static struct own owns[PROCESSES];

void process_start(struct process *process) {
    process_begin(process, live);
    process->own = &owns[process->number];
    *process->own = (struct own){.session = {.transaction = -1}};
    process->worker.settings.group_prefix = (char *)"g.";
}

void process_kill(struct process *process) {
    tell("process %d is killed", process->number);
    database_break(&process->own->session);
    process->alive = false;
}

bool __wrap_lbx_worker_stopping(struct lbx_worker *worker);
bool __wrap_lbx_worker_halted(const struct lbx_worker *worker);
void __wrap_lbx_worker_halt(struct lbx_worker *worker, const char *why);

bool __wrap_lbx_worker_stopping(struct lbx_worker *worker) {
    (void)worker;
    return sim.running->stopping;
}

bool __wrap_lbx_worker_halted(const struct lbx_worker *worker) {
    (void)worker;
    return false;
}

void __wrap_lbx_worker_halt(struct lbx_worker *worker, const char *why) {
    (void)worker;
    broken(why);
}
