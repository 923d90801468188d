/* The simulation of processes that consume: the loop of the consuming part, its transactions, claims and fences. */
#ifndef LBX_TESTS_SIM_MEMBERS_H
#define LBX_TESTS_SIM_MEMBERS_H

#include "sim.h"

#include "io/consumer.h"
#include "io/pg.h"
#include "worker/consume.h"

enum { PARTITIONS = 3, RECORDS = 6, PROCESSES = 2, STAGED_MAX = PARTITIONS * RECORDS };

/* A record's effect, as a transaction writes it. */
struct effect {
    int partition;
    int64_t offset;
    bool rejected; /* it goes to quarantine */
};

/* A database session of a process. */
struct lbx_pg {
    bool alive;
    int transaction; /* its place among the database's; -1: none is open */
    struct answer {
        size_t count;
        struct {
            int partition;
            int64_t epoch, next_offset, last_offset;
            unsigned char hash[32];
            bool hashed;
        } rows[PARTITIONS];
    } answers[LBX_PG_PIPELINE_MAX];
};

struct own {
    struct lbx_pg session;
    struct effect staged[STAGED_MAX]; /* what its handler writes next */
    size_t staged_count;
};

/* ---- kafka.c ---- */

void kafka_begin(void);
void kafka_produce(void);       /* one more record, somewhere, if there may be */
void kafka_rebalance(void);     /* for no reason that a member has */
void kafka_miss(int process);   /* a member's heartbeats did not come */
void kafka_deliver(bool loses); /* a commit of offsets arrives, or does not */
int64_t kafka_end(int partition);
bool kafka_is_bad(int partition, int64_t offset);
int64_t kafka_committed(int partition);
bool kafka_is_readable(int process); /* its client has something to say */

/* ---- database.c ---- */

void database_begin(void);
void database_break(
    struct lbx_pg *session); /* its connection ends; what it has open is settled later */
void database_settle(void);  /* one transaction that nobody waits for is committed, or not */
int64_t database_done(int partition); /* how many records had their effect */

/* What a handler sends behind the fence. */
extern const struct lbx_sql sim_effect;

/* ---- process.c ---- */

extern const struct lbx_worker_declaration process_declaration;
void process_start(struct process *process);

#endif
