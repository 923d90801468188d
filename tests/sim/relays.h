/* The simulation of processes that publish: the relay's rounds, its leases and its outbound rows, between an outbox and a broker. */
#ifndef LBX_TESTS_SIM_RELAYS_H
#define LBX_TESTS_SIM_RELAYS_H

#include "sim.h"

#include "io/pg.h"

enum { RELAYS = 2, KEYS = 3, ROWS = 16, PARTITIONS = 2 };

/* A database session of a process. */
struct lbx_pg {
    bool alive, listens;
    bool asked; /* anything, since it listens */
    int heard;  /* so many commits */
    int number; /* of all sessions that there were */
    struct answer {
        size_t count;
        struct {
            int row;               /* its place in the outbox; below 0: none */
            int64_t first, second; /* what else the statement answers */
        } rows[ROWS + 1 > 16 ? ROWS + 1 : 16];
    } answers[LBX_PG_PIPELINE_MAX];
};

struct own {
    struct lbx_pg session;
};

/* ---- outbox.c ---- */

void outbox_begin(void);
void outbox_write(void);   /* somebody is about to commit one more row */
void outbox_commit(void);  /* or does; perhaps behind rows that were written later */
void outbox_operate(void); /* an operator drops a row that is refused */
void outbox_mend(void);    /* the rows of which the database takes nothing */
bool outbox_is_bad(int row);
bool outbox_is_readable(const struct lbx_pg *pg); /* it ended, or was notified */
bool outbox_was_asked(const struct lbx_pg *pg);   /* since it listens */
bool outbox_is_empty(void); /* whatever was committed is published, or dropped */

/* Kafka has this row, perhaps again. */
void outbox_told(int row);

/* ---- leases.c ---- */

void leases_begin(void);
void leases_keep(const struct lbx_pg *pg, const struct lbx_call *call, struct answer *ret);
void leases_leave(const struct lbx_call *call);
bool leases_has(int part, const char *holder);

/* ---- broker.c ---- */

void broker_begin(void);
void broker_work(void); /* something of what is under way arrives, or does not */
void broker_kill(int process);
bool broker_is_readable(int process); /* a report waits */

#endif
