/* A worker's process: the consuming part with a handler whose only statement tells which records have their effect.
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

static enum lbx_err open_part(struct lbx_worker *worker, const void *declaration,
                              void **ret_state) {
    (void)declaration;
    struct lbx_handler *handler = &handlers[sim.running->number];
    *handler = (struct lbx_handler){.batch_records = 4,
                                    .batch_bytes = 1 << 20,
                                    .batch = {.read = read_nothing, .write = write_effects},
                                    .takes_refused = true,
                                    .close = close_nothing};
    return lbx_consume_open(worker, topics, 0, handler, ret_state);
}

static const struct lbx_part part = LBX_CONSUMING_PART(open_part);
const struct lbx_worker_declaration process_declaration = {.name = "sim", .parts = {{&part}}};

static struct own owns[PROCESSES];

void process_start(struct process *process) {
    process->own = &owns[process->number];
    *process->own = (struct own){.session = {.transaction = -1}};
    process->lane.worker.settings.group_prefix = (char *)"g.";
}

void connect_session(struct process *process) {
    process->own->session = (struct lbx_pg){.alive = true, .transaction = -1};
    process->lane.worker.pg = &process->own->session;
}

bool __wrap_lbx_worker_halted(const struct lbx_worker *worker);
void __wrap_lbx_worker_halt(struct lbx_worker *worker, const char *why);

bool __wrap_lbx_worker_halted(const struct lbx_worker *worker) {
    (void)worker;
    return false;
}

void __wrap_lbx_worker_halt(struct lbx_worker *worker, const char *why) {
    (void)worker;
    broken(why);
}
