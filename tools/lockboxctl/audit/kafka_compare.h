/* Compares a log's rows with the records that Kafka still has. */
#ifndef LOCKBOXCTL_AUDIT_KAFKA_COMPARE_H
#define LOCKBOXCTL_AUDIT_KAFKA_COMPARE_H

#include "verifier.h"

struct kafka_compare {
    struct verifier *verifier;
    const struct log *log;
    int64_t first; /* offset of the oldest record that Kafka still has */
    struct lbx_record record;
    bool has;             /* record is the next one, not yet compared */
    int64_t next, behind; /* what is read next, and the end */
    struct lbx_buf scratch;
};

/* Of a verifier without Kafka, all of these do nothing. */
void kafka_compare_begin(struct kafka_compare *compare, struct verifier *verifier,
                         const struct log *log);
void kafka_compare_done(struct kafka_compare *compare);

/* Compares a row with Kafka's record. Rows are given in the order of their offsets. */
void kafka_compare_row(struct kafka_compare *compare, const struct checked *row);

/* Tells that the store has no further row below this offset. */
void kafka_compare_before(struct kafka_compare *compare, int64_t offset);

#endif
