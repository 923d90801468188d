/* Rows of the outbox and dead letters as records for Kafka. */
#ifndef RELAY_ROWS_H
#define RELAY_ROWS_H

#include "io/outbound.h"
#include "io/pg.h"
#include "sql_relay.h"

/* A row in hand. It owns all that its record has. */
struct relay_row {
    struct lbx_outbound_row row; /* the first member */
    bool is_letter;
    size_t shard, bytes;
    int64_t taken_us;       /* since the epoch */
    struct lbx_arena arena; /* a dead letter's */
};

/* How Outbound knows a key of the outbox; the caller's to free. */
char *relay_order_key(const char *key);

struct relay_row *relay_row_event(const struct sql_relay_take_fresh_answer *it);

/* LBX_ERR_INVALID: the headers are not as the quarantine keeps them; the row is there, and has no record. */
enum lbx_err relay_row_letter(const struct lbx_pg *pg, size_t call, size_t i,
                              struct relay_row **ret_row) LBX_MUST_CHECK;

void relay_row_free(struct relay_row *row);

#endif
