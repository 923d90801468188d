/* Rows of outbox and quarantine as Kafka records. */
#ifndef RELAY_ROWS_H
#define RELAY_ROWS_H

#include "io/outbound.h"
#include "io/pg.h"
#include "sql_relay.h"

/* A taken row. It owns the memory of its record. */
struct relay_row {
    struct lbx_outbound_row row; /* first member */
    bool is_letter;
    size_t shard, bytes;
    int64_t taken_us;       /* microseconds since the Unix epoch */
    struct lbx_arena arena; /* for a dead letter */
};

/* The order key of an outbox key, for lbx_outbound; freed by the caller. */
char *relay_order_key(const char *key);

struct relay_row *relay_row_event(const struct sql_relay_take_fresh_answer *it);

/* Reads a dead letter. LBX_ERR_INVALID: its headers are malformed; the row has no record. */
enum lbx_err relay_row_letter(const struct lbx_pg *pg, size_t call, size_t i,
                              struct relay_row **ret_row) LBX_MUST_CHECK;

void relay_row_free(struct relay_row *row);

#endif
